"""95 % intervals by bootstrap over questions, seeded, so that two runs give the same.

A question is drawn whole: an answer with three quotations counts them together, since they
are right or wrong together more often than not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from eval.results import Part

__all__ = ["difference", "interval", "quantile_interval", "ratio", "wilson"]

FloatArray = npt.NDArray[np.float64]

RESAMPLES = 10_000
SEED = 20260101
_TAILS = (2.5, 97.5)


def ratio(parts: Sequence[Part]) -> float | None:
    """The score that parts add up to; None where nothing counts."""
    weight = sum(w for _, w in parts)
    return sum(v for v, _ in parts) / weight if weight else None


def interval(
    parts: Sequence[Part], *, share: bool = True, strata: Sequence[bool] | None = None
) -> tuple[float, float] | None:
    """The interval of a score.

    Args:
        parts: what each question adds.
        share: whether the score is a share from 0 to 1.
        strata: for each question, which of two kinds it is; each kind is then drawn from
            apart, so that every resample has as many of each.

    Returns:
        Low and high end; None where nothing counts. Where all questions are right, or all
        wrong, no resample differs, and Wilson's interval is given instead.
    """
    value = ratio(parts)
    if value is None:
        return None
    if len({v / w for v, w in parts if w}) == 1:
        return wilson(value, len(parts)) if share and value in (0.0, 1.0) else (value, value)
    values, weights = _columns(parts)
    drawn = _draws(len(parts), _key(strata))
    with np.errstate(invalid="ignore"):
        means = values[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    low, high = np.nanpercentile(means, _TAILS)
    return float(low), float(high)


def wilson(value: float, n: int) -> tuple[float, float]:
    """Wilson's interval of a share of n."""
    z = 1.959964
    centre = (value + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(value * (1 - value) / n + z * z / (4 * n * n))
    # At its own end the interval is closed; rounding must not leave it a hair off.
    low = 0.0 if value == 0 else max(0.0, centre - half)
    high = 1.0 if value == 1 else min(1.0, centre + half)
    return low, high


def difference(
    before: Sequence[Part], after: Sequence[Part], strata: Sequence[bool] | None = None
) -> tuple[float, float, float]:
    """How much a score changed, with the interval of the change: a paired bootstrap.

    The same questions are drawn for both runs, so what is hard in both does not blur what
    changed between them.

    Args:
        before: parts by question; weight 0 where a question did not count.
        after: likewise, in the same order of questions.
        strata: as for `interval`.
    """
    old, old_weights = _columns(before)
    new, new_weights = _columns(after)
    change = new.sum() / new_weights.sum() - old.sum() / old_weights.sum()
    if np.array_equal(old, new) and np.array_equal(old_weights, new_weights):
        return 0.0, 0.0, 0.0
    drawn = _draws(len(before), _key(strata))
    with np.errstate(invalid="ignore", divide="ignore"):
        changes = new[drawn].sum(axis=1) / new_weights[drawn].sum(axis=1)
        changes -= old[drawn].sum(axis=1) / old_weights[drawn].sum(axis=1)
    changes = changes[np.isfinite(changes)]
    low, high = np.percentile(changes, _TAILS)
    return float(change), float(low), float(high)


def quantile_interval(values: Sequence[float], q: float) -> tuple[float, float, float]:
    """A quantile (0 to 1) of at least one value, with its interval."""
    array = np.array(values, dtype=np.float64)
    # A tenth of the resamples: each has to be sorted, and a latency needs no third digit.
    drawn = _draws(len(values))[: RESAMPLES // 10]
    low, high = np.percentile(np.quantile(array[drawn], q, axis=1), _TAILS)
    return float(np.quantile(array, q)), float(low), float(high)


def _columns(parts: Sequence[Part]) -> tuple[FloatArray, FloatArray]:
    table = np.array(parts, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _key(strata: Sequence[bool] | None) -> tuple[bool, ...] | None:
    return None if strata is None else tuple(strata)


@lru_cache(maxsize=16)
def _draws(n: int, strata: tuple[bool, ...] | None = None) -> npt.NDArray[np.int32]:
    """Which of n questions each resample draws: int32, (RESAMPLES, n)."""
    rng = np.random.default_rng(SEED)
    if strata is None:
        drawn = rng.integers(0, n, size=(RESAMPLES, n), dtype=np.int32)
    else:
        of_kind = [np.flatnonzero(np.array(strata) == kind) for kind in (False, True)]
        drawn = np.concatenate(
            [rng.choice(kind, size=(RESAMPLES, len(kind))) for kind in of_kind if len(kind)],
            axis=1,
        ).astype(np.int32)
    drawn.setflags(write=False)
    return drawn
