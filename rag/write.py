"""Writers: from evidence to a draft answer.

The `quotes` writer needs no model: it quotes one to three sentences, each introduced by
outlet and date, best first, and no more than are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rag.reading import fold, long_date
from rag.types import Article, Citation, Claim, Evidence

__all__ = ["choose", "cite", "introduce", "quote_claims"]


def choose(
    evidence: Sequence[Evidence], max_quotes: int, quote_share: float
) -> tuple[Evidence, ...]:
    """The sentences to quote: from the best on, until they hold enough belief.

    A sentence whose words another already quoted has is passed over: reports copy one
    another, and the same quotation twice tells a reader nothing.
    """
    chosen: list[Evidence] = []
    held = 0.0
    for item in evidence:
        if len(chosen) == max_quotes or (chosen and held >= quote_share):
            break
        held += item.share
        words = _words(item)
        if not any(words <= _words(other) for other in chosen):
            chosen.append(item)
    return tuple(chosen)


def cite(evidence: Sequence[Evidence], first: int = 1) -> tuple[Citation, ...]:
    """Citations numbered on from `first`, each quote cut out of its article."""
    return tuple(
        Citation(
            n=n,
            article_id=item.article.id,
            start=item.sentence.start,
            end=item.sentence.end,
            quote=item.article.text[item.sentence.start : item.sentence.end],
            outlet=item.article.outlet,
            title=item.article.title,
            published=item.article.published,
            source=item.article.source,
            origin=None,
            context_start=item.context_start,
            context_end=item.context_end,
            answer_start=item.answer[0] if item.answer else None,
            answer_end=item.answer[1] if item.answer else None,
        )
        for n, item in enumerate(evidence, start=first)
    )


def quote_claims(citations: Sequence[Citation]) -> tuple[Claim, ...]:
    """One claim a citation: who said it and when, then the words."""
    return tuple(
        Claim(
            f"{introduce(c.outlet, c.published, c.source)}: {_quoted(fold(c.quote))}",
            (c.n,),
            "verbatim",
        )
        for c in citations
    )


def introduce(outlet: str | None, published: date | None, source: str) -> str:
    """Outlet and date as a reader expects them, saying so where either is unknown."""
    name = outlet or f"Unknown outlet ({Path(source).name})"
    return f"{name}, {long_date(published)}"


def _quoted(text: str) -> str:
    # A sentence that is itself a quotation keeps its marks, inside ours.
    return f"“{text}”"


def _words(item: Evidence) -> frozenset[str]:
    text: str = _text(item.article, item)
    return frozenset(text.casefold().split())


def _text(article: Article, item: Evidence) -> str:
    return fold(article.text[item.sentence.start : item.sentence.end])
