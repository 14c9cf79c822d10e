"""Asking on the page: answers, citations, refusals, follow-ups, and asking again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag.library import Library
from tests.browser.steps import (
    FOLLOW_UP,
    QUESTION,
    QUOTE,
    UNANSWERED,
    Page,
    asks,
    expect,
    question_of,
)


def test_a_citation_leads_to_the_very_sentence_in_its_article(seen: Page, library: Path) -> None:
    answer = asks(seen, QUESTION)
    expect(answer.locator("blockquote").first).to_contain_text(QUOTE)
    answer.locator("a.cw-cite").first.click()
    hit = seen.locator("#cw-evidence #hit")
    expect(hit).to_be_visible()
    expect(hit).to_be_focused()
    href = answer.locator("a.cw-open").first.get_attribute("href") or ""
    found = re.fullmatch(r"article/(\w+)\?start=(\d+)&end=(\d+)&words=\w{16}#hit", href)
    assert found
    with Library(library) as held:
        text = held.article(found[1]).text[int(found[2]) : int(found[3])]
    assert hit.inner_text() == text
    expect(seen.locator("#cw-evidence")).to_contain_text("20 February 2023")


def test_the_whole_article_is_scrolled_to_the_sentence(seen: Page) -> None:
    asks(seen, QUESTION).locator("a.cw-cite").first.click()
    expect(seen.locator("#cw-evidence .cw-more").first).to_be_visible()
    seen.get_by_role("button", name="Show the whole article").click()
    expect(seen.locator("#cw-evidence .cw-more")).to_have_count(0)
    expect(seen.locator("#cw-evidence #hit")).to_be_in_viewport()
    with seen.expect_popup() as popup:
        seen.get_by_role("link", name="Open in a tab").click()
    expect(popup.value.locator("#hit")).to_be_in_viewport()
    expect(popup.value.locator("#hit")).to_contain_text(QUOTE)


def test_the_article_does_not_say_shows_the_reason_and_the_nearest(seen: Page) -> None:
    answer = asks(seen, UNANSWERED)
    expect(answer.locator(".cw-refusal")).to_have_text("The articles do not say")
    expect(answer.locator(".cw-reason")).to_contain_text("how long")
    expect(answer.locator(".cw-nearest li").first).to_be_visible()
    assert answer.locator("a.cw-cite").count() == 0
    answer.locator("a.cw-open").first.click()
    expect(seen.locator("#cw-evidence #hit")).to_be_visible()


def test_an_example_is_asked_at_a_click_and_has_an_answer(seen: Page) -> None:
    example = seen.locator("#cw-chat .examples button").first
    text = example.inner_text()
    example.click()
    expect(seen.locator(".cw-actions")).to_have_count(1, timeout=20_000)
    expect(seen.locator("#cw-chat .user").first).to_contain_text(text)
    expect(seen.locator(".cw-answer blockquote").first).to_be_visible()


def test_a_follow_up_is_understood_from_what_went_before(seen: Page) -> None:
    asks(seen, QUESTION)
    expect(asks(seen, FOLLOW_UP).locator(".cw-note").first).to_contain_text("Tzachi Hanegbi")


def test_an_edited_question_is_asked_again_in_the_place_of_what_followed(seen: Page) -> None:
    asks(seen, QUESTION)
    asks(seen, UNANSWERED)
    seen.locator("#cw-chat .user-row").first.hover()
    seen.get_by_role("button", name="Edit").first.click()
    field = seen.locator("#cw-chat textarea")
    expect(field).to_have_value(QUESTION)
    field.fill("Who leads the secret talks for the Palestinians?")
    seen.get_by_role("button", name="Submit").click()
    expect(seen.locator("#cw-chat .user-row")).to_have_count(1, timeout=20_000)
    expect(seen.locator(".cw-actions")).to_have_count(1, timeout=20_000)
    expect(seen.locator("#cw-chat .user-row")).to_contain_text("Who leads the secret talks")


def test_asking_again_gives_one_answer_and_not_two(seen: Page) -> None:
    first = asks(seen, QUESTION).get_attribute("id")
    seen.get_by_role("button", name="Retry").click()
    expect(seen.locator(f"#{first}")).to_have_count(0, timeout=20_000)
    expect(seen.locator(".cw-actions")).to_have_count(1, timeout=20_000)


@pytest.mark.parametrize(
    "typed",
    [
        "<img src=x onerror=alert(1)> **who** _led_ [the](http://example.com) talks?",
        "# Who led `them`? $x$ and $y$ 1 < 2 & 3",
    ],
)
def test_a_question_stands_as_it_was_typed(seen: Page, typed: str) -> None:
    asks(seen, typed)
    expect(seen.locator("#cw-chat .user [data-testid=user] p")).to_have_text(typed)
    assert seen.locator("#cw-chat .user img, #cw-chat .user h1, #cw-chat .user code").count() == 0


def test_a_wrong_option_is_told_and_the_question_kept(seen: Page) -> None:
    seen.get_by_role("button", name="Options").click()
    seen.get_by_label("Answer as of (a day)").fill("soon")
    question_of(seen).fill(QUESTION)
    question_of(seen).press("Enter")
    expect(seen.locator(".cw-fault")).to_contain_text("“Answer as of” is 'soon', which is no day")
    expect(question_of(seen)).to_have_value(QUESTION)
    seen.get_by_label("Answer as of (a day)").fill("2014-01-01")
    expect(asks(seen, QUESTION).locator(".cw-refusal")).to_be_visible()
