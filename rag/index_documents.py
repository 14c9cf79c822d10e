"""What the indexes are given of an article's passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag.index_vectors import VectorDocument
from rag.index_words import WordDocument
from rag.library import Library
from rag.reading import context_line, reading_text
from rag.types import Article, Passage

__all__ = ["Documents", "documents_of", "passage_text"]


class Documents(NamedTuple):
    """The same passages for both sides."""

    vectors: list[VectorDocument]
    words: list[WordDocument]


def documents_of(library: Library, article_ids: Sequence[str], at_most: int) -> Iterator[Documents]:
    """All passages of the articles, so many at a time."""
    batch = Documents([], [])
    for article_id in article_ids:
        article = library.article(article_id)
        vectors = dict(library.vectors([article_id]))
        for passage in library.passages(vectors).values():
            batch.vectors.append(VectorDocument(passage, article, vectors[passage.id]))
            batch.words.append(
                WordDocument(
                    passage.id,
                    article.id,
                    passage_text(article, passage),
                    article.outlet or "",
                    article.day_number,
                )
            )
            if len(batch.words) == at_most:
                yield batch
                batch = Documents([], [])
    if batch.words:
        yield batch


def passage_text(article: Article, passage: Passage) -> str:
    """What the embedder and the word index are given: title, outlet and date, then the text."""
    text = reading_text(article, passage.start, passage.end)
    context = context_line(article)
    return f"{context}\n{text}" if context else text
