"""A process that reads files for another: `python -m ingest.worker`.

A file may be made to hang, crash or swell whatever reads it, and reading takes a core that
embedding does not need. Tasks come in on standard input, events go out on standard output,
each pickled: both ends are ours. It ends when its input does.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from ingest.parsed import Event, Rejected, Rules, Task, parsed_articles

__all__ = ["serve"]

MOST_BYTES = 1_000_000_000
"""Of memory for data, where the system can be told."""
LONGEST_S = 300
"""For one event."""


def serve(tasks: BinaryIO, events: BinaryIO) -> None:
    """Read the rules, then file after file until there are no more."""
    rules: Rules = pickle.load(tasks)
    while True:
        try:
            task: Task = pickle.load(tasks)
        except EOFError:
            return
        try:
            for event in _timed(parsed_articles(task, rules)):
                pickle.dump(event, events, pickle.HIGHEST_PROTOCOL)
                events.flush()
        except MemoryError:
            pickle.dump(Rejected("takes too much memory to read: split it"), events)
            events.flush()


def _timed(events: Iterator[Event]) -> Iterator[Event]:
    """The events; the process ends where one takes so long that whoever asked must be dead.

    Whoever asked waits for `DEADLINE_S` and then ends it. Only if that one was killed is nobody
    left to do so. Handing an event on is not timed: it may wait till there is room for it.
    """
    while True:
        _alarm(LONGEST_S)
        try:
            event = next(events, None)
        finally:
            _alarm(0)
        if event is None:
            return
        yield event


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(seconds)


def _main() -> None:
    # Ctrl-C reaches the whole group; the process that we read for decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    # What a library prints would garble the events.
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, events)


if __name__ == "__main__":
    _main()
