"""Signing in: two users at once, each with a history of their own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.steps import (
    QUESTION,
    QUOTE,
    UNANSWERED,
    Browser,
    Page,
    expect,
    question_of,
    tab,
    violations,
)
from tests.page_server import served
from ui.users import Users


@pytest.fixture(scope="module")
def guarded(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:

    home = tmp_path_factory.mktemp("guarded") / "home"
    shutil.copytree(library, home)
    Users(home).add("Nadia", "correct horse", "editor")
    Users(home).add("Omar", "battery staple", "reader")
    with served(home, "--auth") as url:
        yield url


def signs_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_two_users_have_a_history_each_and_a_reader_changes_nothing(
    browser: Browser, guarded: str
) -> None:
    contexts = [browser.new_context(), browser.new_context()]
    nadia, omar = (c.new_page() for c in contexts)
    signs_in(nadia, guarded, "Nadia", "wrong horse")
    expect(nadia.get_by_role("alert")).to_be_visible()
    assert violations(nadia) == []
    signs_in(nadia, guarded, "Nadia", "correct horse")
    signs_in(omar, guarded, "Omar", "battery staple")
    for page in (nadia, omar):
        expect(page.locator(".cw-banner p")).to_have_count(1, timeout=20_000)
    question_of(nadia).fill(QUESTION)
    question_of(omar).fill(UNANSWERED)
    question_of(nadia).press("Enter")
    question_of(omar).press("Enter")
    expect(nadia.locator(".cw-answer blockquote").first).to_contain_text(QUOTE, timeout=20_000)
    expect(omar.locator(".cw-refusal")).to_be_visible(timeout=20_000)
    for page, own in ((nadia, QUESTION), (omar, UNANSWERED)):
        page.get_by_role("button", name=re.compile("sidebar", re.I)).first.click()
        expect(page.locator("#cw-history label")).to_have_count(1)
        expect(page.locator("#cw-history")).to_contain_text(own)
    export = nadia.locator(".cw-export").first.get_attribute("href")
    assert nadia.request.get(f"{guarded}/{export}").status == 200
    assert omar.request.get(f"{guarded}/{export}").status == 404
    tab(nadia, "Library")
    expect(nadia.locator("#cw-upload")).to_be_visible()
    tab(omar, "Library")
    expect(omar.get_by_text("You may read and ask")).to_be_visible()
    expect(omar.locator("#cw-upload")).to_be_hidden()
    omar.get_by_role("button", name="Sign out Omar").click()
    expect(omar.get_by_label("Password")).to_be_visible()
    assert omar.request.get(f"{guarded}/{export}", max_redirects=0).status == 401
    for c in contexts:
        c.close()
