"""Articles, answers and questions, made by hand, for tests of the eval suite."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from eval.asked import Asked, Ranking
from eval.questions.cases import Case
from eval.questions.gold_words import Answering, Span
from rag.types import Answer, Article, Citation, Claim, Support

TEXT = (
    "Fourteen people were hurt when the ferry struck the pier on Thursday. "
    "Captain Ilya Brandt was at the helm, the harbour master said. "
    "The operator had not overhauled the rudder. "
    "The inquiry will cost 12 million crowns."
)
SENTENCES = tuple(s.strip() + "." for s in TEXT.rstrip(".").split(". "))


def article(
    text: str = TEXT, article_id: str = "a1", outlet: str | None = "Harbour Post"
) -> Article:
    return Article(
        id=article_id,
        source=f"/news/{article_id}_ferry.txt",
        text=text,
        title="Ferry strikes pier",
        outlet=outlet,
        published=date(2024, 5, 3),
        byline=None,
        url=None,
        skipped=(),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def span(n: int, of: Article) -> Span:
    start = of.text.index(SENTENCES[n])
    return Span(of.id, start, start + len(SENTENCES[n]))


def cite(n: int, sentence: int, of: Article) -> Citation:
    where = span(sentence, of)
    return Citation(
        n=n,
        article_id=of.id,
        start=where.start,
        end=where.end,
        quote=of.text[where.start : where.end],
        outlet=of.outlet,
        title=of.title,
        published=of.published,
        source=of.source,
        origin=None,
        context_start=where.start,
        context_end=where.end,
    )


def claim(text: str, *numbers: int, support: Support = "supported") -> Claim:
    return Claim(text, numbers, support)


def quoted(citation: Citation) -> Claim:
    return claim(f"Harbour Post, 3 May 2024: “{citation.quote}”", citation.n, support="verbatim")


def answer(claims: Sequence[Claim], citations: Sequence[Citation]) -> Answer:
    return Answer(
        question="Who?",
        status="answered" if claims else "not_found",
        claims=tuple(claims),
        citations=tuple(citations),
        nearest=(),
        reason=None if claims else "The articles do not say.",
        disagreements=(),
        hits=(),
        writer="quotes",
        model=None,
        as_of=None,
        confidence=0.5,
        timings_ms={"total": 1.0},
    )


def asked(
    claims: Sequence[Claim],
    citations: Sequence[Citation],
    gold: Sequence[int] = (1,),
    case: Case | None = None,
    of: Article | None = None,
) -> Asked:
    """A question whose gold are these sentences of the article."""
    of = of or article()
    spans = tuple(span(n, of) for n in gold)
    return Asked(
        case=case or Case(id="q", question="Who?", kind="who"),
        answer=answer(claims, citations),
        error=None,
        unscored=None,
        answering=Answering((("a1", spans),), frozenset({"p1"}), exact=True),
        retrieval=Ranking(("p2", "p1"), {"p1": 1}),
        articles={of.id: of},
        facts={},
        found_on={},
        milliseconds=1.0,
    )


def refused(one: Asked) -> Asked:
    return replace(one, answer=answer([], []))
