"""Finding what may answer a question: passages first, then their sentences."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, zip_longest

import numpy as np
import numpy.typing as npt

from rag.embed import Embedder
from rag.errors import SettingsError
from rag.evidence import find_evidence
from rag.indexes import OpenIndexes
from rag.library import Library
from rag.reader import Reader
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.signals import Question, analyse
from rag.types import Evidence, Filters, Hit

__all__ = ["Finder", "Found", "all_evidence", "all_hits"]

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a question, before anything is written."""

    question: Question
    hits: tuple[Hit, ...]
    evidence: tuple[Evidence, ...]
    confidence: float
    """How likely an answer is among the evidence, 0 to 1."""
    nearest: float
    """The best cosine of question and sentence, 0 where nothing was found."""
    timings_ms: dict[str, float]


class Finder:
    """Finds in one library, with its indexes."""

    def __init__(self, library: Library, indexes: OpenIndexes, settings: Settings) -> None:
        """Load the models.

        Raises:
            ModelError: a model file is missing or altered.
        """
        self._library = library
        self._indexes = indexes
        self._settings = settings
        # Beyond the processors more at once would only take turns at the interpreter's lock.
        self._turns = threading.BoundedSemaphore(settings.threads)
        self._embedder = Embedder(settings.threads)
        self._reader = Reader(settings.threads)

    def search(
        self, question: str, filters: Filters | None = None, as_of: date | None = None
    ) -> tuple[Hit, ...]:
        """Every passage that either index finds for a question, best first.

        Deeper than what answers are chosen from: up to twice the setting `pool`.

        Raises:
            SettingsError: as for `narrowed`.
        """
        vector = self._embedder.embed([question])[0]
        narrowed = self.narrowed(filters or Filters(), as_of)
        return self._hits(question, vector, narrowed, 2 * self._settings.pool)

    def find(self, question: str, filters: Filters) -> Found:
        """Passages and sentences for a question; the filters' outlets are whole names.

        From any thread; as many find at once as the setting `threads` says.
        """
        with self._turns:
            return self._find(question, filters)

    def _find(self, question: str, filters: Filters) -> Found:
        began = time.perf_counter()
        vector = self._embedder.embed([question])[0]
        embedded = time.perf_counter()
        hits = self._hits(question, vector, filters, self._settings.passages)
        searched = time.perf_counter()
        words = self._indexes.words
        taken = analyse(question, words.frequency, words.count()) if words else analyse(question)
        evidence, confidence, nearest = find_evidence(
            taken, vector, hits, self._library, self._reader, self._settings.read_windows
        )
        timings = {
            "embed": (embedded - began) * 1000,
            "retrieve": (searched - embedded) * 1000,
            "evidence": (time.perf_counter() - searched) * 1000,
        }
        return Found(taken, hits, evidence, confidence, nearest, timings)

    def _hits(self, question: str, vector: FloatArray, filters: Filters, k: int) -> tuple[Hit, ...]:
        settings = self._settings
        return retrieve(
            question,
            vector,
            self._library,
            self._indexes,
            filters,
            pool=settings.pool,
            dense_weight=settings.dense_weight,
            k=k,
        )

    def narrowed(self, filters: Filters, as_of: date | None) -> Filters:
        """The filters with whole names of outlets, and nothing published after `as_of`.

        Raises:
            SettingsError: the dates exclude each other, or no article is from such an outlet.
        """
        until = min(filter(None, (filters.until, as_of)), default=None)
        if filters.since and until and filters.since > until:
            raise SettingsError(
                f"No day is both after {filters.since} and before {until}; check the dates."
            )
        if not filters.outlets:
            return replace(filters, until=until)
        known = self._library.outlets()
        names: list[str] = []
        for wanted in filters.outlets:
            matching = [o for o in known if wanted.casefold() in o.casefold()]
            if not matching:
                listed = ", ".join(repr(o) for o in known[:8]) or "none is known"
                raise SettingsError(f"No article is from {wanted!r}. Outlets: {listed}.")
            names += matching
        return replace(filters, until=until, outlets=tuple(dict.fromkeys(names)))


def all_evidence(rankings: Sequence[Sequence[Evidence]]) -> list[Evidence]:
    """Several questions' evidence: the first of each, then the second of each; none twice."""
    rows = chain.from_iterable(zip_longest(*rankings))
    return list({(e.article.id, e.sentence.start): e for e in rows if e}.values())


def all_hits(rankings: Sequence[tuple[Hit, ...]]) -> tuple[Hit, ...]:
    """Several questions' passages as one ranking, the best of each first."""
    if len(rankings) == 1:
        return rankings[0]
    rows = chain.from_iterable(zip_longest(*rankings))
    first: dict[str, Hit] = {}
    for hit in rows:
        if hit:
            first.setdefault(hit.passage.id, hit)
    return tuple(replace(hit, rank=n) for n, hit in enumerate(first.values(), start=1))
