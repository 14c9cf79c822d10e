"""From what each question adds to scores with n and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.asked import Asked
from eval.intervals import interval, quantile_interval, ratio
from eval.metrics import METRICS, Metric
from eval.metrics.abstention import BALANCED, balanced_parts
from eval.results import Part, Score

__all__ = ["GATED", "SCORES", "SHARES", "parts_of", "scores_of", "speed_scores"]

_NAMES = tuple(m.name for m in METRICS)
GATED = frozenset({m.name for m in METRICS if m.gated} | {BALANCED})
"""Scores of which a drop against a baseline can fail the gate."""
SHARES = frozenset({m.name for m in METRICS if not m.unit} | {BALANCED})
"""Scores from 0 to 1."""
SCORES = (*_NAMES, BALANCED)
"""Every score that can have a threshold."""


def parts_of(asked: Sequence[Asked]) -> list[dict[str, Part]]:
    """What each question adds to each score, by the score's name.

    A question that failed or can't be scored adds nothing to any.
    """
    rows: list[dict[str, Part]] = []
    for one in asked:
        found = {m.name: m.of(one) for m in METRICS if one.scorable and _applies(m, one)}
        rows.append({name: part for name, part in found.items() if part is not None})
    counted = [n for n, one in enumerate(asked) if one.scorable and one.answer]
    table = [(not asked[n].case.abstain, asked[n].answered) for n in counted]
    if parts := balanced_parts(table):
        for n, part in zip(counted, parts, strict=True):
            rows[n][BALANCED] = part
    return rows


def _applies(metric: Metric, asked: Asked) -> bool:
    return asked.answer is not None or metric.group == "retrieval"


def scores_of(
    rows: Sequence[Mapping[str, Part]], abstain: Sequence[bool], thresholds: Mapping[str, float]
) -> list[Score]:
    """Every score over the questions, in the order of a report.

    Args:
        rows: what each question adds.
        abstain: of each, whether the articles do not answer it.
        thresholds: by the score's name.
    """
    scores: list[Score] = []
    for metric in METRICS:
        parts = [row[metric.name] for row in rows if metric.name in row]
        if not parts and metric.name not in thresholds:
            continue
        share = not metric.unit
        low, high = interval(parts, share=share) or (None, None)
        scores.append(
            Score(
                metric.name,
                metric.group,
                ratio(parts),
                low,
                high,
                n=len(parts),
                better=metric.better,
                unit=metric.unit,
                threshold=thresholds.get(metric.name),
            )
        )
    balanced = [row[BALANCED] for row in rows if BALANCED in row]
    if balanced or BALANCED in thresholds:
        kinds = [a for row, a in zip(rows, abstain, strict=True) if BALANCED in row]
        low, high = interval(balanced, strata=kinds) or (None, None)
        least = thresholds.get(BALANCED)
        score = Score(
            BALANCED, "abstention", ratio(balanced), low, high, n=len(balanced), threshold=least
        )
        last = max((i for i, s in enumerate(scores) if s.group == "abstention"), default=-1)
        scores.insert(last + 1, score)
    return scores


def speed_scores(milliseconds: Sequence[float]) -> tuple[Score, ...]:
    """Median and 95th percentile of the time of one question."""
    if not milliseconds:
        return ()
    return tuple(
        Score(
            name,
            "speed",
            *quantile_interval(milliseconds, q),
            n=len(milliseconds),
            better="lower",
            unit="ms",
        )
        for name, q in (("latency p50", 0.5), ("latency p95", 0.95))
    )
