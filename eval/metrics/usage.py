"""Tokens, where a model wrote the answer. Cost is tokens times a price that is given."""

from __future__ import annotations

from typing import NamedTuple

from eval.asked import Asked
from eval.metrics.metric import Metric
from eval.results import Part

__all__ = ["METRICS", "Price"]


class Price(NamedTuple):
    """US dollars a million tokens."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """What so many tokens cost, in US dollars."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


def prompt_tokens(asked: Asked) -> Part | None:
    """Tokens sent for one question."""
    return _used(asked, "prompt_tokens")


def completion_tokens(asked: Asked) -> Part | None:
    """Tokens received for one question."""
    return _used(asked, "completion_tokens")


def _used(asked: Asked, key: str) -> Part | None:
    if asked.answer is None or asked.answer.model is None:
        return None
    return float(asked.answer.usage.get(key, 0)), 1.0


METRICS = (
    Metric("prompt tokens", "usage", prompt_tokens, False, "lower", "tokens"),
    Metric("completion tokens", "usage", completion_tokens, False, "lower", "tokens"),
)
