"""What a metric is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from eval.asked import Asked
from eval.results import Part

__all__ = ["Metric", "share"]


class Metric(NamedTuple):
    """A named way of scoring one question."""

    name: str
    group: str
    of: Callable[[Asked], Part | None]
    gated: bool = True
    """Whether a drop against a baseline can fail the gate."""
    better: Literal["higher", "lower"] = "higher"
    unit: str = ""


def share(right: bool) -> Part:
    """A question that counts once, right or wrong."""
    return (1.0, 1.0) if right else (0.0, 1.0)
