"""Retrieval: recall@k, reciprocal rank and discounted gain of a ranking.

For gold files a ranking is of passages, and those that hold a sentence the gold names are
relevant; for sets from outside it is of articles, as their judgements are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from eval.asked import Asked
from eval.metrics.metric import Metric
from eval.results import Part

__all__ = ["METRICS", "hit_at", "ndcg_at", "recall_at", "reciprocal_rank_at"]


def hit_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """1 where any of the first k is relevant."""
    return float(any(grades.get(i, 0) > 0 for i in ranked[:k]))


def recall_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """The share of the relevant ones that are among the first k, 0 to 1."""
    relevant = {i for i, grade in grades.items() if grade > 0}
    return len(relevant & set(ranked[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """1 over the rank of the first relevant one; 0 where it is not among the first k."""
    for rank, i in enumerate(ranked[:k], start=1):
        if grades.get(i, 0) > 0:
            return 1 / rank
    return 0.0


def ndcg_at(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Discounted cumulative gain over the best possible one, 0 to 1.

    The gain is the grade itself, as in trec_eval, and the discount log2(rank + 1).
    """
    best = sorted((g for g in grades.values() if g > 0), reverse=True)[:k]
    ideal = sum(g / math.log2(rank + 1) for rank, g in enumerate(best, start=1))
    gained = sum(
        max(0, grades.get(i, 0)) / math.log2(rank + 1) for rank, i in enumerate(ranked[:k], start=1)
    )
    return gained / ideal if ideal else 0.0


Measure = Callable[[Sequence[str], Mapping[str, int], int], float]


def _at(measure: Measure, k: int) -> Callable[[Asked], Part | None]:
    def part(asked: Asked) -> Part | None:
        judged = asked.retrieval
        if judged is None or not judged.grades:
            return None
        return measure(judged.ranked, judged.grades, k), 1.0

    return part


METRICS = (
    Metric("hit@1", "retrieval", _at(hit_at, 1)),
    Metric("recall@5", "retrieval", _at(recall_at, 5)),
    Metric("recall@10", "retrieval", _at(recall_at, 10)),
    Metric("MRR@10", "retrieval", _at(reciprocal_rank_at, 10)),
    Metric("nDCG@10", "retrieval", _at(ndcg_at, 10)),
)
