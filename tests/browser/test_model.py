"""Answers that a model writes, on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.browser.steps import (
    QUESTION,
    QUOTE,
    Page,
    Watched,
    asks,
    expect,
    opened,
    question_of,
)
from tests.fake_openai import Request, Streamed, streamed
from tests.page_server import served
from tests.scripted_writer import ModelServer, pointed, prompt_of, writes


@pytest.fixture
def written(library: Path) -> Iterator[Callable[..., Any]]:
    """The page with a scripted model."""

    with ExitStack() as stack:

        def start(script: Any) -> str:
            server = stack.enter_context(ModelServer(script, "served-model"))
            return stack.enter_context(served(library, "--no-cache", OPENAI_BASE_URL=server.url))

        yield start


def test_a_model_writes_sentence_by_sentence_and_can_be_stopped(
    page: Page, written: Callable[..., str]
) -> None:

    sentence = "Tzachi Hanegbi was given charge of the talks {charge of the talks}. "

    def slowly(request: Request) -> Streamed:
        return streamed(pointed(sentence, prompt_of(request)), "He ", 8.0, "is an adviser.")

    url = written(slowly)
    with Watched(page) as watch:
        opened(page, url)
        question_of(page).fill(QUESTION)
        question_of(page).press("Enter")
        expect(page.locator(".cw-streaming .cw-claim").first).to_contain_text(
            "Tzachi Hanegbi", timeout=20_000
        )
        expect(page.locator(".cw-actions")).to_have_count(0)
        page.get_by_role("button", name="Stop").click()
        expect(page.locator(".cw-warning")).to_contain_text("Stopped.")
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
        watch.leave()


def test_what_the_model_cannot_show_is_left_out_and_told(
    page: Page, written: Callable[..., str]
) -> None:
    url = written(
        writes(
            "Tzachi Hanegbi was given charge of the talks {charge of the talks}."
            " He was paid 4 million dollars {charge of the talks}."
        )
    )
    with Watched(page) as watch:
        opened(page, url)
        answer = asks(page, QUESTION)
        expect(answer.locator(".cw-claim")).to_have_count(1)
        expect(answer.locator(".cw-writer")).to_contain_text("served-model")
        answer.locator("summary").click()
        expect(answer.locator(".cw-dropped li")).to_contain_text(
            "The articles do not carry the number 4 million dollars"
        )
        answer.locator("a.cw-cite").first.hover()
        expect(page.get_by_role("tooltip")).to_contain_text(QUOTE)
        answer.locator("a.cw-cite").first.click()
        expect(page.locator("#cw-evidence #hit")).to_contain_text(QUOTE)
        watch.leave()


def test_a_model_that_is_down_leaves_the_quotations(page: Page, library: Path) -> None:
    with Watched(page) as watch, served(library, OPENAI_BASE_URL="http://127.0.0.1:9/v1") as url:
        opened(page, url)
        answer = asks(page, QUESTION)
        expect(answer.locator(".cw-note").first).to_contain_text("What follows is quoted")
        expect(answer.locator("blockquote").first).to_contain_text(QUOTE)
        watch.leave()
