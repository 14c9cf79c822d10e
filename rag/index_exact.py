"""Exact vector search over the library's own vectors: what is used while Chroma can't be.

Slower than Chroma on a large library, never wrong, and needs no index on disk.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.library import Library, ListedArticle
from rag.types import Filters

__all__ = ["ExactVectors"]


class _Read(NamedTuple):
    generation: int
    ids: list[str]
    articles: list[str]
    """Each passage's article."""
    vectors: npt.NDArray[np.float32]
    """float32, (n, 384), unit length."""


class ExactVectors:
    """Reads the vectors from the library when it has changed; 1.5 kB a passage."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._reading = threading.Lock()
        self._last: _Read | None = None

    def search(
        self, vector: npt.NDArray[np.float32], k: int, filters: Filters
    ) -> list[tuple[str, float]]:
        """The k nearest passage ids with their cosine similarity, best first.

        Args:
            vector: float32, (384,), unit length.
            k: how many.
            filters: outlets by their whole names.
        """
        read = self._read()
        rows = np.arange(len(read.ids))
        if filters.active:
            chosen = {a.id for a in self._library.listing() if _passes(a, filters)}
            rows = np.flatnonzero([article in chosen for article in read.articles])
        if not len(rows):
            return []
        scores = read.vectors[rows] @ vector
        best = np.argsort(-scores, kind="stable")[:k]
        return [(read.ids[rows[i]], float(scores[i])) for i in best]

    def _read(self) -> _Read:
        with self._reading:
            generation = self._library.generation
            if self._last is None or self._last.generation != generation:
                found = list(self._library.vectors())
                ids = [passage_id for passage_id, _ in found]
                articles = [passage_id.split(".", 1)[0] for passage_id in ids]
                vectors = np.stack([v for _, v in found]) if found else np.empty((0, 384), "f4")
                self._last = _Read(generation, ids, articles, vectors)
            return self._last


def _passes(article: ListedArticle, filters: Filters) -> bool:
    """Whether an article passes; one without a date passes no date filter."""
    if (filters.since or filters.until) and article.published is None:
        return False
    if filters.since and article.published and article.published < filters.since:
        return False
    if filters.until and article.published and article.published > filters.until:
        return False
    return not filters.outlets or article.outlet in filters.outlets
