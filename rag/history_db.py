"""The SQLite file under the history: opening, transactions, and errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

from rag.closing import Closing
from rag.errors import LibraryError, SettingsError

__all__ = ["HistoryDatabase"]

_APPLICATION_ID = 0x43495448
"""`CITH` in ASCII, in the file's header: tells our file from another SQLite file."""
_VERSION = 1
_CHECKED_BYTES = 100_000_000
"""Files up to this size are read through for damage at each opening: less than 0.1 s."""
_SCHEMA = """
CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  user TEXT NOT NULL,
  title TEXT NOT NULL,
  folded TEXT NOT NULL,     -- the title as it is searched
  started TEXT NOT NULL,    -- this and other times: ISO date and time with microseconds, UTC
  changed TEXT NOT NULL,
  deleted TEXT              -- NULL unless deleted
);
CREATE INDEX conversations_by_user ON conversations (user, changed);

CREATE TABLE turns (
  id TEXT PRIMARY KEY,
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,       -- position in the conversation, from 0
  answer TEXT NOT NULL,     -- JSON
  folded TEXT NOT NULL,     -- question, answer and quotations as they are searched
  asked_at TEXT NOT NULL,
  thumb INTEGER NOT NULL DEFAULT 0,
  comment TEXT NOT NULL DEFAULT '',
  rated_at TEXT,            -- NULL unless it has a thumb or a comment
  UNIQUE (conversation, n)
);
"""


class HistoryDatabase(Closing):
    """An open file; made with its tables where there is none. For any number of threads.

    Raises:
        LibraryError: from any method, when the file is damaged, full, or not ours.
        SettingsError: from any method, when a value is not valid text or far too large.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # One connection for all threads: each statement, and each transaction, has it alone.
        self._lock = RLock()
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Transactions are begun by us, so Python's own are switched off.
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=30, check_same_thread=False
            )
        try:
            self._open()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, self._translated():
            return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement inside `transaction`; gives how many rows it changed."""
        with self._lock, self._translated():
            return self._connection.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is written inside, or, after any exception, nothing of it."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _open(self) -> None:
        self.rows("PRAGMA foreign_keys = ON")
        self.rows("PRAGMA synchronous = FULL")
        if not any(self._header()):
            self._create()
        application, version, _ = self._header()
        if application != _APPLICATION_ID:
            raise LibraryError(
                f"{self._path} is not a history of Citewire's; move it away, or choose another"
                " --home."
            )
        if version > _VERSION:
            raise LibraryError(
                f"{self._path} was made by a newer Citewire (its format is {version}, this one"
                f" reads {_VERSION}); update Citewire."
            )
        if self._path.stat().st_size <= _CHECKED_BYTES:
            ((found,),) = self.rows("PRAGMA quick_check(1)")
            if found != "ok":
                reason = f"malformed: {found.splitlines()[-1]}"
                raise LibraryError(self._explain(sqlite3.DatabaseError(reason)))

    def _header(self) -> tuple[int, int, int]:
        """Application, version and number of tables, all of the same moment."""
        ((application, version, tables),) = self.rows(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)"
            " FROM pragma_application_id, pragma_user_version"
        )
        return application, version, tables

    def _create(self) -> None:
        with self.transaction():
            # Two processes may create at once; the second finds the tables made.
            if any(self._header()):
                return
            for statement in _SCHEMA.split(";\n"):
                self.write(statement)
            self.write(f"PRAGMA application_id = {_APPLICATION_ID}")
            self.write(f"PRAGMA user_version = {_VERSION}")
        # Refused at once, without waiting, while another process reads the new file. It is as
        # sound without, only slower.
        with suppress(LibraryError):
            self.rows("PRAGMA journal_mode = WAL")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            raise LibraryError(self._explain(exc)) from exc
        except (UnicodeEncodeError, OverflowError) as exc:
            raise SettingsError(
                "A name, a text or a number can't be kept: it is not valid text, or too large;"
                " write it otherwise."
            ) from exc

    def _explain(self, exc: Exception) -> str:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        signs = ("malformed", "not a database", "no such table", "no such column")
        if isinstance(exc, sqlite3.DatabaseError) and any(sign in reason for sign in signs):
            return (
                f"The history {self._path} is damaged ({reason}). Nothing was changed: put a copy"
                " of yours in its place, or move it away, and a new one is begun."
            )
        return f"The history {self._path} can't be used ({reason})."
