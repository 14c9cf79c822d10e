"""The page's manners: accessibility, widths, dark, the keyboard, languages, directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import ingest
from rag.settings import Settings
from tests.browser.steps import (
    QUESTION,
    UNANSWERED,
    Browser,
    Page,
    Watched,
    asks,
    expect,
    opened,
    question_of,
    tab,
    violations,
)
from tests.page_server import served

WIDTHS: dict[str, Any] = {
    "phone": {"width": 390, "height": 844},
    "tablet": {"width": 820, "height": 1100},
    "wide": {"width": 1440, "height": 900},
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, address: str, width: str, scheme: Any
) -> None:
    context = browser.new_context(viewport=WIDTHS[width], color_scheme=scheme)
    page = context.new_page()
    with Watched(page):
        opened(page, address)
        found = violations(page)
        asks(page, QUESTION).locator("a.cw-cite").first.click()
        expect(page.locator("#cw-evidence #hit")).to_be_visible()
        found += violations(page)
        page.keyboard.press("Escape")
        asks(page, UNANSWERED)
        found += violations(page)
        for name in ("Library", "Evaluation", "Settings"):
            tab(page, name)
            page.wait_for_timeout(400)
            found += violations(page)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, f"{name} is {wider} px wider than the screen"
        assert found == []
    context.close()


def test_the_keyboard_is_enough(seen: Page) -> None:
    question_of(seen).focus()
    seen.keyboard.type(QUESTION)
    seen.keyboard.press("Enter")
    expect(seen.locator(".cw-actions")).to_have_count(1, timeout=20_000)
    asks(seen, UNANSWERED)
    for _ in range(80):
        seen.keyboard.press("Shift+Tab")
        if seen.evaluate("document.activeElement.matches('a.cw-cite')"):
            break
    cite = seen.evaluate("document.activeElement.getAttribute('href')")
    assert cite and cite.startswith("#cite-")
    seen.keyboard.press("Enter")
    expect(seen.locator("#cw-evidence #hit")).to_be_focused()
    first = seen.locator("#cw-evidence #hit").inner_text()
    seen.keyboard.press("n")
    expect(seen.locator("#cw-evidence #hit")).not_to_have_text(first)
    expect(seen.locator("#cw-evidence #hit")).to_be_focused()
    seen.keyboard.press("p")
    expect(seen.locator("#cw-evidence #hit")).to_have_text(first)
    seen.keyboard.press("Escape")
    assert seen.evaluate("document.activeElement.getAttribute('href')") == cite


def test_the_first_thing_that_tab_reaches_skips_to_the_question(seen: Page) -> None:
    seen.evaluate("document.activeElement.blur()")
    for _ in range(4):
        seen.keyboard.press("Tab")
        if seen.evaluate("document.activeElement.className").startswith("cw-skip"):
            break
    expect(seen.locator(".cw-skip")).to_be_focused()
    seen.keyboard.press("Enter")
    seen.keyboard.press("Tab")
    assert seen.evaluate("!!document.activeElement.closest('#cw-question')")


def test_the_page_speaks_german_where_the_browser_asks_for_it(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    with Watched(page):
        opened(page, address)
        expect(page.get_by_label("Frage", exact=True)).to_be_visible()
        expect(page.get_by_role("tab", name="Sammlung")).to_be_visible()
        asks(page, UNANSWERED)
        expect(page.locator(".cw-refusal")).to_have_text("Die Artikel sagen es nicht")
        assert page.evaluate("document.documentElement.lang") == "de"
    context.close()


def test_articles_that_run_from_right_to_left_are_shown_so(page: Page, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "ar.txt"
    file.write_text(
        "Outlet: صحيفة الميناء\nDate: 2024-05-03\n\nالعبارة هالسيون\n\nاصطدمت العبارة Halcyon"
        " بالرصيف الشمالي يوم الخميس وأصيب أربعة عشر شخصا.\n",
        encoding="utf-8",
    )
    ingest(home, [file], Settings())
    with (
        Watched(page) as watch,
        served(home, "--writer", "quotes", CITEWIRE_ANSWER_THRESHOLD="0.0") as url,
    ):
        opened(page, url)
        answer = asks(page, "اصطدمت العبارة Halcyon بالرصيف")
        quote = answer.locator("blockquote").first
        assert quote.evaluate("e => getComputedStyle(e).direction") == "rtl"
        assert (
            page.locator("#cw-chat .user p").evaluate("e => getComputedStyle(e).textAlign")
            == "start"
        )
        answer.locator("a.cw-open").first.click()
        text = page.locator("#cw-evidence .cw-text p:has(#hit)")
        assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"
        watch.leave()


def test_nothing_moves_for_those_who_do_not_want_it(browser: Browser, address: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = opened(context.new_page(), address)
    asks(page, QUESTION)
    durations = page.evaluate(
        "[...document.querySelectorAll('*')]"
        ".map(e => parseFloat(getComputedStyle(e).transitionDuration))"
    )
    assert max(durations) < 0.01
    context.close()
