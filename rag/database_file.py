"""Where the library's file lies: whether it can be opened as it is, and how."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

from rag.closing import Closing
from rag.database_faults import check_place
from rag.errors import LibraryBusy, LibraryError
from rag.journal import frames_lost

__all__ = ["DatabaseFile"]

_BUSY_S = 30.0
"""How long another's transaction is waited for."""

_open: Counter[Path] = Counter()
"""How often each file is open in this process: see `rag.journal.frames_lost`."""
_opening = threading.Lock()


class DatabaseFile(Closing):
    """A file that may be opened, and stays so until it is closed.

    Raises:
        LibraryError: something else is in its place, or its last changes are lost.
        OSError: its folder can't be made or read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._closed = False
        with _opening:
            check_place(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._key = path.resolve()
            if not _open[self._key]:
                self._check_journal()
            _open[self._key] += 1
        # SQLite needs to make files beside it, if only to read.
        self.frozen = path.exists() and not os.access(path.parent, os.W_OK)
        """Whether it is read as it was at this moment, because nothing can be written there."""
        self._stamp = self._stamped() if self.frozen else None

    def close(self) -> None:
        """Let it go; whoever connected closes that before."""
        with _opening:
            _open[self._key] -= not self._closed
            self._closed = True

    def connect(self) -> sqlite3.Connection:
        """Another connection, in autocommit: transactions are begun by whoever asks."""
        how = ""
        if self.frozen:
            # Without a journal there is nothing to take in, and no file has to be made for it.
            how = "?mode=ro" if self.journal_size() else "?mode=ro&immutable=1"
        return sqlite3.connect(
            self._path.absolute().as_uri() + how if how else self._path,
            isolation_level=None,
            timeout=_BUSY_S,
            check_same_thread=False,
            uri=bool(how),
        )

    def journal_size(self) -> int:
        """Bytes of the transactions that are not in the file itself yet."""
        try:
            return self._path.with_name(f"{self._path.name}-wal").stat().st_size
        except FileNotFoundError:
            return 0

    def check_unchanged(self) -> None:
        """See that a frozen file is: read without locks, it may be half of another's change.

        Raises:
            LibraryBusy: it is not.
        """
        if self.frozen and self._stamped() != self._stamp:
            raise LibraryBusy(
                f"The library {self._path} was changed while it was read; open it again."
            )

    def _stamped(self) -> tuple[int, ...]:
        found = self._path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns, self.journal_size()

    def _check_journal(self) -> None:
        for _ in range(3):
            lost = frames_lost(self._path)
            if not lost:
                return
            time.sleep(0.02)  # another process may be writing just now
        name = self._path.name
        raise LibraryError(
            f"The last changes to the library {self._path} can't be read: its journal {name}-wal"
            f" is damaged or gone ({lost} pages of it). Nothing was changed: put a copy of yours in"
            f" its place (`citewire restore`), or, to go on without these changes, move {name}-wal"
            f" and {name}-shm away."
        )
