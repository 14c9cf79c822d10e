"""The engine: a question in, one `Answer` out. The parts are put together here."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from rag.answering import (
    Outcome,
    Said,
    Understood,
    Withdrawn,
    by_model,
    by_quotation,
    with_rewording,
)
from rag.closing import Closing
from rag.compose import Composer
from rag.conversation import Conversation
from rag.errors import EmptyLibrary, SettingsError
from rag.finder import Finder, Found, all_evidence, all_hits
from rag.follow_up import completed
from rag.indexes import Indexes, Progress
from rag.library import Library
from rag.llm import Completion, Model
from rag.llm_request import Message
from rag.parts import parts_of
from rag.refusal import reason_of
from rag.reply_cache import ReplyCache
from rag.rewording import stand_alone
from rag.settings import Settings
from rag.types import Answer, Citation, Claim, Filters

__all__ = ["Engine", "Step"]

Step = Understood | Said | Withdrawn | Answer
"""What `Engine.stream` gives, the answer last."""

ASK_MODEL_FROM = 0.5
"""Share of `answer_threshold` from which a model is asked at all: it may see an answer where
the reader doubts. On the stories the threshold was learned on, half of it lets 98 % of the
answerable questions through."""
_OF_MODEL = ("model", "usage", "cost_usd", "cached", "dropped", "fault", "model_ms")


class Engine(Closing):
    """Answers questions about one library, from any thread. Use it as a context manager.

    Raises:
        EmptyLibrary: there is nothing to ask.
        LibraryError: the library can't be read.
        ModelError: a model file is missing or altered.
    """

    def __init__(
        self,
        home: Path,
        settings: Settings,
        notify: Callable[[str], None] = lambda _: None,
        model: Model | None = None,
        replies: Path | None = None,
        *,
        progress: Progress = lambda done, total: None,
        wait: bool = True,
    ) -> None:
        """Open a library.

        Args:
            home: where it lives.
            settings: those to answer with.
            notify: is told of long work, such as indexes being rebuilt.
            model: writes the answers; None for quotations. The caller closes it.
            replies: folder where its replies are kept, and found again; None keeps none.
            progress: told how many passages of how many are indexed, where they have to be.
            wait: for indexes that don't fit to be mended; else the library is searched without.
        """
        if not Library.exists(home):
            raise EmptyLibrary(_fill(home))
        self._settings = settings
        self._cache = ReplyCache(replies) if replies else None
        self._composer = Composer(model, settings, self._cache) if model else None
        self.library = Library(home)
        try:
            if self.library.counts().articles == 0:
                raise EmptyLibrary(_fill(home))
            self._indexes = Indexes(home, self.library).open(notify, progress, wait=wait)
            self.finder = Finder(self.library, self._indexes, settings)
        except BaseException:
            self.library.close()
            raise

    @property
    def whole(self) -> bool:
        """Whether it searches indexes, and not the library itself in their stead."""
        return self._indexes.whole

    def under(self, settings: Settings, model: Model | None) -> Engine:
        """An engine on the same open library, with other settings for what is written.

        What is found hangs on the settings this one was opened with. Closing either closes
        both.
        """
        other = copy.copy(self)
        other._settings = settings
        other._composer = Composer(model, settings, self._cache) if model else None
        return other

    def close(self) -> None:
        """Let go of the library and its indexes."""
        self._indexes.close()
        self.library.close()

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        as_of: date | None = None,
        conversation: Conversation | None = None,
    ) -> Answer:
        """Answer a question, or say that the articles do not.

        Args:
            question: in plain words.
            filters: which articles to ask; outlets may be parts of names.
            as_of: only what was published by this day counts.
            conversation: what was asked before, where the question follows that.

        Raises:
            SettingsError: the question is empty, the dates exclude each other, or no
                article is from such an outlet.
        """
        for step in self.stream(question, filters, as_of, conversation):
            if isinstance(step, Answer):
                return step
        raise AssertionError("a stream ends with its answer")

    def stream(
        self,
        question: str,
        filters: Filters | None = None,
        as_of: date | None = None,
        conversation: Conversation | None = None,
    ) -> Iterator[Step]:
        """As `ask`, with each claim of a model as soon as it is certain, then the answer.

        A follow-up's wording that stands alone comes before all of it. After `Withdrawn`, what
        was claimed before it counts for nothing.

        Where the model breaks off, the answer has none of the claims that were given before
        it, and its notes say why.
        """
        started = time.perf_counter()
        question = _checked(question)
        turns = conversation.turns if conversation else ()
        rewordings: list[tuple[Completion, bool]] = []
        asked = stand_alone(question, turns, self._replying(rewordings))
        rewritten = time.perf_counter()
        if asked != question:
            yield Understood(asked)
        filters = self.finder.narrowed(filters or Filters(), as_of)
        parts = completed(parts_of(asked))
        found = [self.finder.find(part, filters) for part in parts]
        written = time.perf_counter()
        outcome = yield from self._outcome(asked, found)
        for reply, cached in rewordings:
            cost = None if cached or not self._composer else self._composer.cost_of(reply)
            outcome = with_rewording(outcome, reply, cost)
        done = time.perf_counter()
        refused = [] if outcome.writer == "model" else [f for f in found if not self._enough(f)]
        answered = outcome.carried
        reasons = [
            reason_of(f.question, f.evidence, f.nearest, filtered=filters.active)
            for f in (refused if answered else found)
        ]
        best = max(found, key=lambda f: f.confidence)
        timings = {
            **{key: sum(f.timings_ms[key] for f in found) for key in found[0].timings_ms},
            "write": (done - written) * 1000 - outcome.model_ms,
            "model": outcome.model_ms + (rewritten - started) * 1000 * bool(rewordings),
            "total": (time.perf_counter() - started) * 1000,
        }
        yield Answer(
            question=question,
            status="answered" if answered else "not_found",
            claims=outcome.claims if answered else (),
            citations=outcome.citations if answered else (),
            nearest=() if answered else self._nearest(best),
            reason=None if answered else " ".join(dict.fromkeys(reasons)),
            disagreements=(),
            hits=all_hits([f.hits for f in found]),
            writer=outcome.writer,
            model=outcome.model,
            as_of=as_of,
            confidence=best.confidence,
            usage=outcome.usage,
            cost_usd=outcome.cost_usd,
            cached=outcome.cached,
            standalone=asked if asked != question else None,
            dropped=outcome.dropped,
            fault=outcome.fault,
            notes=(*_notes(outcome), *(reasons if answered else ())),
            timings_ms=timings,
            settings_hash=self._settings.hash,
        )

    def _replying(
        self, kept: list[tuple[Completion, bool]]
    ) -> Callable[[Sequence[Message]], str] | None:
        """Asks the model and keeps what it replied; None where there is no model."""
        composer = self._composer
        if composer is None:
            return None

        def reply(messages: Sequence[Message]) -> str:
            kept.append(composer.reply(messages))
            return kept[-1][0].text

        return reply

    def _outcome(
        self, question: str, found: Sequence[Found]
    ) -> Generator[Said | Withdrawn, None, Outcome]:
        """The model's, where there is one and anything to show it; else quotations."""
        composed: Outcome | None = None
        if self._composer and any(self._enough(f, ASK_MODEL_FROM) for f in found):
            evidence = all_evidence([f.evidence for f in found])
            for step in by_model(
                self._composer, question, evidence, self._settings, self.library.article
            ):
                if isinstance(step, Outcome):
                    composed = step
                else:
                    yield step
        if composed and (composed.carried or not (composed.fault or composed.dropped)):
            return composed
        outcome = self._quoted([f for f in found if self._enough(f)])
        if composed is None:
            return outcome
        kept = {name: getattr(composed, name) for name in _OF_MODEL}
        return replace(outcome, **kept)

    def _quoted(self, found: Sequence[Found]) -> Outcome:
        claims: list[Claim] = []
        citations: list[Citation] = []
        known: set[tuple[str, int]] = set()
        for one in found:
            fresh = [e for e in one.evidence if (e.article.id, e.sentence.start) not in known]
            outcome = by_quotation(
                fresh, self._settings, self.library.article, first=len(citations) + 1
            )
            claims += outcome.claims
            citations += outcome.citations
            known |= {(c.article_id, c.start) for c in outcome.citations}
        return Outcome(tuple(claims), tuple(citations))

    def _nearest(self, found: Found) -> tuple[Citation, ...]:
        evidence, article = found.evidence, self.library.article
        return by_quotation(evidence, self._settings, article, everything=True).citations

    def _enough(self, found: Found, share: float = 1.0) -> bool:
        threshold = self._settings.answer_threshold * share
        return bool(found.evidence) and found.confidence >= threshold


def _checked(question: str) -> str:
    question = " ".join(question.split())
    try:
        question.encode()
    except UnicodeEncodeError:
        raise SettingsError("The question is not valid text; check its encoding.") from None
    if not any(c.isalnum() for c in question):
        raise SettingsError("The question is empty; put it in quotation marks after `ask`.")
    return question


def _notes(outcome: Outcome) -> tuple[str, ...]:
    quoted = " What follows is quoted." if outcome.claims else ""
    if outcome.fault:
        return (f"{outcome.fault}{quoted}",)
    if outcome.writer == "quotes" and outcome.dropped:
        return (f"Nothing that the model wrote is carried by the articles.{quoted}",)
    return ()


def _fill(home: Path) -> str:
    return (
        f"The library in {home} has no articles yet; fill it with `citewire ingest FOLDER`, or"
        " see `citewire demo`."
    )
