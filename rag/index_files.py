"""What the files of published indexes were like, so that each change to them is noticed.

Nothing in a published folder is ever written to again, with one exception: Chroma writes to
a page of `chroma.sqlite3` whenever it is opened. So that file is recorded anew after each
opening.
"""

from __future__ import annotations

import json
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rag.index_mark import sync_folder

__all__ = ["DATABASE", "altered", "record", "record_opened"]

DATABASE = "chroma/chroma.sqlite3"
"""The file that Chroma writes to."""

_RECORD = "files.json"
_READ_BYTES = 100_000_000
"""Indexes up to this size are read through at each opening, which takes 40 ms; of larger ones,
files whose size and time are as they were."""
_CHUNK = 1 << 20


class _Stamp(NamedTuple):
    size: int
    mtime_ns: int
    crc: int | None
    """None where the file was not read since Chroma wrote to it."""


def record(folder: Path) -> None:
    """Bring all files to the disk and record what they are like.

    Raises:
        OSError: one of them can't be written.
    """
    stamps = {}
    for name, path in _files(folder).items():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        stamps[name] = _stamp(path)
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        sync_folder(path)
    _write(folder, stamps)


def record_opened(folder: Path) -> None:
    """Record anew what Chroma's opening, and nothing else, may have changed."""
    stamps = _read(folder)
    path = folder / DATABASE
    found = path.stat()
    known = stamps.get(DATABASE)
    if known and (known.size, known.mtime_ns) == (found.st_size, found.st_mtime_ns):
        return
    small = sum(s.size for s in stamps.values()) <= _READ_BYTES
    stamps[DATABASE] = _stamp(path, read=small)
    with suppress(OSError):
        _write(folder, stamps)


def altered(folder: Path, *, thorough: bool | None = None) -> list[str]:
    """The files that are missing, or not as they were recorded.

    Args:
        folder: of published indexes.
        thorough: whether all files are read through; None: where that takes no time.
    """
    stamps = _read(folder)
    if not stamps:
        return [_RECORD]
    if thorough is None:
        thorough = sum(s.size for s in stamps.values()) <= _READ_BYTES
    found = [name for name, stamp in stamps.items() if not _is_as(folder / name, stamp, thorough)]
    # What a process that died while it opened them left behind.
    journals = (f"{DATABASE}-journal", f"{DATABASE}-wal")
    if DATABASE not in found and any((folder / name).exists() for name in journals):
        found.append(DATABASE)
    return found


def _is_as(path: Path, stamp: _Stamp, thorough: bool) -> bool:
    try:
        found = path.stat()
        if found.st_size != stamp.size:
            return False
        same_time = found.st_mtime_ns == stamp.mtime_ns
        if same_time and (not thorough or stamp.crc is None):
            return True
        # A copy of the folder has other times and the same content.
        return stamp.crc is not None and _crc(path) == stamp.crc
    except OSError:
        return False


def _files(folder: Path) -> dict[str, Path]:
    """Everything that counts, by its name in the folder."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        # Tantivy's and our own lock files hold nothing.
        if path.is_file() and path.suffix != ".lock" and path.name != _RECORD
    }


def _stamp(path: Path, *, read: bool = True) -> _Stamp:
    found = path.stat()
    return _Stamp(found.st_size, found.st_mtime_ns, _crc(path) if read else None)


def _crc(path: Path) -> int:
    # Against accidents, not against enemies; four times as fast as a hash.
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


def _read(folder: Path) -> dict[str, _Stamp]:
    try:
        content = json.loads((folder / _RECORD).read_text())
        return {name: _Stamp(*stamp) for name, stamp in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(folder: Path, stamps: dict[str, _Stamp]) -> None:
    new = folder / f"{_RECORD}.{os.getpid()}.new"
    new.write_text(json.dumps(stamps))
    new.replace(folder / _RECORD)
