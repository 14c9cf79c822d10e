"""Each passage asked for by its own vector and its own words: what sound indexes find."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rag.index_documents import documents_of
from rag.indexes import Indexes
from rag.library import Library
from rag.types import Filters

__all__ = ["wrong_self_queries"]


def wrong_self_queries(home: Path, told: list[str] | None = None, every: int = 1) -> list[str]:
    """Ids of the passages that the indexes, opened as for a question, do not find.

    Args:
        home: the library's directory.
        told: gets what the indexes told when they were opened.
        every: asks each n-th article only.
    """
    wrong = []
    with Library(home) as library:
        opened = Indexes(home, library).open((told if told is not None else []).append)
        try:
            vectors = dict(library.vectors())
            ids = [row.id for row in library.stored()][::every]
            for documents in documents_of(library, ids, 1000):
                for (passage, _, vector), words in zip(*documents, strict=True):
                    found = opened.vectors.search(vector, 3, Filters())
                    # Passages with the very same words have the very same vector.
                    same = [
                        i for i, _ in found if i in vectors and np.array_equal(vectors[i], vector)
                    ]
                    known = opened.words is None or opened.words.holds(passage.id, words.text)
                    if not same or found[0][1] < 0.999 or not known:
                        wrong.append(passage.id)
            if opened.words is None:
                wrong.append("no word index")
        finally:
            opened.close()
    return wrong
