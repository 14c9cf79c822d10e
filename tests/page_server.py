"""`citewire ui` in a process of its own, as people start it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import NamedTuple

from tests.conftest import ROOT

__all__ = ["BROWSER", "Served", "served", "started"]

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
"""The program that shows the page in tests; None where there is none."""
_START_S = 60


class Served(NamedTuple):
    """A server that runs."""

    url: str
    pid: int


@contextmanager
def served(home: Path, *arguments: str, **environment: str) -> Iterator[str]:
    """As `started`; only its address."""
    with started(home, *arguments, **environment) as server:
        yield server.url


@contextmanager
def started(home: Path, *arguments: str, **environment: str) -> Iterator[Served]:
    """The server of a library's page; it stops at the end.

    Args:
        home: the library's directory.
        arguments: of `citewire ui`, besides home and port.
        environment: set for the server, besides what it needs of ours.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "CITEWIRE_"))}
    command = [sys.executable, "-m", "ui.cli", "ui", "--home", str(home), "--port", "0"]
    with subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        lines: Queue[str] = Queue()
        said: list[str] = []

        def listen() -> None:
            assert process.stdout
            for line in process.stdout:
                lines.put(line)

        threading.Thread(target=listen, daemon=True).start()
        try:
            while True:
                try:
                    said.append(lines.get(timeout=_START_S))
                except Empty:
                    raise AssertionError(f"the page did not start: {''.join(said)}") from None
                if found := re.search(r"http://\S+", said[-1]):
                    break
            yield Served(found[0], process.pid)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
