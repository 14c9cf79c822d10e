"""The engine: a question in, one `Answer` out. The parts are put together here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.closing import Closing
from rag.embed import Embedder
from rag.errors import EmptyLibrary, SettingsError
from rag.evidence import find_evidence
from rag.indexes import Indexes
from rag.library import Library
from rag.reader import Reader
from rag.refusal import reason_of
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.signals import Question, analyse
from rag.types import Answer, Evidence, Filters, Hit
from rag.verify import verify
from rag.write import choose, cite, quote_claims

__all__ = ["Engine", "Retrieved"]


FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found for a question, before anything is written."""

    question: Question
    hits: tuple[Hit, ...]
    evidence: tuple[Evidence, ...]
    confidence: float
    """How likely an answer is among the evidence, 0 to 1."""
    nearest: float
    """The best cosine of question and sentence, 0 where nothing was found."""
    timings_ms: dict[str, float]


class Engine(Closing):
    """Answers questions about one library. Use it as a context manager, from one thread.

    Raises:
        EmptyLibrary: there is nothing to ask.
        LibraryError: the library can't be read.
        ModelError: a model file is missing or altered.
    """

    def __init__(
        self, home: Path, settings: Settings, notify: Callable[[str], None] = lambda _: None
    ) -> None:
        if not Library.exists(home):
            raise EmptyLibrary(_fill(home))
        self._settings = settings
        self.library = Library(home)
        try:
            if self.library.counts().articles == 0:
                raise EmptyLibrary(_fill(home))
            self._indexes = Indexes(home, self.library).open(notify)
            self._embedder = Embedder(settings.threads)
            self._reader = Reader(settings.threads)
        except BaseException:
            self.library.close()
            raise

    def close(self) -> None:
        """Let go of the library and its indexes."""
        self._indexes.close()
        self.library.close()

    def ask(
        self, question: str, filters: Filters | None = None, as_of: date | None = None
    ) -> Answer:
        """Answer a question, or say that the articles do not.

        Args:
            question: in plain words.
            filters: which articles to ask; outlets may be parts of names.
            as_of: only what was published by this day counts.

        Raises:
            SettingsError: the question is empty, the dates exclude each other, or no
                article is from such an outlet.
        """
        started = time.perf_counter()
        question = " ".join(question.split())
        try:
            question.encode()
        except UnicodeEncodeError:
            raise SettingsError("The question is not valid text; check its encoding.") from None
        if not any(c.isalnum() for c in question):
            raise SettingsError("The question is empty; put it in quotation marks after `ask`.")
        filters = self._resolved(filters or Filters(), as_of)
        found = self.retrieve(question, filters)
        written = time.perf_counter()
        settings = self._settings
        enough = bool(found.evidence) and found.confidence >= settings.answer_threshold
        chosen = choose(
            found.evidence, settings.max_quotes, settings.quote_share if enough else 1.0
        )
        citations = cite(chosen)
        checked = time.perf_counter()
        claims, sound = verify(quote_claims(citations), citations, self.library.article)
        answered = enough and bool(claims)
        done = time.perf_counter()
        timings = {
            **found.timings_ms,
            "write": (checked - written) * 1000,
            "verify": (done - checked) * 1000,
            "total": (done - started) * 1000,
        }
        return Answer(
            question=question,
            status="answered" if answered else "not_found",
            claims=claims if answered else (),
            citations=sound if answered else (),
            nearest=() if answered else sound,
            reason=None
            if answered
            else reason_of(found.question, found.evidence, found.nearest, filtered=filters.active),
            disagreements=(),
            hits=found.hits,
            writer="quotes",
            model=None,
            as_of=as_of,
            confidence=found.confidence,
            timings_ms=timings,
            settings_hash=settings.hash,
        )

    def search(
        self, question: str, filters: Filters | None = None, as_of: date | None = None
    ) -> tuple[Hit, ...]:
        """Every passage that either index finds for a question, best first.

        Deeper than what `ask` weighs: up to twice the setting `pool`.

        Raises:
            SettingsError: as for `ask`.
        """
        vector = self._embedder.embed([question])[0]
        settings = self._settings
        return self._hits(
            question, vector, self._resolved(filters or Filters(), as_of), 2 * settings.pool
        )

    def retrieve(self, question: str, filters: Filters) -> Retrieved:
        """Passages and sentences for a question; the filters' outlets are whole names."""
        began = time.perf_counter()
        vector = self._embedder.embed([question])[0]
        embedded = time.perf_counter()
        hits = self._hits(question, vector, filters, self._settings.passages)
        searched = time.perf_counter()
        words = self._indexes.words
        taken = analyse(question, words.frequency, words.count()) if words else analyse(question)
        evidence, confidence, nearest = find_evidence(
            taken, vector, hits, self.library, self._reader, self._settings.read_windows
        )
        timings = {
            "embed": (embedded - began) * 1000,
            "retrieve": (searched - embedded) * 1000,
            "evidence": (time.perf_counter() - searched) * 1000,
        }
        return Retrieved(taken, hits, evidence, confidence, nearest, timings)

    def _hits(self, question: str, vector: FloatArray, filters: Filters, k: int) -> tuple[Hit, ...]:
        settings = self._settings
        return retrieve(
            question,
            vector,
            self.library,
            self._indexes,
            filters,
            pool=settings.pool,
            dense_weight=settings.dense_weight,
            k=k,
        )

    def _resolved(self, filters: Filters, as_of: date | None) -> Filters:
        until = min(filter(None, (filters.until, as_of)), default=None)
        if filters.since and until and filters.since > until:
            raise SettingsError(
                f"No day is both after {filters.since} and before {until}; check the dates."
            )
        if not filters.outlets:
            return replace(filters, until=until)
        known = self.library.outlets()
        names: list[str] = []
        for wanted in filters.outlets:
            matching = [o for o in known if wanted.casefold() in o.casefold()]
            if not matching:
                listed = ", ".join(repr(o) for o in known[:8]) or "none is known"
                raise SettingsError(f"No article is from {wanted!r}. Outlets: {listed}.")
            names += matching
        return replace(filters, until=until, outlets=tuple(dict.fromkeys(names)))


def _fill(home: Path) -> str:
    return (
        f"The library in {home} has no articles yet; fill it with `citewire ingest FOLDER`, or"
        " see `citewire demo`."
    )
