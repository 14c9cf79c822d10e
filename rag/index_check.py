"""Proves indexes by asking them: a right count says nothing of Chroma."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rag.index_documents import Documents, documents_of
from rag.index_vectors import VectorIndex
from rag.index_words import WordIndex
from rag.library import Library
from rag.types import Filters

__all__ = ["fault_of"]

_NEAR = 0.999
"""Copies of one passage share a vector, so the score decides, not the id."""


def fault_of(folder: Path, library: Library, *, sample: int, facts: bool = False) -> str | None:
    """What is wrong with the indexes in a folder, in one clause; None where nothing is.

    Args:
        folder: with both.
        library: that they were made from.
        sample: how many passages are searched for, by their vectors and by their words.
        facts: also look whether each passage has the outlet and day of its article.

    Raises:
        Exception: whatever the vendors raise.
    """
    vectors, words = VectorIndex(folder / "chroma"), WordIndex(folder / "tantivy")
    try:
        held = library.counts().passages
        if not vectors.count() == words.count() == held:
            return "do not hold what the library holds"
        for documents in _some(library, sample):
            for passage, _, vector in documents.vectors:
                found = vectors.search(vector, 1, Filters())
                if not found or found[0][1] < _NEAR:
                    return f"do not find the passage {passage.id} by its own vector"
            for document in documents.words:
                if not words.holds(document.passage_id, document.text):
                    return f"do not find the passage {document.passage_id} by its own words"
        if facts:
            return _wrong_facts(vectors, library)
    finally:
        vectors.close()
    return None


def _some(library: Library, sample: int) -> Iterator[Documents]:
    """Passages from all over the library: as many of each article that it takes."""
    ids = [row.id for row in library.stored()]
    of_each = -(-sample // max(1, len(ids)))
    for article_id in ids[:: max(1, len(ids) // sample)]:
        yield from islice(documents_of(library, [article_id], 1), of_each)


def _wrong_facts(vectors: VectorIndex, library: Library) -> str | None:
    right = {
        a.id: (a.outlet or "", int(f"{a.published:%Y%m%d}") if a.published else 0)
        for a in library.listing()
    }
    for passage_id, outlet, day in vectors.facts():
        if right.get(passage_id.split(".", 1)[0]) != (outlet, day):
            return f"hold other facts of the passage {passage_id} than the library"
    return None
