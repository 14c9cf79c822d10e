"""Deleted articles, kept for a while with everything needed to put them back exactly."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from rag.article_rows import ARTICLE_COLUMNS, article_of
from rag.database import Database
from rag.errors import NotFound, SettingsError
from rag.library_files import forget_file_of
from rag.types import Article

__all__ = ["DAYS_KEPT", "MOST_KEPT", "RemovedArticle", "forget", "keep", "kept", "put_back"]

DAYS_KEPT = 30
MOST_KEPT = 1_000
"""Deleted articles kept; the oldest go first. One takes about 100 kB."""

_COLUMNS = {
    "articles": (*ARTICLE_COLUMNS, "pipeline_hash", "ingested_at", "file"),
    "sentences": ("article_id", "n", "start", "end", "vector", "titled"),
    "passages": ("id", "article_id", "n", "first", "last", "vector"),
    "corrections": ("article_id", "outlet", "published", "title"),
}


class RemovedArticle(NamedTuple):
    """A deleted article that can be brought back."""

    article: Article
    removed_at: datetime
    """In UTC."""


def keep(db: Database, article_id: str) -> None:
    """Take an article off the library's tables and keep it; inside a transaction."""
    ((source, *_),) = db.rows("SELECT source FROM articles WHERE id = ?", (article_id,))
    (article,) = _rows(db, "articles", "id", article_id)
    belongings = {
        table: _rows(db, table, "article_id", article_id)
        for table in _COLUMNS
        if table != "articles"
    }
    db.write(
        "INSERT OR REPLACE INTO removed VALUES (?, ?, ?, ?, ?)",
        (
            article_id,
            source,
            datetime.now(UTC).isoformat(timespec="microseconds"),
            json.dumps(article),
            json.dumps(belongings),
        ),
    )
    forget_file_of(db, article_id)
    db.write("DELETE FROM articles WHERE id = ?", (article_id,))
    db.write("DELETE FROM corrections WHERE article_id = ?", (article_id,))
    db.write("DELETE FROM removed WHERE removed_at < ?", (_oldest(),))
    db.write(
        "DELETE FROM removed WHERE rowid IN"
        " (SELECT rowid FROM removed ORDER BY removed_at DESC, rowid DESC LIMIT -1 OFFSET ?)",
        (MOST_KEPT,),
    )


def forget(db: Database, article_id: str, source: str) -> None:
    """Drop what is kept of an article whose file is ingested again; inside a transaction."""
    db.write(
        "DELETE FROM removed WHERE id = ? OR source = ? OR removed_at < ?",
        (article_id, source, _oldest()),
    )


def kept(db: Database) -> list[RemovedArticle]:
    """Those that can be brought back, the last deleted first."""
    rows = db.rows(
        "SELECT article, removed_at FROM removed WHERE removed_at >= ?"
        " ORDER BY removed_at DESC, rowid DESC",
        (_oldest(),),
    )
    return [
        RemovedArticle(_article(json.loads(article)), datetime.fromisoformat(removed_at))
        for article, removed_at in rows
    ]


def put_back(db: Database, article_id: str) -> Article:
    """Put a deleted article back as it was; inside a transaction.

    Args:
        db: the library's file.
        article_id: the id it had, or its beginning.

    Raises:
        NotFound: no deleted article's id, or more than one, starts so.
        SettingsError: its file or its text is in the library again.
    """
    rows = db.rows(
        "SELECT id, article, belongings FROM removed"
        " WHERE id >= ? AND id < ? AND removed_at >= ? ORDER BY id LIMIT 2",
        (article_id, article_id + "\U0010ffff", _oldest()),
    )
    if len(rows) != 1 or not article_id:
        how = "more than one deleted" if rows else "no deleted"
        raise NotFound(
            f"{how.capitalize()} article has an id that starts with {article_id!r}; `citewire"
            " undelete` shows those that can be brought back."
        )
    removed_id, content, belongings = rows[0]
    row = json.loads(content)
    article = _article(row)
    again = db.row(
        "SELECT id, source = ? FROM articles WHERE id = ? OR source = ? OR content_hash = ?",
        (article.source, removed_id, article.source, article.content_hash),
    )
    if again:
        what = f"its file {article.source!r}" if again[1] else "the same text"
        raise SettingsError(
            f"{removed_id} can't be brought back, because {what} is in the library again as"
            f" {again[0]}; delete that one first."
        )
    _insert(db, "articles", row)
    for table, belonging in json.loads(belongings).items():
        for one in belonging:
            _insert(db, table, one)
    db.write("DELETE FROM removed WHERE id = ?", (removed_id,))
    return article


def _rows(db: Database, table: str, key: str, value: str) -> list[dict[str, Any]]:
    columns = _COLUMNS[table]
    rows = db.rows(f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = ?", (value,))
    return [dict(zip(columns, map(_packed, row), strict=True)) for row in rows]


def _insert(db: Database, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    values = [_unpacked(value) for value in row.values()]
    db.write(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", values)


def _packed(value: object) -> object:
    return [base64.b64encode(value).decode()] if isinstance(value, bytes) else value


def _unpacked(value: object) -> object:
    return base64.b64decode(value[0]) if isinstance(value, list) else value


def _article(row: dict[str, Any]) -> Article:
    return article_of([row[column] for column in ARTICLE_COLUMNS])


def _oldest() -> str:
    """The moment before which deleted articles are not kept."""
    return (datetime.now(UTC) - timedelta(days=DAYS_KEPT)).isoformat(timespec="microseconds")
