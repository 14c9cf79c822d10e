"""Evidence: whether a sentence, or an article, that the gold names is among those cited.

Over answerable questions; a refusal counts as wrong but in the scores "when answered".
"""

from __future__ import annotations

from collections.abc import Callable

from eval.asked import Asked
from eval.metrics.metric import Metric, share
from eval.results import Part

__all__ = ["METRICS", "right_article", "right_sentence"]


def right_sentence(asked: Asked) -> Part | None:
    """1 where a sentence that the gold names is cited."""
    if asked.case.abstain or not asked.answering.exact:
        return None
    return share(bool(asked.gold_numbers))


def right_article(asked: Asked) -> Part | None:
    """1 where an article that the gold names is cited."""
    if asked.case.abstain:
        return None
    return share(any(c.article_id in asked.gold_articles for c in asked.citations))


def first_article(asked: Asked) -> Part | None:
    """1 where the first citation is of an article that the gold names."""
    if asked.case.abstain:
        return None
    first = asked.citations[:1]
    return share(any(c.article_id in asked.gold_articles for c in first))


def all_sides(asked: Asked) -> Part | None:
    """1 where each article named is cited with a right sentence; only where all are needed."""
    if asked.case.abstain or not asked.case.need_all:
        return None
    cited = [(c.article_id, c.start, c.end) for c in asked.citations if c.n in asked.gold_numbers]
    sides: dict[str, bool] = {}
    for name, spans in asked.answering.rows:
        found = any(
            article == span.article_id and start < span.end and span.start < end
            for span in spans
            for article, start, end in cited
        )
        sides[name] = sides.get(name, False) or found
    return share(all(sides.values()))


def _when_answered(metric: Callable[[Asked], Part | None]) -> Callable[[Asked], Part | None]:
    return lambda asked: metric(asked) if asked.answered else None


def _tagged(metric: Callable[[Asked], Part | None], tag: str) -> Callable[[Asked], Part | None]:
    return lambda asked: metric(asked) if tag in asked.case.tags else None


METRICS = (
    Metric("right sentence", "evidence", right_sentence),
    Metric("right sentence, paraphrased", "evidence", _tagged(right_sentence, "paraphrase")),
    Metric("right sentence, when answered", "evidence", _when_answered(right_sentence)),
    Metric("right article", "evidence", right_article),
    Metric("right article, when answered", "evidence", _when_answered(right_article)),
    Metric("right article first", "evidence", first_article),
    Metric("all sides cited", "evidence", all_sides),
)
