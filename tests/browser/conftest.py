"""The page of a library, served once for all these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.pipeline import ingest
from rag.settings import Settings
from tests.conftest import SEEDS
from tests.page_server import BROWSER, served

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    flags = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync"
    )
    return {
        "executable_path": BROWSER,
        "headless": True,
        "args": flags.split(),
    }


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the sample collection that these tests may write to."""
    home = tmp_path_factory.mktemp("page") / "home"
    ingest(home, [SEEDS], Settings())
    return home


@pytest.fixture(scope="session")
def address(library: Path) -> Iterator[str]:
    with served(library) as url:
        yield url


@pytest.fixture
def seen(page: Page, address: str) -> Iterator[Page]:
    """The page, opened; whatever it complains of, and any outside request, fails the test."""
    from tests.browser.steps import Watched, opened  # it is skipped where there is no browser

    with Watched(page):
        yield opened(page, address)
