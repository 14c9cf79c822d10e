"""Earlier versions of articles whose files changed, so that old answers can be held to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NamedTuple

from rag.article_rows import ARTICLE_COLUMNS, article_of, values_of
from rag.database import Database
from rag.types import Article

__all__ = [
    "MOST_VERSIONS",
    "Version",
    "forget_orphans",
    "forget_versions",
    "keep_version",
    "versions_of",
]

MOST_VERSIONS = 20
"""Kept of one article; the oldest go first."""


class Version(NamedTuple):
    """An article as it was before its file changed."""

    article: Article
    replaced_at: datetime
    """In UTC."""


def keep_version(db: Database, article: Article) -> None:
    """Keep an article that is about to be replaced; inside a transaction."""
    row = dict(zip(ARTICLE_COLUMNS, values_of(article), strict=True))
    db.write(
        "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?)",
        (
            article.id,
            article.content_hash,
            datetime.now(UTC).isoformat(timespec="microseconds"),
            json.dumps(row),
        ),
    )
    db.write(
        "DELETE FROM versions WHERE rowid IN (SELECT rowid FROM versions WHERE article_id = ?"
        " ORDER BY replaced_at DESC, rowid DESC LIMIT -1 OFFSET ?)",
        (article.id, MOST_VERSIONS),
    )


def versions_of(db: Database, article_id: str) -> list[Version]:
    """The earlier versions of an article, the latest first."""
    rows = db.rows(
        "SELECT article, replaced_at FROM versions WHERE article_id = ?"
        " ORDER BY replaced_at DESC, rowid DESC",
        (article_id,),
    )
    return [
        Version(
            article_of([table[column] for column in ARTICLE_COLUMNS]),
            datetime.fromisoformat(replaced_at),
        )
        for table, replaced_at in ((json.loads(row), at) for row, at in rows)
    ]


def forget_versions(db: Database, article_id: str) -> None:
    """Drop them; inside a transaction."""
    db.write("DELETE FROM versions WHERE article_id = ?", (article_id,))


def forget_orphans(db: Database) -> None:
    """Drop those of articles that are neither there nor can be brought back any more."""
    db.write(
        "DELETE FROM versions WHERE article_id NOT IN (SELECT id FROM articles)"
        " AND article_id NOT IN (SELECT id FROM removed)"
    )
