"""Makes the pictures in docs/images/ anew; run by hand, where Chromium is.

python -m tests.take_screenshots
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from ingest.pipeline import ingest
from rag.settings import Settings
from tests.conftest import ROOT, SEEDS
from tests.page_server import BROWSER, served

QUESTION = "Who was put in charge of the secret talks with the Palestinians?"
IMAGES = ROOT / "docs" / "images"


def _asked(browser: Browser, url: str, width: int, height: int, scheme: str = "light") -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(url)
    field = page.locator("#cw-question textarea")
    field.wait_for()
    page.locator("#cw-chat .examples").wait_for(state="attached")
    field.fill(QUESTION)
    field.press("Enter")
    page.locator(".cw-actions").wait_for()
    page.locator("a.cw-cite").first.click()
    page.locator("#cw-evidence #hit").wait_for()
    page.wait_for_timeout(1000)
    return page


def main() -> None:
    """Take them."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        home = Path(temporary) / "home"
        ingest(home, [SEEDS], Settings())
        browser = playwright.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"]
        )
        with served(home) as url:
            wide = _asked(browser, url, 1280, 860)
            wide.screenshot(path=IMAGES / "ask-wide.png")
            wide.get_by_role("tab", name="Library").click()
            wide.wait_for_timeout(1000)
            wide.screenshot(path=IMAGES / "library.png")
            _asked(browser, url, 390, 844).screenshot(path=IMAGES / "ask-phone.png")
            _asked(browser, url, 1280, 860, "dark").screenshot(path=IMAGES / "ask-dark.png")
        browser.close()


if __name__ == "__main__":
    main()
