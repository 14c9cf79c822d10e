"""The library on the page: uploads, pasted texts, editing, and the first run."""

from __future__ import annotations

import json
import re
from pathlib import Path

from rag.library import Library
from tests.browser.steps import (
    QUESTION,
    QUOTE,
    Page,
    Watched,
    asks,
    expect,
    opened,
    tab,
    violations,
)
from tests.page_server import served


def test_files_are_uploaded_good_and_bad(seen: Page, library: Path, tmp_path: Path) -> None:
    good = tmp_path / "ferry.txt"
    good.write_text(
        "Outlet: The Harbour Post\nDate: 2024-05-03\n\nFerry strikes pier\n\nThe ferry Halcyon"
        " struck the north pier of Port Ennick on Thursday, injuring fourteen people.\n"
    )
    bad = tmp_path / "picture.txt"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe\x00")
    tab(seen, "Library")
    seen.locator("#cw-upload input[type=file]").set_input_files([good, bad])
    report = seen.locator("#cw-ingest-report")
    expect(report).to_contain_text("1 ingested, 1 rejected", timeout=20_000)
    expect(report.locator("li")).to_have_count(1)
    expect(report.locator("li")).to_contain_text("picture.txt")
    expect(seen.locator("#cw-articles")).to_contain_text("Ferry strikes pier")
    tab(seen, "Ask")
    answer = asks(seen, "How many people were injured when the ferry struck the pier?")
    expect(answer.locator("blockquote").first).to_contain_text("fourteen people")
    tab(seen, "Library")
    seen.locator("#cw-articles").get_by_text("Ferry strikes pier").first.click()
    expect(seen.locator("#cw-selected")).to_contain_text("Ferry strikes pier")
    seen.get_by_label("Outlet (empty: unknown)").fill("The Ennick Times")
    seen.get_by_role("button", name="Save").click()
    expect(seen.locator("#cw-articles")).to_contain_text("The Ennick Times", timeout=20_000)
    seen.get_by_role("button", name="Delete").last.click()
    expect(seen.locator("#cw-articles")).not_to_contain_text("Ferry strikes pier", timeout=20_000)
    seen.get_by_role("button", name="Undo").last.click()
    expect(seen.locator("#cw-articles")).to_contain_text("The Ennick Times", timeout=20_000)
    with Library(library) as held:
        (article,) = (a for a in held.listing() if a.title == "Ferry strikes pier")
        assert article.outlet == "The Ennick Times"


def test_a_pasted_text_is_an_article(seen: Page) -> None:
    tab(seen, "Library")
    seen.get_by_role("button", name="Or paste a text").click()
    seen.get_by_label("Its title").fill("Bridge closed")
    seen.get_by_label("Its date").fill("2024-06-01")
    seen.get_by_label("The text", exact=True).fill(
        "The Orrel bridge was closed on Monday for nine days."
    )
    seen.get_by_role("button", name="Add the text").click()
    expect(seen.locator("#cw-articles")).to_contain_text("Bridge closed", timeout=20_000)
    expect(seen.locator("#cw-articles")).to_contain_text("2024-06-01")
    seen.get_by_label("Search titles and outlets").fill("bridge")
    expect(seen.get_by_text(re.compile(r"^1 of \d+ articles$"))).to_be_visible()


def test_an_empty_library_offers_the_sample_collection(page: Page, tmp_path: Path) -> None:
    with Watched(page) as watch, served(tmp_path / "nothing") as url:
        opened(page, url)
        expect(page.get_by_text("The library is empty")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Load the sample collection").click()
        expect(page.get_by_text("The library is empty")).to_be_hidden(timeout=30_000)
        expect(asks(page, QUESTION).locator("blockquote").first).to_contain_text(QUOTE)
        watch.leave()


def test_health_tells_how_the_library_is(seen: Page, address: str) -> None:
    told = json.loads(seen.request.get(f"{address}/health").text())
    assert told["status"] == "ok" and told["articles"] >= 5


def test_a_long_upload_shows_how_far_it_is(seen: Page, tmp_path: Path) -> None:
    files = []
    for n in range(30):
        files.append(tmp_path / f"report-{n}.txt")
        text = (
            f"Sluice {n} of the Ennick canal was opened on Monday. It had been shut for {n} days."
        )
        files[-1].write_text(" ".join([text] * 30))
    tab(seen, "Library")
    seen.locator("#cw-upload input[type=file]").set_input_files(files)
    expect(
        seen.locator("#cw-upload, #cw-ingest-report").get_by_text("report-").first
    ).to_be_visible(timeout=20_000)
    expect(seen.locator("#cw-upload").get_by_text(re.compile(r"[0-9]+/30")).first).to_be_visible(
        timeout=20_000
    )
    expect(seen.locator("#cw-ingest-report")).to_contain_text("30 ingested", timeout=60_000)
