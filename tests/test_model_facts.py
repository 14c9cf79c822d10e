"""What is known of models by their names."""

from __future__ import annotations

from datetime import date

import pytest

from rag.model_facts import PRICES_AS_OF, SMALLEST_WINDOW, Price, context_window_of, price_of


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-4.1-mini", 1_047_576),
        ("gpt-4.1-mini-2025-04-14", 1_047_576),
        ("openai/gpt-4o-mini", 128_000),
        ("OpenAI/GPT-4o", 128_000),
        ("gpt-4", 8_192),
        ("gpt-4-0613", 8_192),
        ("gpt-4-turbo-2024-04-09", 128_000),
        ("gpt-3.5-turbo", 16_385),
        ("gpt-5-nano", 400_000),
        ("o1", 200_000),
        ("o1-mini-2024-09-12", 128_000),
        ("anthropic/claude-sonnet-4", 200_000),
        ("gpt-oss:20b", 131_072),
        ("openrouter/mistralai/mistral-nemo", 128_000),
    ],
)
def test_a_window_is_known_by_the_longest_beginning_that_fits(model: str, tokens: int) -> None:
    assert context_window_of(model) == tokens


@pytest.mark.parametrize(
    "model", ["smollm2", "llama-3.1-8b-instruct", "gpt-40", "gpt-4.5", "my-gpt-4o", "o10", "", "/"]
)
def test_of_another_model_the_smallest_window_is_assumed(model: str) -> None:
    assert context_window_of(model) == SMALLEST_WINDOW == 4096


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("gpt-4.1-mini", Price(0.40, 1.60)),
        ("gpt-4.1-mini-2025-04-14", Price(0.40, 1.60)),
        ("gpt-4.1-2025-04-14", Price(2.00, 8.00)),
        ("openai/gpt-4o-mini", Price(0.15, 0.60)),
        ("gpt-4o-2024-08-06", Price(2.50, 10.00)),
        ("gpt-5-nano", Price(0.05, 0.40)),
        ("gpt-5-chat-latest", Price(1.25, 10.00)),
    ],
)
def test_a_price_is_that_of_the_very_model(model: str, price: Price) -> None:
    assert price_of(model) == price


@pytest.mark.parametrize(
    "model",
    [
        "o3-pro",
        "o3-mini",
        "gpt-5-pro",
        "gpt-4o-audio-preview",
        "gpt-4",
        "gpt-4.15",
        "claude",
        "llama",
        "",
    ],
)
def test_a_price_that_may_be_another_models_is_not_known(model: str) -> None:
    assert price_of(model) is None


def test_prices_say_of_which_day_they_are() -> None:
    assert date(2025, 1, 1) <= PRICES_AS_OF
