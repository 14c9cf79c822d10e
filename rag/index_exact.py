"""Exact vector search over the library's own vectors: what is used while Chroma can't be.

Slower than Chroma on a large library, never wrong, and needs no index on disk.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rag.library import Library
from rag.types import Article, Filters

__all__ = ["ExactVectors", "passes"]


class ExactVectors:
    """Reads the vectors from the library at each search."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def search(
        self, vector: npt.NDArray[np.float32], k: int, filters: Filters
    ) -> list[tuple[str, float]]:
        """The k nearest passage ids with their cosine similarity, best first.

        Args:
            vector: float32, (384,), unit length.
            k: how many.
            filters: outlets by their whole names.
        """
        chosen = (
            [a.id for a in self._library.articles() if passes(a, filters)]
            if filters.active
            else None
        )
        rows = list(self._library.vectors(chosen))
        if not rows:
            return []
        scores = np.stack([row for _, row in rows]) @ vector
        best = np.argsort(-scores, kind="stable")[:k]
        return [(rows[i][0], float(scores[i])) for i in best]


def passes(article: Article, filters: Filters) -> bool:
    """Whether an article passes; one without a date passes no date filter."""
    if (filters.since or filters.until) and article.published is None:
        return False
    if filters.since and article.published and article.published < filters.since:
        return False
    if filters.until and article.published and article.published > filters.until:
        return False
    return not filters.outlets or article.outlet in filters.outlets
