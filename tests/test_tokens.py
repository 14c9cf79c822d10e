"""Counting tokens: offline, quickly, and rather too many than too few."""

from __future__ import annotations

import math
import os
import threading
import time

import pytest

from rag import tokens
from rag.tokens import count_tokens

TEXT = "The ferry Halcyon struck the north pier of Port Ennick on Thursday, injuring fourteen."
HEBREW = "ההסכם נחתם בירושלים"


@pytest.mark.parametrize(
    ("text", "cl100k", "o200k"),
    [
        ("", 0, 0),
        ("hello world", 2, 2),
        ("antidisestablishmentarianism", 6, 6),
        ("2 + 2 = 4", 7, 7),
        ("お誕生日おめでとう", 9, 8),
    ],
)
def test_counts_are_those_that_openai_publishes(text: str, cl100k: int, o200k: int) -> None:
    """From OpenAI's cookbook, "How to count tokens with tiktoken"."""
    assert count_tokens(text, "gpt-4") == cl100k
    assert count_tokens(text, "gpt-4o") == o200k


@pytest.mark.parametrize(
    ("model", "like"),
    [
        ("gpt-4.1-mini", "gpt-4o"),
        ("gpt-5", "gpt-4o"),
        ("o3", "gpt-4o"),
        ("openai/gpt-4o-mini-2024-07-18", "gpt-4o"),
        ("gpt-oss:20b", "gpt-4o"),
        ("gpt-4-turbo", "gpt-4"),
        ("gpt-3.5-turbo", "gpt-4"),
        ("GPT-4", "gpt-4"),
    ],
)
def test_a_models_family_tells_its_table(model: str, like: str) -> None:
    assert count_tokens(HEBREW, "gpt-4") != count_tokens(HEBREW, "gpt-4o")
    assert count_tokens(HEBREW, model) == count_tokens(HEBREW, like)


@pytest.mark.parametrize("model", ["smollm2", "llama-3.1-8b", "claude-sonnet-4", "my/gemma-2"])
def test_of_other_models_a_fifth_is_kept_in_reserve(model: str) -> None:
    assert count_tokens(TEXT, model) == math.ceil(count_tokens(TEXT, "gpt-4o") * 1.2)


def test_what_looks_like_a_token_of_a_template_is_counted_as_text() -> None:
    assert count_tokens("<|endoftext|><|im_start|>", "gpt-4o") > 6


@pytest.mark.parametrize("text", ["x" * 200_000, "🙂" * 50_000, "字" * 50_000, "=-" * 100_000])
def test_a_long_text_without_spaces_is_counted_quickly(text: str) -> None:
    count_tokens("warm", "gpt-4o")
    began = time.perf_counter()
    assert count_tokens(text, "gpt-4o") > 1000
    assert time.perf_counter() - began < 10


def test_a_long_text_is_counted_as_its_parts_are() -> None:
    line = f"{TEXT}\n"
    assert 0 <= count_tokens(line * 200, "gpt-4o") - 200 * count_tokens(line, "gpt-4o") <= 20


@pytest.mark.parametrize("before", [None, "/nowhere/at/all"])
def test_the_environment_is_left_as_it_was_and_nothing_is_fetched(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tiktoken.registry

    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    if before:
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", before)
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    tokens._encoding.cache_clear()
    assert count_tokens("hello world", "gpt-4o") == 2
    assert os.environ.get("TIKTOKEN_CACHE_DIR") == before


def test_threads_may_count_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    tokens._encoding.cache_clear()
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(count_tokens("hello world", "gpt-4o")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2] * 8
    assert "TIKTOKEN_CACHE_DIR" not in os.environ
