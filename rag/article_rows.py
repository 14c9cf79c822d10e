"""How an article is written in a row of the library, and read from one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from rag.types import Article, SkippedSpan

__all__ = ["ARTICLE_COLUMNS", "article_of", "values_of"]

ARTICLE_COLUMNS = (
    "id",
    "source",
    "text",
    "title",
    "outlet",
    "published",
    "byline",
    "url",
    "skipped",
    "content_hash",
)
"""The columns that make an article, in the order of the table."""


def article_of(row: Sequence[Any]) -> Article:
    """The article in a row of these columns."""
    skipped = tuple(SkippedSpan(*span) for span in json.loads(row[8]))
    published = date.fromisoformat(row[5]) if row[5] else None
    return Article(
        id=row[0],
        source=row[1],
        text=row[2],
        title=row[3],
        outlet=row[4],
        published=published,
        byline=row[6],
        url=row[7],
        skipped=skipped,
        content_hash=row[9],
    )


def values_of(article: Article) -> tuple[str | None, ...]:
    """An article as the values of these columns."""
    return (
        article.id,
        article.source,
        article.text,
        article.title,
        article.outlet,
        article.published.isoformat() if article.published else None,
        article.byline,
        article.url,
        json.dumps(article.skipped),
        article.content_hash,
    )
