"""What can go wrong with the library's file, in our words: one line that says what to do."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from rag.errors import CitewireError, LibraryBusy, LibraryError

__all__ = ["check_place", "damaged", "fault_of"]

_KNOWN = (
    (
        (sqlite3.SQLITE_FULL,),
        (errno.ENOSPC, errno.EDQUOT),
        "There is no room for the library {path} ({reason}): free some space and do it again; what"
        " was stored before is there.",
    ),
    (
        (sqlite3.SQLITE_READONLY,),
        (errno.EACCES, errno.EPERM, errno.EROFS),
        "The library {path} can't be written to ({reason}): change its permissions, or choose"
        " another --home.",
    ),
    (
        (sqlite3.SQLITE_CANTOPEN,),
        (),
        "The library {path} can't be opened ({reason}): look at the permissions of the file and its"
        " folder, or choose another --home.",
    ),
    (
        (sqlite3.SQLITE_IOERR,),
        (errno.EIO, errno.EFBIG),
        "The library {path} can't be read or written ({reason}): look at the disk, its quota, and"
        " the limit on the size of files (`ulimit -f`); what was stored before is there.",
    ),
)
"""SQLite's codes, the system's, and what is said of either."""
_DAMAGE = ("malformed", "not a database", "no such table", "no such column")


def fault_of(path: Path, exc: Exception) -> CitewireError:
    """Our error for one of SQLite's or of the system's.

    Args:
        path: the library's file.
        exc: what was raised.
    """
    code = (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF
    number = exc.errno if isinstance(exc, OSError) else None
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LibraryBusy(
            f"Another program holds the library {path} ({reason}); wait until it is done, or"
            " close it."
        )
    for codes, numbers, message in _KNOWN:
        if code in codes or number in numbers:
            return LibraryError(message.format(path=path, reason=reason))
    if isinstance(exc, sqlite3.DatabaseError) and any(sign in reason for sign in _DAMAGE):
        return damaged(path, reason)
    return LibraryError(f"The library {path} can't be used ({reason}).")


def damaged(path: Path, reason: str) -> LibraryError:
    """The error of a file that can't be relied upon."""
    return LibraryError(
        f"The library {path} is damaged ({reason}). Nothing was changed: put a copy of yours in"
        " its place (`citewire restore`), or move it and what is named after it away and ingest"
        " the articles again."
    )


def check_place(path: Path) -> None:
    """See that a library is there, or that one may be made there.

    Raises:
        LibraryError: something else is in its place, or only the rest of one.
    """
    home = path.parent
    if home.exists() and not home.is_dir():
        raise LibraryError(f"The home directory {home} is a file; choose another with --home.")
    if path.is_dir():
        raise LibraryError(
            f"{path} is a directory, where the library's file should be; move it away, or choose"
            " another --home."
        )
    if path.exists() and path.stat().st_size:
        return
    journal = path.with_name(f"{path.name}-wal")
    left = [p for p in (journal, home / "index" / "current.json") if p.is_file()]
    if path.exists() and left:
        raise damaged(path, f"it is empty, but {left[0].name} tells that it was not")
    if journal.is_file() and journal.stat().st_size:
        raise LibraryError(
            f"The library {path} is gone, but its journal {journal.name} is there: put both back"
            " (`citewire restore`), or move the journal away as well and ingest the articles again."
        )
