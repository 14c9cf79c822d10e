"""How far two raters of the same answers agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Agreement", "agreement"]


class Agreement(NamedTuple):
    """How far two raters of the same answers agree."""

    n: int
    agreed: float | None
    """Share of pairs that are equal; None without pairs."""
    kappa: float | None
    """Cohen's: 1 is always, 0 as often as by chance. None where both only ever say one and the
    same, since chance alone would agree as well."""


def agreement(pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    """Compare two raters, such as the judge and the deterministic score.

    Args:
        pairs: what each said of the same answer.
    """
    n = len(pairs)
    if not n:
        return Agreement(0, None, None)
    same = sum(a == b for a, b in pairs)
    first, second = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    # In whole numbers of pairs of pairs, so that "all by chance" is exact.
    chance = first * second + (n - first) * (n - second)
    kappa = None if chance == n * n else (n * same - chance) / (n * n - chance)
    return Agreement(n, same / n, kappa)
