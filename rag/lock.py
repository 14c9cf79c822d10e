"""One writer at a time: a lock file in the home directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LibraryBusy, LibraryError

__all__ = ["writer_lock"]


@contextmanager
def writer_lock(home: Path) -> Iterator[None]:
    """Hold the library for writing.

    Raises:
        LibraryBusy: another process holds it; the message names the process.
        LibraryError: the home directory can't be made or written to.
    """
    holder = home / "writer.pid"
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / "writer.lock", timeout=0)
        lock.acquire()
    except Timeout:
        who = ""
        with suppress(OSError):
            who = f" (process {holder.read_text().strip()})"
        raise LibraryBusy(
            f"Another Citewire{who} is writing to {home}; wait until it is done, or stop it."
        ) from None
    except OSError as exc:
        raise LibraryError(
            f"The home directory {home} can't be written to ({exc.strerror}); choose another"
            " with --home."
        ) from exc
    try:
        with suppress(OSError):
            holder.write_text(str(os.getpid()))
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()
