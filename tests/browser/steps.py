"""What people do on the page, in a real browser, and what must not happen meanwhile.

Chromium is Debian's. Where it or Playwright is missing, the tests that import this are skipped,
saying so; with `CITEWIRE_BROWSER=required`, as in CI, they then fail.
"""

from __future__ import annotations

import importlib.util
import os
import re
from typing import Any

import pytest

from tests.page_server import BROWSER

_MISSING = [
    name
    for name, there in (
        ("Chromium", BROWSER),
        ("pytest-playwright", importlib.util.find_spec("pytest_playwright")),
        ("axe-playwright-python", importlib.util.find_spec("axe_playwright_python")),
    )
    if not there
]
if _MISSING and os.environ.get("CITEWIRE_BROWSER") == "required":
    raise RuntimeError(f"the page's tests have to run here, but there is no {_MISSING[0]}")
if _MISSING:
    pytest.skip(
        f"no {' and no '.join(_MISSING)}: the page is not tried in a browser",
        allow_module_level=True,
    )

# Only where it is installed; the tests take it from here.
from playwright.sync_api import Browser, BrowserContext, Page, expect  # noqa: E402

__all__ = [
    "FOLLOW_UP",
    "QUESTION",
    "QUOTE",
    "UNANSWERED",
    "Browser",
    "BrowserContext",
    "Page",
    "Watched",
    "asks",
    "expect",
    "opened",
    "question_of",
    "tab",
    "violations",
]

QUESTION = "Who was put in charge of the secret talks with the Palestinians?"
QUOTE = "Netanyahu was receptive, the sources said, and gave his national security adviser"
UNANSWERED = "How long is the tunnel that the negotiators used?"
FOLLOW_UP = "And who is he?"


class Watched:
    """Collects what must not happen on a page, and fails at the end."""

    def __init__(self, page: Page) -> None:
        self.wrong: list[str] = []
        self._page = page
        page.on("pageerror", lambda e: self.wrong.append(f"error: {e}"))
        page.on(
            "console",
            lambda m: self.wrong.append(f"console: {m.text}") if m.type == "error" else None,
        )
        page.on("request", lambda r: self._request(r.url))

    def _request(self, url: str) -> None:
        if not re.match(r"https?://127\.0\.0\.1[:/]|data:|blob:|about:", url):
            self.wrong.append(f"outside request: {url}")

    def __enter__(self) -> Watched:
        return self

    def leave(self) -> None:
        """Go away before the server does; that the page's connections end then is no fault."""
        assert not self.wrong
        self._page.goto("about:blank")
        self.wrong = []

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            assert not self.wrong


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    expect(question_of(page)).to_be_visible(timeout=20_000)
    # The words on the page come with the first event; the table of articles with the second.
    expect(page.locator(".cw-banner p")).to_have_count(1, timeout=20_000)
    expect(page.locator("#cw-chat .examples, #cw-chat .message, #cw-first").first).to_be_attached(
        timeout=20_000
    )
    return page


def question_of(page: Page) -> Any:
    return page.locator("#cw-question textarea")


def asks(page: Page, question: str) -> Any:
    """Ask, wait for the whole answer, and give it."""
    before = page.locator(".cw-actions").count()
    question_of(page).fill(question)
    question_of(page).press("Enter")
    expect(page.locator(".cw-actions")).to_have_count(before + 1, timeout=20_000)
    return page.locator("#cw-chat .cw-answer").last


def tab(page: Page, name: str) -> None:
    """Go to a tab, on narrow screens through the menu of those that have no room."""
    button = page.get_by_role("tab", name=name, exact=True)
    if button.count() and button.first.is_visible():
        button.first.click()
        return
    page.locator(".overflow-menu > button").click()
    page.locator(".overflow-dropdown button", has_text=name).click()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']}: {n['html'][:200]}" for v in found for n in v["nodes"]]
