"""What is known of common models: how much they read, and what they cost.

Names are compared by their beginning, after the part before a `/` and without a date; the
longest that fits counts. All of it can be overruled by the settings `context_window`,
`prompt_price` and `completion_price`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

__all__ = ["PRICES_AS_OF", "Price", "context_window_of", "price_of"]

PRICES_AS_OF = date(2025, 8, 7)
"""The day of the list prices below."""
SMALLEST_WINDOW = 4_096
"""Of a model that is not known: what local servers are often started with."""

_WINDOWS: Mapping[str, int] = {
    "gpt-3.5-turbo": 16_385,
    "gpt-4": 8_192,
    "gpt-4-turbo": 128_000,
    "gpt-4o": 128_000,
    "chatgpt-4o": 128_000,
    "gpt-4.1": 1_047_576,
    "gpt-5": 400_000,
    "gpt-oss": 131_072,
    "o1": 200_000,
    "o1-mini": 128_000,
    "o3": 200_000,
    "o4-mini": 200_000,
    "claude": 200_000,
    "gemini": 1_048_576,
    "deepseek-chat": 64_000,
    "deepseek-reasoner": 64_000,
    "mistral-large": 128_000,
    "mistral-small": 32_000,
    "mistral-nemo": 128_000,
    "command-r": 128_000,
}
"""What the makers' own servers take. Models served locally are left out: there the server's own
setting decides, which is often much less than the model could."""


_DATED = re.compile(r"(?:[-:@](?:[0-9-]+|latest|chat-latest))?")


class Price(NamedTuple):
    """US dollars a million tokens."""

    prompt: float
    completion: float


_PRICES: Mapping[str, Price] = {
    "gpt-4o": Price(2.50, 10.00),
    "gpt-4o-mini": Price(0.15, 0.60),
    "gpt-4.1": Price(2.00, 8.00),
    "gpt-4.1-mini": Price(0.40, 1.60),
    "gpt-4.1-nano": Price(0.10, 0.40),
    "gpt-5": Price(1.25, 10.00),
    "gpt-5-mini": Price(0.25, 2.00),
    "gpt-5-nano": Price(0.05, 0.40),
    "o3": Price(2.00, 8.00),
    "o4-mini": Price(1.10, 4.40),
}
"""OpenAI's list prices, for requests to OpenAI alone."""


def context_window_of(model: str) -> int:
    """Tokens that a model reads and writes at most, together."""
    found = _longest(model, _WINDOWS)
    return _WINDOWS[found] if found else SMALLEST_WINDOW


def price_of(model: str) -> Price | None:
    """OpenAI's list price on `PRICES_AS_OF`; None where it is not known."""
    found = _longest(model, _PRICES)
    # "o3-pro" costs ten times what "o3" does: only a date may follow.
    if found is None or not _DATED.fullmatch(_bare(model)[len(found) :]):
        return None
    return _PRICES[found]


def _longest(model: str, table: Mapping[str, object]) -> str | None:
    name = _bare(model)
    # "gpt-4" must not speak for "gpt-40" or "gpt-4.5", but for "gpt-4-0613" it does.
    fitting = [
        known
        for known in table
        if name.startswith(known) and (len(name) == len(known) or name[len(known)] in "-:@")
    ]
    return max(fitting, key=len, default=None)


def _bare(model: str) -> str:
    return model.rpartition("/")[2].lower()
