"""Abstention: answered or refused, against answerable or not.

The four cells of that table give two rates, and their mean, balanced accuracy, which
neither refusing everything nor answering everything lifts over .5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eval.asked import Asked
from eval.metrics.metric import Metric, share
from eval.results import Part, QuestionResult

__all__ = ["BALANCED", "METRICS", "Table", "balanced_parts", "table_of"]

BALANCED = "balanced accuracy"


class Table(NamedTuple):
    """How many questions fall into each cell."""

    answered_answerable: int
    refused_answerable: int
    answered_not: int
    refused_not: int


def answered_when_answerable(asked: Asked) -> Part | None:
    """1 where an answerable question is answered."""
    return None if asked.case.abstain else share(asked.answered)


def refused_when_not(asked: Asked) -> Part | None:
    """1 where a question that the articles do not answer is refused."""
    return share(not asked.answered) if asked.case.abstain else None


def refused_near(asked: Asked) -> Part | None:
    """The same, of those about the right people and event."""
    return refused_when_not(asked) if "near" in asked.case.tags else None


def refused_far(asked: Asked) -> Part | None:
    """The same, of those about something else."""
    return refused_when_not(asked) if "far" in asked.case.tags else None


def balanced_parts(questions: Sequence[tuple[bool, bool]]) -> list[Part]:
    """Each question's part of balanced accuracy, weighted so that both kinds weigh alike.

    Args:
        questions: for each, whether it is answerable and whether it was answered.

    Returns:
        Parts in the same order; empty where one of the two kinds is missing, for then
        there is no such score.
    """
    answerable = sum(a for a, _ in questions)
    counts = {True: answerable, False: len(questions) - answerable}
    if not all(counts.values()):
        return []
    parts: list[Part] = []
    for is_answerable, answered in questions:
        weight = len(questions) / (2 * counts[is_answerable])
        parts.append((weight if answered == is_answerable else 0.0, weight))
    return parts


def table_of(questions: Sequence[QuestionResult]) -> Table:
    """The two by two table of a run; questions that were not scored are left out."""
    cells = [
        (not q.abstain, q.answered) for q in questions if q.scorable and q.status != "not_asked"
    ]
    return Table(
        cells.count((True, True)),
        cells.count((True, False)),
        cells.count((False, True)),
        cells.count((False, False)),
    )


METRICS = (
    Metric("answered when answerable", "abstention", answered_when_answerable),
    Metric("refused when not", "abstention", refused_when_not),
    Metric("refused, near misses", "abstention", refused_near),
    Metric("refused, far misses", "abstention", refused_far),
)
