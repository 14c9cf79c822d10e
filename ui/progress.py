"""Progress of long work, on standard error: a bar on a terminal, lines now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

__all__ = ["Watch", "progress"]

_EVERY_S = 30.0
"""How often a line is written where there is no terminal, such as in CI."""


class Watch(Protocol):
    """Told where the work stands."""

    def __call__(self, done: float, total: int, name: str) -> None:
        """So many of so many are done; the name is of the one that comes now."""
        ...


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[Watch]:
    """Show the progress of some work while the context is open.

    Args:
        what: such as `Ingesting`.
        quiet: show nothing at all.
    """
    console = Console(stderr=True)
    if quiet:
        yield lambda done, total, name: None
    elif not console.is_terminal:
        yield _Lines(what)
    else:
        columns = (
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[name]}", markup=False),
        )
        with Bar(*columns, console=console, transient=True) as bar:
            task = bar.add_task(what, total=None, name="")

            def show(done: float, total: int, name: str) -> None:
                bar.update(task, total=total, completed=done, name=" ".join(name.split())[:30])

            yield show


class _Lines:
    """A line every half minute: enough to see that it lives, and how long it will take."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = self._last = time.monotonic()

    def __call__(self, done: float, total: int, name: str) -> None:
        now = time.monotonic()
        if now - self._last < _EVERY_S or not done:
            return
        self._last = now
        left = (now - self._began) / done * (total - done)
        print(f"{self._what}: {int(done)} of {total}, {left:.0f} s left", file=sys.stderr)
