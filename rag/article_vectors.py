"""What is embedded of an article: the same whether it is ingested or corrected."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rag.embed import Embedder
from rag.indexes import passage_text
from rag.library import ArticleVectors
from rag.reading import fold, reading_text
from rag.types import Article, Passage, Sentence

__all__ = ["vectors_of"]


def vectors_of(
    article: Article,
    sentences: Sequence[Sentence],
    passages: Sequence[Passage],
    embedder: Embedder,
    progress: Callable[[int], None] | None = None,
) -> ArticleVectors:
    """Embed an article's passages, and its sentences alone and after its title.

    Args:
        article: whose they are.
        sentences: all of them.
        passages: all of them.
        embedder: embeds.
        progress: as of `Embedder.embed`.
    """
    alone = [reading_text(article, s.start, s.end) for s in sentences]
    title = f"{fold(article.title)}. " if article.title else ""
    texts = [passage_text(article, p) for p in passages]
    texts += [*alone, *(title + text for text in alone)]
    of_passages, of_sentences, titled = np.split(
        embedder.embed(texts, progress), [len(passages), len(passages) + len(sentences)]
    )
    return ArticleVectors(sentences, of_sentences, titled, passages, of_passages)
