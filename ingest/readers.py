"""Reading many files in processes beside this one, in order, within time and memory."""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ingest.parsed import Event, FileRead, Rejected, Rules, Task, parsed_articles
from rag.closing import Closing

__all__ = ["DEADLINE_S", "Readers", "read_here"]

DEADLINE_S = 60.0
"""A file that gives no article for so long is given up."""
_AHEAD = 8
"""Files given to a process before it has read them."""
_HELD = 32
"""Events that are kept of each process until they are asked for."""
_ROOT = Path(__file__).parent.parent


def read_here(tasks: Sequence[Task], rules: Rules) -> Iterator[tuple[Task, Iterator[Event]]]:
    """Read files in this process: for a few small texts, which can do no harm."""
    for task in tasks:
        yield task, parsed_articles(task, rules)


class Readers(Closing):
    """Processes that read files. Use it as a context manager."""

    def __init__(self, processes: int, rules: Rules, deadline_s: float = DEADLINE_S) -> None:
        """Start no process yet.

        Args:
            processes: how many, at least 1.
            rules: how the files are read.
            deadline_s: how long one may be without an event.
        """
        self._rules = rules
        self._deadline_s = deadline_s
        self._processes: list[_Process | None] = [None] * processes

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            if process is not None:
                process.end()

    def read(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Iterator[Event]]]:
        """Each file with its events, in order.

        A file's events are to be taken before the next file is. One that its process does not
        survive, or does not get on with, is rejected; the files after it go on.
        """
        count = len(self._processes)
        given = 0
        waiting: list[deque[Task]] = [deque() for _ in self._processes]
        for n, task in enumerate(tasks):
            while given < min(len(tasks), n + _AHEAD * count):
                self._give(given % count, tasks[given], waiting[given % count])
                given += 1
            waiting[n % count].popleft()
            yield task, self._events(n % count, waiting[n % count])

    def _give(self, which: int, task: Task, waiting: deque[Task]) -> None:
        process = self._processes[which]
        if process is None:
            process = self._processes[which] = _Process(self._rules)
        waiting.append(task)
        process.give(task)

    def _events(self, which: int, waiting: deque[Task]) -> Iterator[Event]:
        process = self._processes[which]
        while process is not None:
            event = process.event(self._deadline_s)
            if isinstance(event, str):
                process.end()
                self._processes[which] = None
                # What was given to it and not read goes to the next.
                again = list(waiting)
                waiting.clear()
                for task in again:
                    self._give(which, task, waiting)
                yield Rejected(event)
                return
            yield event
            if isinstance(event, Rejected | FileRead):
                return


class _Process:
    """One process, with a thread that takes what it gives."""

    def __init__(self, rules: Rules) -> None:
        # Found as this process found it, wherever it was started from.
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ingest.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._events: queue.Queue[Event | None] = queue.Queue(_HELD)
        self._ended = threading.Event()
        threading.Thread(target=self._take, daemon=True).start()
        self._send(rules)

    def give(self, task: Task) -> None:
        """Let it read a file after those it was given before."""
        self._send(task)

    def event(self, deadline_s: float) -> Event | str:
        """The next event; or why there is none, as the reason of a rejection."""
        try:
            event = self._events.get(timeout=deadline_s)
        except queue.Empty:
            return (
                f"took longer than {deadline_s:.0f} s to read: split it, or save it as plain text"
            )
        if event is None:
            return "broke the program that reads it: save it as plain text"
        return event

    def end(self) -> None:
        """Kill it; nothing of it is kept anywhere."""
        self._ended.set()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            # What could not be sent to it any more is of no use.
            with suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()

    def _send(self, value: Rules | Task) -> None:
        # One that has died is noticed by the lack of its events.
        with suppress(OSError, ValueError):
            assert self._process.stdin is not None
            pickle.dump(value, self._process.stdin)
            self._process.stdin.flush()

    def _take(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        event: Event | None
        while not self._ended.is_set():
            try:
                event = pickle.load(pipe)
            except Exception:  # cut off in the middle, or closed: there is no more
                event = None
            while not self._ended.is_set():
                with suppress(queue.Full):
                    self._events.put(event, timeout=0.5)
                    break
            if event is None:
                return
