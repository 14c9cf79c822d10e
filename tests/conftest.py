from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ingest.pipeline import IngestReport, ingest
from rag.engine import Engine
from rag.reader import Read, Reader, Window
from rag.settings import Settings

ROOT = Path(__file__).parent.parent
Run = Callable[..., tuple[int, str, str]]
SEEDS = ROOT / "seeds"
REPORTS = ROOT.parent / "shared" / "seeds"

needs_reports = pytest.mark.skipif(
    not REPORTS.is_dir(), reason="the five reports are not beside this checkout (../shared/seeds)"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright leaves an event loop running behind them."""
    items.sort(key=lambda item: item.path.parent.name == "browser")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to leave this machine fails the test that made it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise AssertionError(f"a connection to {address!r} was tried")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("CITEWIRE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CITEWIRE_HOME", str(tmp_path / "default-home"))


class RememberingReader(Reader):
    """Reads each window once in a whole run of the tests: dozens ask the same questions.

    A window reads the same in any company, which tests/test_reader.py holds the reader to.
    """

    known: ClassVar[dict[tuple[str, Window], tuple[Read, ...]]] = {}

    def read(self, question: str, windows: Sequence[Window]) -> list[tuple[Read, ...]]:
        new = [w for w in windows if (question, w) not in self.known]
        for window, read in zip(new, super().read(question, new), strict=True):
            self.known[question, window] = read
        return [self.known[question, w] for w in windows]


@pytest.fixture(autouse=True)
def remembered_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.finder.Reader", RememberingReader)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "articles"
    path.mkdir()
    return path


@pytest.fixture
def take(home: Path, folder: Path) -> Callable[..., IngestReport]:
    """Ingests the folder (or other paths) into the home."""

    def run(*paths: Path, **options: Any) -> IngestReport:
        return ingest(home, list(paths) or [folder], Settings(), **options)

    return run


@pytest.fixture(scope="session")
def seeds_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the sample collection. Read only."""
    home = tmp_path_factory.mktemp("seeds") / "home"
    ingest(home, [SEEDS], Settings())
    return home


@pytest.fixture(scope="session")
def reports_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the five reports. Read only; only for tests that need the reports."""
    home = tmp_path_factory.mktemp("reports") / "home"
    ingest(home, [REPORTS], Settings())
    return home


@pytest.fixture(scope="session")
def engine(seeds_home: Path) -> Iterator[Engine]:
    """An engine on the sample collection."""
    with Engine(seeds_home, Settings()) as engine:
        yield engine


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path) -> Run:
    """Runs a command in this process; gives exit code, output and errors."""
    monkeypatch.setenv("COLUMNS", "100")

    def go(*args: object, at: Path = home) -> tuple[int, str, str]:
        from ui.cli import main

        try:
            code = main([*map(str, args), "--home", str(at)])
        except SystemExit as exc:
            code = int(exc.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return go


STORY = """Outlet: The Harbour Post
Date: 2024-05-03

Ferry strikes pier in Port Ennick

The ferry Halcyon struck the north pier of Port Ennick on Thursday, injuring fourteen people.

Captain Ilya Brandt was at the helm, the harbour master said.

The operator, Ennick Lines, had postponed an overhaul of the rudder twice because of its cost.
"""
OTHER = """Outlet: Coast Weekly
Date: 2024-06-10

Council votes to rebuild the market hall

The council of Lowmarket voted by nine to four to rebuild the market hall that burned in March.

Mayor Petra Quill said the work would cost 12 million crowns and take two years.
"""
