"""Which files there are, and what tells that one has not changed since it was last read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from rag.errors import NotFound

__all__ = ["FoundFile", "digest_of", "find_files", "shown", "stamp_of"]

_PAGES = (".html", ".htm", ".xhtml")
_CORPORA = ("corpus.jsonl", "corpus.jsonl.gz")


class FoundFile(NamedTuple):
    """A file to be read."""

    path: Path
    """Absolute, without `..`; links are kept."""
    root: Path | None
    """The folder it was found in; None where the user named the file itself."""


def find_files(paths: Sequence[Path]) -> Iterator[FoundFile]:
    """Every file named, and every file in the folders named, each once, folders sorted.

    Hidden files and folders are passed over, and so are the `NAME_files` folder that a browser
    saves beside `NAME.html`, and the questions beside a corpus in BEIR's layout. Links to
    folders are not followed; they come as files, so that reading says what they are.

    Raises:
        NotFound: a path does not exist.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise NotFound(f"There is nothing at {shown(path)!r}; check the path.")
    seen: set[Path] = set()
    for path in paths:
        root = Path(os.path.normpath(path.absolute()))
        found = _walk(root) if path.is_dir() else iter((root,))
        for file in found:
            if file not in seen:
                seen.add(file)
                yield FoundFile(file, root if path.is_dir() else None)


def stamp_of(path: Path) -> str:
    """What changes whenever a file is written, moved over or replaced; empty where it is gone.

    The time of the last change of its entry (ctime) is part of it: programs that keep a file's
    date and size when they write can't keep that.
    """
    try:
        s = path.stat()
    except (OSError, ValueError):
        return ""
    return f"{s.st_size}.{s.st_mtime_ns}.{s.st_ctime_ns}.{s.st_ino}"


def digest_of(file: BufferedReader) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def shown(path: Path | str) -> str:
    r"""A path as text: bytes of a name that are not UTF-8 are written as `\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _walk(folder: Path) -> Iterator[Path]:
    shut: list[Path] = []
    for base, folders, names in os.walk(folder, onerror=lambda e: shut.append(Path(e.filename))):
        pages = {Path(n).stem for n in names if Path(n).suffix.lower() in _PAGES}
        beir = any(n in _CORPORA for n in names)
        linked = [f for f in folders if (Path(base) / f).is_symlink()]
        folders[:] = sorted(
            f
            for f in folders
            if not f.startswith(".")
            and f not in linked
            and not (f.endswith("_files") and f.removesuffix("_files") in pages)
            and not (beir and f == "qrels")
        )
        for name in sorted([*names, *linked]):
            if not name.startswith(".") and not (beir and name.startswith("queries.jsonl")):
                yield Path(base) / name
    # Handed on as if they were files, so that reading says what is wrong with each.
    yield from shut
