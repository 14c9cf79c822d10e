"""Conversations that outlive a restart, ratings, and taking answers away."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ingest.pipeline import ingest
from rag.history import History
from rag.settings import Settings
from tests.browser.steps import (
    QUESTION,
    QUOTE,
    BrowserContext,
    Page,
    Watched,
    asks,
    expect,
    opened,
)
from tests.conftest import SEEDS
from tests.page_server import served


def test_answers_and_conversations_are_taken_away(seen: Page, tmp_path: Path) -> None:
    answer = asks(seen, QUESTION)
    for name, sign in (("Markdown", "[1]"), ("Web page", "<!doctype html>"), ("JSON", '"quote"')):
        for place in (answer, seen.locator(".cw-links").first):
            with seen.expect_download() as download:
                place.get_by_role("link", name=name, exact=True).click()
            text = Path(download.value.path()).read_text(encoding="utf-8")
            assert QUOTE in text and sign.lower() in text.lower()
            assert re.fullmatch(r"[\w.-]+\.(?:md|html|json)", download.value.suggested_filename)


def test_a_claim_is_copied_with_its_source(seen: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    asks(seen, QUESTION).locator("button.cw-copy").first.click()
    expect(seen.locator("#cw-told")).to_have_text("Copied")
    copied = seen.evaluate("navigator.clipboard.readText()")
    assert QUOTE in copied and "20 February 2023" in copied


def test_a_conversation_is_found_renamed_deleted_and_brought_back(seen: Page) -> None:
    asks(seen, "Who is Benny Gantz?")
    seen.get_by_role("button", name=re.compile("sidebar", re.I)).first.click()
    listed = seen.locator("#cw-history")
    expect(listed.get_by_label("Who is Benny Gantz?", exact=True).first).to_be_checked()
    seen.get_by_label("New name").fill("About Gantz")
    seen.get_by_role("button", name="Rename").click()
    expect(listed.get_by_label("About Gantz")).to_be_checked()
    seen.get_by_role("button", name="Delete").first.click()
    expect(listed.get_by_label("About Gantz")).to_have_count(0)
    expect(seen.locator("#cw-chat .user-row")).to_have_count(0)
    seen.get_by_role("button", name="Undo").first.click()
    expect(listed.get_by_label("About Gantz")).to_be_checked()
    expect(seen.locator("#cw-chat .user-row")).to_have_count(1)
    seen.get_by_role("button", name="New conversation").click()
    expect(seen.locator("#cw-chat .user-row")).to_have_count(0)
    seen.get_by_label("Search the history").fill("gantz about")
    expect(listed.locator("label")).to_have_count(1)
    listed.get_by_label("About Gantz").check()
    expect(seen.locator("#cw-chat .user-row")).to_have_count(1)


def test_history_and_ratings_outlive_a_restart(page: Page, tmp_path: Path) -> None:
    home = tmp_path / "home"
    ingest(home, [SEEDS], Settings())
    with Watched(page) as watch:
        with served(home) as url:
            asks(opened(page, url), QUESTION)
            quotation = page.locator(".cw-answer blockquote").first.inner_text()
            page.get_by_role("button", name="Dislike", exact=True).click()
            remark = page.get_by_label("What is right or wrong with the last answer you rated?")
            remark.fill("It was somebody else.")
            page.get_by_role("button", name="Keep the remark").click()
            expect(remark).to_be_hidden()
            watch.leave()
        with served(home) as url:
            opened(page, url)
            page.get_by_role("button", name=re.compile("sidebar", re.I)).first.click()
            page.locator("#cw-history").get_by_label(QUESTION).check()
            expect(page.locator(".cw-answer blockquote").first).to_have_text(quotation)
            watch.leave()

    with History(home) as history:
        (turn,) = history.rated()
        assert (turn.thumb, turn.comment) == (-1, "It was somebody else.")


def test_an_old_answer_says_that_its_article_has_changed(page: Page, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "news"
    shutil.copytree(SEEDS, folder)
    ingest(home, [folder], Settings())
    with Watched(page) as watch, served(home) as url:
        asks(opened(page, url), QUESTION)
        expect(page.locator(".cw-since")).to_have_count(0)
        for file in folder.glob("*.txt"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(QUOTE, QUOTE.replace("receptive", "hesitant")), "utf-8")
        assert ingest(home, [folder], Settings()).count("updated") == 1
        page.reload()
        page.get_by_role("button", name=re.compile("sidebar", re.I)).first.click()
        page.locator("#cw-history").get_by_label(QUESTION).check()
        expect(page.locator(".cw-answer blockquote").first).to_contain_text(QUOTE)
        expect(page.locator(".cw-since").first).to_be_visible()
        page.locator("a.cw-cite").first.click()
        evidence = page.locator("#cw-evidence")
        expect(evidence.locator("#hit")).to_contain_text(QUOTE)
        expect(evidence.get_by_role("note")).to_contain_text("has changed since it was cited")
        watch.leave()
