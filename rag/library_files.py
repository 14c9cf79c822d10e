"""What a library remembers of the files that its articles were read from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rag.database import Database

__all__ = ["Other", "ReadFile", "forget_file_of", "forget_files", "note_files", "read_files"]


class Other(NamedTuple):
    """An article that is not to be told as one of its file: a copy, a bad one, or one gone."""

    key: str | None
    """Its name in a file that holds several."""
    status: str
    """`duplicate`, `rejected`, or `gone`: once in the file, and kept though it is not any more."""
    reason: str
    content_hash: str = ""
    """Of a copy: whose text it is."""


class ReadFile(NamedTuple):
    """A file as it was when it was last read."""

    path: str
    stamp: str
    """See `ingest.files.stamp_of`; empty where the file has to be read to know."""
    digest: str
    """SHA-256 of its bytes."""
    reading: str
    """Hash of everything but its bytes that decided what became of it."""
    others: tuple[Other, ...] = ()


def read_files(db: Database) -> dict[str, ReadFile]:
    """All files, by their paths."""
    rows = db.rows("SELECT path, stamp, digest, reading, others FROM files")
    return {
        path: ReadFile(path, stamp, digest, reading, tuple(Other(*o) for o in json.loads(others)))
        for path, stamp, digest, reading, others in rows
    }


def note_files(db: Database, files: Iterable[ReadFile]) -> None:
    """Remember files as they are now; inside a transaction."""
    db.write_many(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
        ((f.path, f.stamp, f.digest, f.reading, json.dumps(f.others)) for f in files),
    )


def forget_file_of(db: Database, article_id: str) -> None:
    """Let the file of an article that goes be read again; inside a transaction."""
    db.write(
        "DELETE FROM files WHERE path = (SELECT file FROM articles WHERE id = ?)", (article_id,)
    )


def forget_files(db: Database, paths: Sequence[str]) -> None:
    """Remember nothing of these files; inside a transaction."""
    db.write_many("DELETE FROM files WHERE path = ?", ((p,) for p in paths))
