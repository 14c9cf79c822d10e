"""The page in a real browser: what a person does, and what they then see.

Chromium is Debian's. Where it or Playwright is missing these tests are skipped, saying so; with
`CITEWIRE_BROWSER=required`, as in CI, they then fail.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.pipeline import ingest
from rag.library import Library
from rag.settings import Settings
from tests.conftest import SEEDS
from tests.page_server import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_MISSING = [
    name
    for name, there in (
        ("Chromium", CHROMIUM),
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

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

from playwright.sync_api import expect  # noqa: E402 - only where it is installed

QUESTION = "Who was put in charge of the secret talks with the Palestinians?"
QUOTE = "Netanyahu was receptive, the sources said, and gave his national security adviser"
UNANSWERED = "How long is the tunnel that the negotiators used?"
FOLLOW_UP = "And who is he?"
PHONE = {"width": 390, "height": 844}
WIDTHS = {
    "phone": PHONE,
    "tablet": {"width": 820, "height": 1100},
    "wide": {"width": 1440, "height": 900},
}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    flags = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync"
    )
    return {"executable_path": CHROMIUM, "headless": True, "args": flags.split()}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the sample collection that these tests may write to."""
    home = tmp_path_factory.mktemp("page") / "home"
    ingest(home, [SEEDS], Settings())
    return home


@pytest.fixture(scope="module")
def address(library: Path) -> Iterator[str]:
    with served(library) as url:
        yield url


@pytest.fixture
def seen(page: Page, address: str) -> Iterator[Page]:
    """The page, opened; whatever it complains of, and any outside request, fails the test."""
    with Watched(page):
        yield opened(page, address)


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


# --- asking ------------------------------------------------------------------------------


def test_a_citation_leads_to_the_very_sentence_in_its_article(seen: Page, library: Path) -> None:
    answer = asks(seen, QUESTION)
    expect(answer.locator("blockquote").first).to_contain_text(QUOTE)
    answer.locator("a.cw-cite").first.click()
    hit = seen.locator("#cw-evidence #hit")
    expect(hit).to_be_visible()
    expect(hit).to_be_focused()
    href = answer.locator("a.cw-open").first.get_attribute("href") or ""
    found = re.fullmatch(r"article/(\w+)\?start=(\d+)&end=(\d+)#hit", href)
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


# --- taking away, and the history --------------------------------------------------------


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
    from rag.history import History

    with History(home) as history:
        (turn,) = history.rated()
        assert (turn.thumb, turn.comment) == (-1, "It was somebody else.")


# --- the library -------------------------------------------------------------------------


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


# --- manners -----------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, address: str, width: str, scheme: Any
) -> None:
    context = browser.new_context(viewport=WIDTHS[width], color_scheme=scheme)  # type: ignore[arg-type]
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


# --- users -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from ui.users import Users

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


# --- a model that writes -----------------------------------------------------------------


@pytest.fixture
def written(library: Path) -> Iterator[Callable[..., Any]]:
    """The page with a scripted model."""
    from contextlib import ExitStack

    from tests.scripted_writer import ModelServer

    with ExitStack() as stack:

        def start(script: Any) -> str:
            server = stack.enter_context(ModelServer(script, "served-model"))
            return stack.enter_context(served(library, "--no-cache", OPENAI_BASE_URL=server.url))

        yield start


def test_a_model_writes_sentence_by_sentence_and_can_be_stopped(
    page: Page, written: Callable[..., str]
) -> None:
    from tests.fake_openai import Request, Streamed, streamed
    from tests.scripted_writer import pointed, prompt_of

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
    from tests.scripted_writer import writes

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
        expect(answer.locator(".cw-dropped li")).to_contain_text("4 million dollars")
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


def test_health_tells_how_the_library_is(seen: Page, address: str) -> None:
    told = json.loads(seen.request.get(f"{address}/health").text())
    assert told["status"] == "ok" and told["articles"] >= 5
