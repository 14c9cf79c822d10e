"""Starts ingests at once: what they import is imported, and each is a fork of this process.

For each line on standard input, which names a log and the arguments, it forks, prints the
child's number, waits for the next line and prints how the child ended. See `kill_rounds`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

from tests.killed_ingest import run

_PARTS = (
    "ingest.pipeline",
    "llama_index.vector_stores.chroma",
    "rag.nodes",
    "ui.commands",
    "ui.progress",
    "ui.render",
)
"""All that `citewire ingest` imports, sooner or later; nothing of it starts a thread."""


def _serve() -> None:
    for part in _PARTS:
        importlib.import_module(part)
    for line in sys.stdin:
        log, arguments = json.loads(line)
        child = os.fork()
        if not child:
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            code = 1
            try:
                code = run(arguments)
            finally:
                print("ended", flush=True)
                os._exit(code)
        print(child, flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
