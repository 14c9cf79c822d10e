"""The page answers at once, whatever its indexes are like, and has them mended meanwhile."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.settings import Settings
from tests.self_queries import wrong_self_queries
from ui.chat import index_mender, shared_engine
from ui.chat.index_mender import IndexMender
from ui.chat.shared_engine import SharedEngine

QUESTION = "Who was put in charge of the secret talks?"


@pytest.fixture
def copy(seeds_home: Path, home: Path) -> Path:
    shutil.copytree(seeds_home, home)
    return home


def state(home: Path) -> str:
    with Library(home) as library:
        return Indexes(home, library).state()


def until(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not done():
        assert time.monotonic() < ends
        time.sleep(0.05)


def delete_the_indexes(home: Path) -> None:
    shutil.rmtree(home / "index")


def damage_the_vectors(home: Path) -> None:
    (path,) = home.glob("index/*/chroma/*/header.bin")
    path.write_bytes(b"x" * 100)


def fall_behind(home: Path) -> None:
    with Library(home) as library:
        library.move(library.stored()[0].id, "/elsewhere.txt")


@pytest.mark.parametrize("damage", [delete_the_indexes, damage_the_vectors, fall_behind])
def test_nobody_waits_for_indexes_to_be_mended(
    damage: Callable[[Path], None], copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(copy)
    monkeypatch.setattr(shared_engine, "_LOOKED_S", 0.0)
    # This process may not mend them itself: whoever asks would wait for it.
    monkeypatch.setattr(Indexes, "catch_up", None)
    told: list[str] = []
    with SharedEngine(copy, Settings(), None, told.append) as shared:
        with shared.lent() as first:
            assert not first.whole
            assert first.ask(QUESTION).citations
        until(lambda: state(copy) == "current")
        with shared.lent() as then_:
            assert then_.whole and then_ is not first
            assert then_.ask(QUESTION).citations
    assert len(told) == 1 and "mending them from the library" in told[0]
    assert wrong_self_queries(copy) == []


def test_what_cannot_be_mended_now_is_tried_again(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_the_indexes(copy)
    monkeypatch.setattr(shared_engine, "_LOOKED_S", 0.0)
    monkeypatch.setattr(index_mender, "_AGAIN_S", 0.0)
    with SharedEngine(copy, Settings(), None) as shared:
        with writer_lock(copy), shared.lent():
            until(lambda: shared._mender._process is None)

        def whole() -> bool:
            with shared.lent() as engine:
                return engine.whole

        until(whole)


def test_what_can_never_be_mended_is_said_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_mender, "_AGAIN_S", 0.0)
    delete_the_indexes(copy)
    (copy / "index").write_text("in the way")
    told: list[str] = []
    with IndexMender(copy, told.append) as mender:
        for _ in range(2):
            mender.start()
            until(lambda: mender._process is None)
    assert len([line for line in told if "move it away" in line]) == 1


def test_closing_stops_what_is_under_way(copy: Path) -> None:
    delete_the_indexes(copy)
    mender = IndexMender(copy, lambda _: None)
    mender.start()
    mender.close()
    assert not [t for t in threading.enumerate() if t.name == "index-mender"]
    mender.start()
    assert not [t for t in threading.enumerate() if t.name == "index-mender"]
    assert wrong_self_queries(copy) == []
