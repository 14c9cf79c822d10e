"""What `citewire doctor` looks at in the home: the disk, the library, its indexes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from rag.database_faults import check_place
from rag.errors import CitewireError, LibraryError
from rag.history_db import HistoryDatabase
from rag.indexes import Indexes, Progress
from rag.library import Library
from rag.lock import writer_lock

__all__ = ["Finding", "checked", "stored"]

_ROOM = 50_000_000
"""Bytes that should be free besides what a rebuild of the indexes takes."""


class Finding(NamedTuple):
    """What one check found."""

    check: str
    ok: bool
    detail: str
    exit_code: int = 3
    """What the command exits with when it is not ok."""


def checked(check: str, look: Callable[[], str]) -> Finding:
    """What a look found, which raises where it is not well."""
    try:
        return Finding(check, True, look())
    except CitewireError as exc:
        return Finding(check, False, str(exc), exc.exit_code)
    except OSError as exc:
        return Finding(check, False, f"{exc.filename or 'it'} can't be read ({exc.strerror})")


def stored(home: Path, *, fix: bool, progress: Progress) -> list[Finding]:
    """Check what is in a home.

    Args:
        home: the library's directory.
        fix: mend what is derived from the library.
        progress: told how many passages of how many are indexed.
    """
    findings = [checked("home", lambda: _home(home))]
    if home.exists() and not home.is_dir():
        return findings
    findings.append(checked("disk", lambda: _disk(home)))
    findings.append(checked("library", lambda: _library(home)))
    if findings[-1].ok and (home / "library.db").exists():
        findings.append(checked("indexes", lambda: _indexes(home, fix, progress)))
        findings.append(checked("leftovers", lambda: _leftovers(home, fix)))
    if (home / "history.db").exists():
        findings.append(checked("history", lambda: _history(home)))
    return findings


def _home(home: Path) -> str:
    if not home.exists():
        return f"{home}, which the first `citewire ingest` makes"
    if not home.is_dir():
        raise LibraryError(f"{home} is a file; choose another with --home")
    if not os.access(home, os.W_OK):
        raise LibraryError(
            f"{home} can't be written to: questions are answered from the library alone, and"
            " nothing can be added; change its permissions, or choose another with --home"
        )
    return str(home)


def _disk(home: Path) -> str:
    there = next(p for p in (home, *home.absolute().parents) if p.exists())
    free, needed = shutil.disk_usage(there).free, _size([home / "index"]) + _ROOM
    if free < needed:
        raise LibraryError(
            f"{_mb(free)} free, and it may take {_mb(needed)} to mend the indexes; make room"
        )
    return f"{_mb(free)} free"


def _library(home: Path) -> str:
    check_place(home / "library.db")
    if not Library.exists(home):
        return "none yet; `citewire ingest FOLDER` makes one"
    with Library(home) as library:
        problems = library.check()
        if problems:
            raise LibraryError(
                f"{problems[0]} (and {len(problems) - 1} more): put a copy of yours in its place"
                " (`citewire restore`), or move library.db away and ingest again"
            )
        n = library.counts()
    return f"sound: {n.articles} articles, {n.passages} passages, {n.sentences} sentences"


def _indexes(home: Path, fix: bool, progress: Progress) -> str:
    with Library(home) as library:
        indexes = Indexes(home, library)
        fault = indexes.fault()
        if fault is None:
            return "current; searches for known vectors and words find them"
        if not fix:
            raise LibraryError(
                f"the indexes {fault}; `citewire doctor --fix` rebuilds them, and so does the next"
                " question that notices"
            )
        with writer_lock(home, "mending the indexes"):
            indexes.rebuild(progress)
        left = indexes.fault()
    if left:
        raise LibraryError(f"rebuilt, and yet the indexes {left}")
    return f"rebuilt from the library (the old ones: {fault})"


def _leftovers(home: Path, fix: bool) -> str:
    with Library(home) as library:
        indexes = Indexes(home, library)
        found = indexes.leftovers()
        told = f"{len(found)} unfinished or old folders in index/, {_mb(_size(found))}"
        if found and fix:
            with writer_lock(home, "removing leftovers"):
                indexes.sweep()
            told += "; removed"
        elif found:
            told += "; `citewire doctor --fix` removes those that nobody uses"
    aside = sorted(home.glob("before-restore-*"))
    if aside:
        kept = f"{len(aside)} libraries moved aside by `citewire restore`, {_mb(_size(aside))}"
        return f"{told}; {kept}" if found else kept
    return told if found else "none"


def _history(home: Path) -> str:
    HistoryDatabase(home / "history.db").close()
    return "sound"


def _size(folders: Iterable[Path]) -> int:
    return sum(p.lstat().st_size for folder in folders for p in folder.rglob("*") if p.is_file())


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
