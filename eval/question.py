"""One asked question as a row of the results, with what went wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eval.asked import Asked
from eval.metrics.citations import not_carried
from eval.metrics.quotes import fault_of
from eval.questions.gold_words import Shelf, Span
from eval.results import CitedWords, ClaimResult, Fault, GoldWords, Part, QuestionResult
from rag.reading import fold
from rag.types import Citation

__all__ = ["question_result"]

_MOST_GOLD = 6
"""Gold sentences shown of one question."""
_SOUND = (
    "quotes verbatim",
    "markers sound",
    "claims carried",
    "attribution right",
    "as of kept",
)
"""Where a question is not full in one of these, a citation of it does not hold."""


def question_result(asked: Asked, parts: Mapping[str, Part], shelf: Shelf) -> QuestionResult:
    """Everything that is kept of a question.

    Args:
        asked: the question.
        parts: what it adds to each score.
        shelf: the library's articles.
    """
    case, answer = asked.case, asked.answer
    shown = (*answer.citations, *answer.nearest) if answer else ()
    return QuestionResult(
        id=case.id,
        question=case.question,
        kind=case.kind,
        tags=tuple(sorted(case.tags)),
        abstain=case.abstain,
        as_of=case.as_of.isoformat() if case.as_of else None,
        gold_hash=case.hash,
        expected=_expected(asked),
        supports=_supports(asked, shelf),
        status=answer.status if answer else "error" if asked.error else "not_asked",
        error=asked.error,
        unscored=asked.unscored,
        confidence=round(answer.confidence, 6) if answer else None,
        answer=answer.text if answer else "",
        claims=tuple(
            ClaimResult(c.text, c.citations, c.support, not_carried(c, asked))
            for c in (answer.claims if answer else ())
        ),
        citations=tuple(_cited(c, asked) for c in shown),
        parts=dict(parts),
        wrong=wrong_of(asked, parts),
    )


def wrong_of(asked: Asked, parts: Mapping[str, Part]) -> Fault | None:  # noqa: PLR0911
    """The first part of the program that failed the question, or None."""
    if asked.error is not None:
        return "error"
    if asked.unscored is not None:
        return "unscored"
    if asked.answer is None:
        return "retrieval" if parts and not _full(parts, "recall@10") else None
    if not _full(parts, *_SOUND):
        return "citation"
    if asked.case.abstain:
        return "abstention" if asked.answered else None
    found = "right sentence" if asked.answering.exact else "right article"
    if asked.answered and _full(parts, found, "all sides cited"):
        return None if _full(parts, "answer correct") else "answer"
    correct = "answer correct" in parts and _full(parts, "answer correct")
    if asked.answered and not asked.answering.exact and correct:
        # Where no sentence is named, the accepted answer in another article is no mistake.
        return None
    judged = asked.retrieval
    if judged and not any(judged.grades.get(i, 0) > 0 for i in judged.ranked):
        return "retrieval"
    nearest = asked.answer.nearest if asked.answer else ()
    at_hand = any(asked.answering.holds(Span(c.article_id, c.start, c.end)) for c in nearest)
    return "abstention" if not asked.answered and at_hand else "evidence"


def _full(parts: Mapping[str, Part], *names: str) -> bool:
    """Whether the question got all it could in these scores, as far as it counts in them."""
    return all(parts[name][0] >= parts[name][1] for name in names if name in parts)


def _expected(asked: Asked) -> tuple[str, ...]:
    case = asked.case
    if case.abstain:
        return ("The articles do not say.",)
    if case.yes_no:
        return (case.yes_no,)
    return tuple(" or ".join(map(str, group)) for group in case.accept)


def _supports(asked: Asked, shelf: Shelf) -> tuple[GoldWords, ...]:
    if not asked.answering.exact:
        named = dict.fromkeys(span.article_id for span in asked.answering.spans)
        files = [Path(shelf.article(i).source).name for i in named]
        return tuple(GoldWords(file, "(the article as a whole)") for file in files[:_MOST_GOLD])
    words: list[GoldWords] = []
    for span in asked.answering.spans[:_MOST_GOLD]:
        article = shelf.article(span.article_id)
        words.append(
            GoldWords(Path(article.source).name, fold(article.text[span.start : span.end]))
        )
    return tuple(words)


def _cited(citation: Citation, asked: Asked) -> CitedWords:
    article = asked.articles.get(citation.article_id)
    before = after = ""
    if article is not None:
        before = fold(article.text[citation.context_start : citation.start])
        after = fold(article.text[citation.end : citation.context_end])
    return CitedWords(
        n=citation.n,
        file=Path(citation.source).name,
        title=citation.title,
        outlet=citation.outlet,
        published=citation.published.isoformat() if citation.published else None,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        before=before,
        after=after,
        fault=fault_of(citation, article),
        gold=asked.answering.holds(Span(citation.article_id, citation.start, citation.end)),
    )
