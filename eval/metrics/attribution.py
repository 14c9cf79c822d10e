"""Attribution: whether what is shown of the source is so, and nothing comes from the future.

Held to what the gold says of an article, which the program never sees: a fault in reading
outlets and dates makes every answer wrong in the same way, so no other score notices.
"""

from __future__ import annotations

from eval.asked import Asked
from eval.metrics.metric import Metric, share
from eval.results import Part

__all__ = ["METRICS", "as_of_kept", "attribution_right"]


def attribution_right(asked: Asked) -> Part | None:
    """Quotations under the outlet, date and title that the gold gives their article."""
    if asked.answer is None:
        return None
    right = counted = 0
    for citation in (*asked.answer.citations, *asked.answer.nearest):
        facts = asked.facts.get(citation.article_id)
        if facts is not None:
            counted += 1
            right += facts.agree(citation.outlet, citation.published, citation.title)
    return (float(right), float(counted)) if counted else None


def as_of_kept(asked: Asked) -> Part | None:
    """1 where a question as of a day was answered from nothing later, and nothing undated."""
    day = asked.case.as_of
    if asked.answer is None or day is None:
        return None
    shown = (*asked.answer.citations, *asked.answer.nearest)
    days = [c.published for c in shown]
    days += [asked.found_on[hit.passage.article_id] for hit in asked.answer.hits]
    return share(all(published is not None and published <= day for published in days))


METRICS = (
    Metric("attribution right", "quotes", attribution_right),
    Metric("as of kept", "quotes", as_of_kept),
)
