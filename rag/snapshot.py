"""Copies of SQLite files: made while others write, and checked before anything rests on them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from rag.errors import LibraryError
from rag.schema import APPLICATION_ID, SCHEMA_VERSION

__all__ = ["LibraryHeader", "check_library", "snapshot"]


class LibraryHeader(NamedTuple):
    """What a library's file says of itself."""

    schema: int
    identity: str
    generation: int
    articles: int


def snapshot(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, in one file, whoever writes to it meanwhile.

    Raises:
        LibraryError: it can't be read, or the copy can't be written.
    """
    try:
        with (
            closing(sqlite3.connect(source, timeout=30)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)
            # Else it would need a journal beside it to be read.
            copy.execute("PRAGMA journal_mode = DELETE")
    except (sqlite3.Error, OSError) as exc:
        raise LibraryError(f"{source} can't be copied to {target.parent} ({exc}).") from exc


def check_library(path: Path) -> LibraryHeader:
    """Read a library's file through, without changing it.

    Raises:
        LibraryError: it is damaged, not ours, or newer than this Citewire; the message
            completes "… is unfit: ".
    """
    try:
        where = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(where, uri=True)) as db:
            (application,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if application != APPLICATION_ID:
                raise LibraryError("its library.db is not a library of Citewire's")
            if version > SCHEMA_VERSION:
                raise LibraryError(
                    f"a newer Citewire made it (its format is {version}, this one reads"
                    f" {SCHEMA_VERSION}); update Citewire"
                )
            (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok" or db.execute("PRAGMA foreign_key_check").fetchone():
                raise LibraryError("its library.db is damaged")
            facts = dict(db.execute("SELECT key, value FROM meta"))
            (articles,) = db.execute("SELECT count(*) FROM articles").fetchone()
            return LibraryHeader(
                version, str(facts["identity"]), int(facts["generation"]), articles
            )
    except (sqlite3.Error, KeyError, ValueError) as exc:
        raise LibraryError(f"its library.db is damaged ({exc})") from exc
