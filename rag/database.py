"""The SQLite file under the library: opening, transactions, and errors in our words."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from rag.database_faults import damaged, fault_of
from rag.database_file import DatabaseFile
from rag.errors import LibraryError
from rag.schema import APPLICATION_ID, SCHEMA_VERSION, STEPS

__all__ = ["Database"]

_CHECKED_BYTES = 100_000_000
"""Files up to this size are read through for damage at each opening, which takes less than
0.1 s; larger ones when `citewire doctor` asks."""


class Database:
    """An open file; made with its tables where there is none. For use from any thread.

    Each call is whole: no thread sees half of another's transaction.

    In a folder that can't be written to it is read as it was when it was opened.

    Raises:
        LibraryError: from any method, when the file is damaged, full, or not ours.
        LibraryBusy: from any method, when another program holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Held from a transaction's first statement to its last; the same thread may read on.
        self._lock = threading.RLock()
        with self._translated():
            self._file = DatabaseFile(path)
            try:
                self._connection = self._file.connect()
                try:
                    self._open()
                except BaseException:
                    self._connection.close()
                    raise
            except BaseException:
                self._file.close()
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
            self._file.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, self._translated():
            rows = self._connection.execute(sql, values).fetchall()
            self._file.check_unchanged()
            return rows

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query; None where there is none."""
        with self._lock, self._translated():
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            self._file.check_unchanged()
            return found

    def only(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The one row that a query must have."""
        found = self.row(sql, values)
        if found is None:
            raise damaged(self.path, "malformed: a row is missing")
        return found

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query one by one, for results too large to hold.

        They are those of one moment, whatever is written while they are read.
        """
        # A connection of its own: on the shared one, a query half read would see the rows of
        # later transactions, and would keep them from beginning once another process writes.
        with self._translated(), closing(self._file.connect()) as connection:
            for row in connection.execute(sql, values):
                self._file.check_unchanged()
                yield row

    def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run a statement; inside `transaction`."""
        with self._lock:
            self._connection.execute(sql, values)

    def write_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row of values; inside `transaction`."""
        with self._lock:
            self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self, bump: bool = True) -> Iterator[None]:
        """All of what is written inside, or, after any exception, nothing of it.

        Other threads wait until its end.

        Args:
            bump: raise the library's generation with it.
        """
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                if bump:
                    self._connection.execute(
                        "UPDATE meta SET value = CAST(value AS INTEGER) + 1"
                        " WHERE key = 'generation'"
                    )
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _open(self) -> None:
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA synchronous = FULL")
        if self._is_blank():
            self._build()
        version = self._check_header()
        self._check_pages()
        if version < SCHEMA_VERSION:
            if self._file.frozen:
                raise LibraryError(
                    f"{self.path} has an older format, and can't be brought to this one: its"
                    " folder can't be written to. Open it once as somebody who may."
                )
            self._build()
        if not self._file.frozen and self.only("PRAGMA journal_mode")[0] != "wal":
            # Refused while another process has it open. It is as sound without, only slower.
            with suppress(sqlite3.OperationalError):
                self._connection.execute("PRAGMA journal_mode = WAL")

    def _is_blank(self) -> bool:
        """Whether nothing was ever made in it, as after a process died before it could."""
        found = self.only(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)"
            " FROM pragma_application_id, pragma_user_version"
        )
        return not any(found)

    def _build(self) -> None:
        """Make the tables that are lacking: all of them, or those newer than the file."""
        with self.transaction(bump=False):
            # Two processes may come here at once; the second finds the tables made.
            (version,) = self.only("PRAGMA user_version")
            for step in STEPS[version:]:
                for statement in step.split(";\n"):
                    self.write(statement)
            if version == 0:
                self.write_many(
                    "INSERT INTO meta VALUES (?, ?)",
                    [("identity", uuid.uuid4().hex), ("generation", "0")],
                )
                self.write(f"PRAGMA application_id = {APPLICATION_ID}")
            if version < SCHEMA_VERSION:
                self.write(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _check_header(self) -> int:
        """The file's version, once it is known to be ours and not too new."""
        (application,) = self.only("PRAGMA application_id")
        (version,) = self.only("PRAGMA user_version")
        if application != APPLICATION_ID:
            raise LibraryError(
                f"{self.path} is not a Citewire library; choose another --home, or move it away."
            )
        if version > SCHEMA_VERSION:
            raise LibraryError(
                f"{self.path} was made by a newer Citewire (its format is {version}, this one"
                f" reads {SCHEMA_VERSION}); update Citewire."
            )
        return int(version)

    def _check_pages(self) -> None:
        if self.path.stat().st_size <= _CHECKED_BYTES:
            (found,) = self.only("PRAGMA quick_check(1)")
            if found != "ok":
                raise damaged(self.path, f"malformed: {found.splitlines()[-1]}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            raise fault_of(self.path, exc) from exc
