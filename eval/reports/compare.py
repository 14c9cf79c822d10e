"""One question beside what the baseline made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from eval.reports.wording import every_score
from eval.results import QuestionResult, Results, Score

__all__ = ["Comparison", "Move", "Verdict", "compare"]

Verdict = Literal["better", "worse", "better and worse", "same", "unchanged", "new", "other gold"]
"""`same` is another answer with the same scores; `unchanged` is the same answer too. `other gold`
is a question whose words or gold changed, so that the two can't be compared."""

_BESIDE = ("retrieval", "judge")
"""Groups that do not make an answer better or worse: what was found for it is not yet said, and
a model may judge the same answer in two ways. Nor do times, tokens and the like."""


class Move(NamedTuple):
    """A score that one question moved."""

    name: str
    before: float
    after: float
    better: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of one question."""

    verdict: Verdict
    before: QuestionResult | None = None
    moves: tuple[Move, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the baseline's answer is worth showing beside this one."""
        return self.before is not None and self.verdict != "unchanged"


def compare(results: Results, baseline: Results | None) -> Mapping[str, Comparison]:
    """Each question's comparison, by id; empty without a baseline."""
    if baseline is None:
        return {}
    earlier = {q.id: q for q in baseline.questions}
    shares = {s.name: s for s in every_score(results) if not s.unit}
    return {q.id: _compare(q, earlier.get(q.id), shares) for q in results.questions}


def _compare(
    now: QuestionResult, before: QuestionResult | None, shares: Mapping[str, Score]
) -> Comparison:
    if before is None:
        return Comparison("new")
    if before.gold_hash != now.gold_hash:
        return Comparison("other gold", before)
    moves = _moves(now, before, shares)
    telling = [m for m in moves if shares[m.name].group not in _BESIDE]
    return Comparison(_verdict(now, before, telling), before, moves)


def _verdict(now: QuestionResult, before: QuestionResult, moves: Sequence[Move]) -> Verdict:
    if (now.wrong is None) != (before.wrong is None):
        return "better" if now.wrong is None else "worse"
    ways = {m.better for m in moves}
    if len(ways) > 1:
        return "better and worse"
    if ways:
        return "better" if True in ways else "worse"
    return "unchanged" if _said(now) == _said(before) else "same"


def _moves(
    now: QuestionResult, before: QuestionResult, shares: Mapping[str, Score]
) -> tuple[Move, ...]:
    """The scores to which the question now adds another share."""
    found = []
    for name, score in shares.items():
        value, weight = now.parts.get(name, (0.0, 0.0))
        old_value, old_weight = before.parts.get(name, (0.0, 0.0))
        if not weight or not old_weight:
            continue
        old, new = old_value / old_weight, value / weight
        if abs(new - old) > 1e-9:
            found.append(Move(name, old, new, (new > old) == (score.better == "higher")))
    return tuple(found)


def _said(question: QuestionResult) -> tuple[str, str]:
    """What a reader sees of the answer; a baseline keeps no more of it."""
    return question.status, question.answer
