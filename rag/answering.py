"""From evidence to claims: by quotation, or by a model whose every sentence is checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from rag.compose import Composer, Draft, Written
from rag.draft import ThoughtAloud
from rag.errors import ProviderError
from rag.llm import Completion
from rag.settings import Settings
from rag.types import Article, Citation, Claim, Dropped, Evidence
from rag.verify import verify
from rag.write import choose, cite, quote_claims

__all__ = [
    "Outcome",
    "Said",
    "Understood",
    "Withdrawn",
    "by_model",
    "by_quotation",
    "with_rewording",
]


class Said(NamedTuple):
    """A claim as soon as it is certain, with the citations that no claim before it has."""

    claim: Claim
    citations: tuple[Citation, ...]


class Understood(NamedTuple):
    """How a follow-up was put, given before anything is claimed."""

    question: str


class Withdrawn(NamedTuple):
    """What was claimed so far was a model thinking aloud; the answer only begins."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is claimed, and how it came about."""

    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    writer: str = "quotes"
    model: str | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    cost_usd: float | None = None
    cached: bool = False
    dropped: tuple[Dropped, ...] = ()
    fault: str | None = None
    """Why there is no whole answer of the model's."""
    model_ms: float = 0.0
    """Time spent waiting for the model."""

    @property
    def carried(self) -> bool:
        """Whether any claim is carried by the articles."""
        return any(claim.support != "unsupported" for claim in self.claims)


def by_quotation(
    evidence: Sequence[Evidence],
    settings: Settings,
    article: Callable[[str], Article],
    *,
    everything: bool = False,
    first: int = 1,
) -> Outcome:
    """Quote the best sentences.

    Args:
        evidence: best first.
        settings: how many.
        article: gives the stored article of an id.
        everything: as many as may be, however sure the first is.
        first: the number of the first citation.
    """
    share = 1.0 if everything else settings.quote_share
    citations = cite(choose(evidence, settings.max_quotes, share), first)
    return Outcome(*verify(quote_claims(citations), citations, article))


def by_model(
    composer: Composer,
    question: str,
    evidence: Sequence[Evidence],
    settings: Settings,
    article: Callable[[str], Article],
) -> Iterator[Said | Withdrawn | Outcome]:
    """Have a model write.

    Args:
        composer: asks it.
        question: to be answered.
        evidence: best first.
        settings: what becomes of what is not carried.
        article: gives the stored article of an id.

    Yields:
        Claims as they are certain, then the outcome. Where the model failed, that has no
        claims, whatever was given before, and its `fault` says why.

    Raises:
        SettingsError: there is no room for any evidence.
    """
    book = _Book(article)
    claims: list[Claim] = []
    refuted: list[Dropped] = []
    draft: Draft | None = None
    began = time.perf_counter()
    try:
        for item in composer.compose(question, evidence):
            if isinstance(item, Draft):
                draft = item
                continue
            if isinstance(item, ThoughtAloud):
                if claims:
                    yield Withdrawn()
                book, claims, refuted = _Book(article), [], []
                continue
            said = book.enter(item) if isinstance(item, Written) else None
            if isinstance(item, Dropped) and settings.unsupported == "mark":
                said = Said(Claim(item.text, (), "unsupported"), ())
            if said is not None:
                claims.append(said.claim)
                yield said
            elif isinstance(item, Written):
                refuted.append(Dropped(item.text, ("a citation that holds",)))
    except ProviderError as exc:
        waited = (time.perf_counter() - began) * 1000
        yield Outcome((), (), fault=str(exc), model_ms=waited)
        return
    if draft is None:
        return
    reply = draft.completion
    yield Outcome(
        claims=tuple(claims),
        citations=tuple(book.citations),
        writer="model",
        model=reply.model,
        usage={
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
        },
        cost_usd=None if draft.cached else composer.cost_of(reply),
        cached=draft.cached,
        dropped=(*draft.dropped, *refuted),
        model_ms=draft.waited_s * 1000,
    )


def with_rewording(outcome: Outcome, reply: Completion, cost_usd: float | None) -> Outcome:
    """The outcome with the tokens and the cost of putting the question anew."""
    took = {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
    }
    costs = [cost for cost in (outcome.cost_usd, cost_usd) if cost is not None]
    return replace(
        outcome,
        model=outcome.model or reply.model,
        usage={key: outcome.usage.get(key, 0) + tokens for key, tokens in took.items()},
        cost_usd=sum(costs) if costs else None,
    )


class _Book:
    """The citations of an answer as it grows: a sentence keeps the number it first got."""

    def __init__(self, article: Callable[[str], Article]) -> None:
        self.citations: list[Citation] = []
        self._article = article
        self._numbers: dict[tuple[str, int], int] = {}

    def enter(self, written: Written) -> Said | None:
        """The sentence as a claim; None where a citation does not hold."""
        new = [e for e in written.evidence if _place(e) not in self._numbers]
        added = cite(new, len(self.citations) + 1)
        numbers = {**self._numbers, **{_place(e): c.n for e, c in zip(new, added, strict=True)}}
        claim = Claim(
            written.text, tuple(numbers[_place(e)] for e in written.evidence), "supported"
        )
        kept, _ = verify([claim], [*self.citations, *added], self._article)
        if not kept:
            return None
        self._numbers = numbers
        self.citations += added
        return Said(claim, added)


def _place(evidence: Evidence) -> tuple[str, int]:
    return evidence.article.id, evidence.sentence.start
