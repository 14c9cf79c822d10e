"""Who may write, who is opening, and what is in use.

All are lock files, which the system lets go when a process dies, however it dies.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rag.closing import Closing
from rag.errors import LibraryBusy, LibraryError

__all__ = ["InUse", "is_used", "opening", "writer_lock"]

_PATIENCE_S = 0.2
"""Those who only look whether a folder is used hold its lock for less than a millisecond."""
_OPENING_S = 20.0
"""Opening takes a tenth of a second, but a second where a process of its own has to look."""


@contextmanager
def writer_lock(home: Path, work: str = "writing") -> Iterator[None]:
    """Hold the library for writing.

    Args:
        home: the library's directory, made if needed.
        work: what for, in one word or two; those who are turned down read it.

    Raises:
        LibraryBusy: another process holds it; the message says which, since when and what for.
        LibraryError: the home directory can't be made or written to.
    """
    if home.exists() and not home.is_dir():
        raise LibraryError(f"The home directory {home} is a file; choose another with --home.")
    holder = home / "writer.pid"
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / "writer.lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise LibraryBusy(
            f"Another Citewire{_who(holder)} is writing to {home}; wait until it is done, or stop"
            " it."
        ) from None
    except (OSError, NotImplementedError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc) or "it takes no locks"
        raise LibraryError(
            f"The home directory {home} can't be written to ({reason}); choose another with --home."
        ) from exc
    try:
        now = datetime.now(UTC).astimezone().isoformat(" ", "minutes")
        with suppress(OSError):
            holder.write_text(json.dumps({"pid": os.getpid(), "since": now, "work": work}))
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def opening(folder: Path) -> Iterator[bool]:
    """One process at a time opens, or copies, what is in a folder.

    Gives whether that is certain: where nothing can be written, nobody is kept out.
    """
    lock = FileLock(folder / "opening.lock", timeout=_OPENING_S)
    try:
        lock.acquire()
    except (Timeout, OSError, NotImplementedError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


class InUse(Closing):
    """Marks a folder as in use until it is closed, or the process ends."""

    def __init__(self, folder: Path) -> None:
        """Mark it, where anything can be written there."""
        self._path = folder / "in-use" / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.lock"
        # Whoever closes it may be another thread.
        self._lock = FileLock(self._path, timeout=_PATIENCE_S, thread_local=False)
        with suppress(OSError, NotImplementedError):
            # Never the folder itself: it may just have been removed.
            self._path.parent.mkdir(exist_ok=True)
            self._lock.acquire()

    def close(self) -> None:
        """Let the folder go."""
        if self._lock.is_locked:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            self._lock.release()


def is_used(folder: Path) -> bool:
    """Whether any process uses a folder; the marks of those that died are removed."""
    used = False
    for mark in folder.glob("in-use/*.lock"):
        lock = FileLock(mark, timeout=0)
        try:
            lock.acquire()
        except (OSError, NotImplementedError):  # also filelock's Timeout
            used = True
            continue
        with suppress(OSError):
            mark.unlink()
        lock.release()
    return used


def _who(holder: Path) -> str:
    """The process that holds the lock, as its file tells; nothing where that can't be read."""
    try:
        told = json.loads(holder.read_text())
        return f" (process {int(told['pid'])}, {told['work']} since {told['since']})"
    except (OSError, ValueError, TypeError, KeyError):
        return ""
