"""Whether the words that an answer cited still are their article's, and where they were if not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from rag.errors import NotFound
from rag.library_reading import LibraryReading
from rag.types import Article, Citation

__all__ = ["Change", "CitedArticle", "as_cited", "changed_since", "mark_of"]

Change = Literal["changed", "gone"]
"""What has become of the article of a citation."""


class CitedArticle(NamedTuple):
    """An article as it was when its words were cited."""

    article: Article
    replaced_at: datetime | None
    """When another text took its place, in UTC; None for the text of today."""
    found: bool
    """Whether the words are there; if not, the article is as it is today."""


def mark_of(words: str) -> str:
    """What cited words are known again by in an address: 16 hexadecimal digits."""
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def as_cited(
    library: LibraryReading, article_id: str, start: int, end: int, mark: str
) -> CitedArticle:
    """The version of an article that has the cited words in their place; the latest such one.

    Args:
        library: that has it.
        article_id: its id.
        start: offset of the words' first character.
        end: offset after their last.
        mark: of the words, as `mark_of` gives it.

    Raises:
        NotFound: there is no such article.
    """
    article = library.article(article_id)
    if mark_of(article.text[start:end]) == mark:
        return CitedArticle(article, None, True)
    for version in library.versions(article.id):
        if mark_of(version.article.text[start:end]) == mark:
            return CitedArticle(version.article, version.replaced_at, True)
    return CitedArticle(article, None, False)


def changed_since(library: LibraryReading, citations: Iterable[Citation]) -> dict[Citation, Change]:
    """Those whose words are not in their place any more, and why."""
    texts: dict[str, str | None] = {}
    changed: dict[Citation, Change] = {}
    for cited in citations:
        if cited.article_id not in texts:
            try:
                texts[cited.article_id] = library.article(cited.article_id).text
            except NotFound:
                texts[cited.article_id] = None
        text = texts[cited.article_id]
        if text is None:
            changed[cited] = "gone"
        elif text[cited.start : cited.end] != cited.quote:
            changed[cited] = "changed"
    return changed
