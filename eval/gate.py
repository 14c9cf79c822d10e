"""The gate: may this build go on?

It closes on a threshold missed, on a question that ended in an error or could not be
scored, and on a drop against a baseline that is not noise. A baseline is compared question
by question: the same question, with the same gold, in both runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eval.intervals import difference
from eval.metrics.abstention import BALANCED, balanced_parts
from eval.results import Change, GateResult, Part, QuestionResult, Results
from eval.scores import GATED

__all__ = ["FEWEST", "comparable", "compare", "with_verdict"]

FEWEST = 10
"""Questions that a score needs for a drop in it to count: of one question that is lost, a
bootstrap says that it is lost always."""
_NAMED = 3
"""Questions named in a reason; the report names all."""


def with_verdict(
    results: Results, baseline: Results | None = None, name: str = "", max_drop: float = 0.0
) -> Results:
    """The results with the gate's verdict.

    Args:
        results: a run.
        baseline: an earlier run, or None.
        name: the baseline's, for people.
        max_drop: how far a score may fall below the baseline's, 0 to 1, even where the
            fall is not noise.
    """
    reasons = [*_faults(results), *_thresholds(results)]
    changes: tuple[Change, ...] = ()
    if baseline is not None:
        reasons += _unlike(results, baseline)
        changes = compare(baseline, results, max_drop)
        reasons += [
            f"{c.name} fell from {c.before:.3f} to {c.after:.3f}"
            f" (by {c.before - c.after:.3f}, 95 % {max(0, -c.high):.3f} to {-c.low:.3f})"
            f"{_examples(c.worse)}"
            for c in changes
            if c.failed
        ]
    gate = GateResult(
        passed=not reasons,
        reasons=tuple(reasons),
        baseline=name or None,
        max_drop=max_drop if baseline is not None else None,
        notes=_notes(results, baseline) if baseline is not None else (),
        changes=changes,
    )
    return replace(results, gate=gate)


def compare(before: Results, after: Results, max_drop: float = 0.0) -> tuple[Change, ...]:
    """Every score that both runs have, over the questions that count in it in both.

    A score of answered questions only, such as citation recall, is so compared on the same
    questions, and neither gains by refusing the hard ones nor loses by answering them.
    """
    pairs = comparable(before, after)
    abstain = [new.abstain for _, new in pairs]
    changes: list[Change] = []
    for name in (s.name for s in after.scores if s.name in GATED):
        olds = _column([old for old, _ in pairs], name)
        news = _column([new for _, new in pairs], name)
        kept = [n for n in range(len(pairs)) if olds[n][1] and news[n][1]]
        if not kept:
            continue
        olds, news = [olds[n] for n in kept], [news[n] for n in kept]
        strata = [abstain[n] for n in kept] if name == BALANCED else None
        change, low, high = difference(olds, news, strata)
        share = sum(v for v, _ in olds) / sum(w for _, w in olds)
        moved = {
            pairs[n][1].id: new[0] / new[1] - old[0] / old[1]
            for n, old, new in zip(kept, olds, news, strict=True)
        }
        changes.append(
            Change(
                name=name,
                before=share,
                after=share + change,
                low=low,
                high=high,
                n=len(kept),
                worse=tuple(i for i, m in moved.items() if m < 0),
                better=tuple(i for i, m in moved.items() if m > 0),
                failed=high < 0 and -change > max_drop and len(kept) >= FEWEST,
            )
        )
    return tuple(changes)


def comparable(before: Results, after: Results) -> list[tuple[QuestionResult, QuestionResult]]:
    """The questions that both runs asked, with the same gold, and could score."""
    old = {q.id: q for q in before.questions}
    return [
        (old[q.id], q)
        for q in after.questions
        if q.id in old and old[q.id].gold_hash == q.gold_hash and q.scorable and old[q.id].scorable
    ]


def _column(questions: Sequence[QuestionResult], name: str) -> list[Part]:
    if name == BALANCED:
        # The weights depend on how many of each kind there are, so they are made anew.
        table = [(not q.abstain, q.answered) for q in questions]
        return balanced_parts(table) or [(0.0, 0.0)] * len(questions)
    return [q.parts.get(name, (0.0, 0.0)) for q in questions]


def _faults(results: Results) -> list[str]:
    reasons: list[str] = []
    if not results.questions:
        reasons.append("no question was asked")
    for count, what in ((results.errors, "error"), (results.unscored, "unscored")):
        if not count:
            continue
        rows = [q for q in results.questions if q.wrong == what]
        first = (rows[0].error or rows[0].unscored or "").rstrip(".") if rows else ""
        ended = "ended in an error" if what == "error" else "could not be scored"
        noun = "question" if count == 1 else "questions"
        reasons.append(f"{count} {noun} {ended}{_examples([q.id for q in rows])}: {first}")
    if results.judge and results.judge.unscored:
        ids = [q.id for q in results.questions if q.judge and q.judge.correct is None]
        reasons.append(f"{results.judge.unscored} answers could not be judged{_examples(ids)}")
    return reasons


def _thresholds(results: Results) -> list[str]:
    reasons: list[str] = []
    for score in results.scores:
        if not score.missed:
            continue
        if score.value is None:
            reasons.append(f"{score.name} is without a question, but has a threshold")
        else:
            side = "below" if score.better == "higher" else "above"
            reasons.append(f"{score.name} is {score.value:.3f}, {side} {score.threshold:g}")
    return reasons


def _unlike(results: Results, baseline: Results) -> list[str]:
    """Questions that the baseline has and this run can't be held to."""
    new = {q.id: q.gold_hash for q in results.questions}
    gone = [q.id for q in baseline.questions if q.id not in new]
    changed = [q.id for q in baseline.questions if new.get(q.id, q.gold_hash) != q.gold_hash]
    way_out = "; --update-baseline writes a new one"
    new_scores = {s.name for s in results.scores if s.value is not None}
    lost = [
        s.name
        for s in baseline.scores
        if s.name in GATED and s.value is not None and s.name not in new_scores
    ]
    reasons = [f"{name} has no value any more{way_out}" for name in lost]
    if gone:
        reasons.append(
            f"{len(gone)} questions of the baseline were not asked{_examples(gone)}{way_out}"
        )
    if changed:
        reasons.append(
            f"the gold of {len(changed)} questions is not the baseline's"
            f"{_examples(changed)}{way_out}"
        )
    return reasons


def _notes(results: Results, baseline: Results) -> tuple[str, ...]:
    """Differences that are no fault, but that a reader of the changes wants to know."""
    ours, theirs = results.provenance, baseline.provenance
    pairs = (
        ("library", ours.library_hash, theirs.library_hash),
        ("set of settings", ours.settings_hash, theirs.settings_hash),
        ("writer", (ours.writer, ours.model), (theirs.writer, theirs.model)),
    )
    notes = [f"the baseline was made with another {what}" for what, a, b in pairs if a != b]
    few = len(comparable(baseline, results))
    if few < FEWEST:
        notes.append(f"{few} questions are too few to tell a drop from noise; thresholds count")
    return tuple(notes)


def _examples(ids: Sequence[str]) -> str:
    if not ids:
        return ""
    rest = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f" ({', '.join(ids[:_NAMED])}{rest})"
