"""Replies on disk: found again only for the very same request, and never in the way."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rag import reply_cache
from rag.llm import Completion
from rag.reply_cache import ReplyCache, replies_of

REPLY = Completion("Brandt, “at the helm” – 船长 [1].", 11, 7, "served-model", 1.5)
REQUEST: dict[str, Any] = {
    "host": "http://127.0.0.1:8080/v1",
    "model": "m-1",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}],
    "temperature": 0.0,
    "max_tokens": 800,
}
KEY = ReplyCache.key(REQUEST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "replies"


def test_a_reply_is_found_again_as_it_was_by_another_run(folder: Path) -> None:
    ReplyCache(folder).put(KEY, REPLY)
    assert ReplyCache(folder).get(KEY) == REPLY


def test_a_folder_that_is_not_there_has_none_and_is_not_made_by_looking(folder: Path) -> None:
    assert ReplyCache(folder).get(KEY) is None
    assert not folder.exists()


def test_replies_live_beside_the_library(tmp_path: Path) -> None:
    assert replies_of(tmp_path) == tmp_path / "replies"


@pytest.mark.parametrize(
    "change",
    [
        {"host": "http://127.0.0.1:8081/v1"},
        {"model": "m-2"},
        {"temperature": 0.1},
        {"max_tokens": 801},
        {"messages": REQUEST["messages"][:1]},
        {"messages": [REQUEST["messages"][0], {"role": "user", "content": "Who? "}]},
        {"seed": 1},
    ],
)
def test_another_request_has_another_key(change: dict[str, Any], folder: Path) -> None:
    cache = ReplyCache(folder)
    cache.put(KEY, REPLY)
    other = ReplyCache.key({**REQUEST, **change})
    assert other != KEY and cache.get(other) is None


def test_the_same_request_in_another_order_has_the_same_key() -> None:
    assert ReplyCache.key(dict(reversed(REQUEST.items()))) == KEY
    assert len(KEY) == 64


def test_a_later_reply_takes_an_earlier_ones_place(folder: Path) -> None:
    cache = ReplyCache(folder)
    cache.put(KEY, REPLY)
    cache.put(KEY, REPLY._replace(text="Nobody."))
    assert cache.get(KEY) == REPLY._replace(text="Nobody.")
    assert len(list(folder.iterdir())) == 1


def test_a_file_cut_off_anywhere_counts_as_absent(folder: Path) -> None:
    cache = ReplyCache(folder)
    cache.put(KEY, REPLY)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert cache.get(KEY) is None, end
    path.write_bytes(whole)
    assert cache.get(KEY) == REPLY


def row(**changes: object) -> bytes:
    text = changes.get("text", REPLY.text)
    return json.dumps(
        {**REPLY._asdict(), "sha256": reply_cache._sha256(str(text)), **changes}
    ).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b"[" * 100_000,
        row(sha256="0" * 64),
        row(sha256=None),
        row(prompt_tokens="many"),
        row(prompt_tokens=None),
        row(prompt_tokens=float("inf")),
        row(seconds=[]),
        row(text=7),
        row(text=None),
        row().replace(b"helm", b"ruin"),
    ],
)
def test_a_damaged_file_counts_as_absent_and_is_written_over(content: bytes, folder: Path) -> None:
    cache = ReplyCache(folder)
    cache.put(KEY, REPLY)
    (path,) = folder.iterdir()
    path.write_bytes(content)
    assert cache.get(KEY) is None
    cache.put(KEY, REPLY)
    assert cache.get(KEY) == REPLY


def test_a_row_as_it_is_written_can_be_read(folder: Path) -> None:
    """Else the test above would pass with any row."""
    folder.mkdir(parents=True)
    (folder / f"{KEY}.json").write_bytes(row())
    assert ReplyCache(folder).get(KEY) == REPLY


def test_a_directory_in_a_files_place_counts_as_absent(folder: Path) -> None:
    (folder / f"{KEY}.json").mkdir(parents=True)
    cache = ReplyCache(folder)
    cache.put(KEY, REPLY)
    assert cache.get(KEY) is None
    assert [path.name for path in folder.iterdir()] == [f"{KEY}.json"]


def test_a_folder_that_takes_no_files_costs_nothing(tmp_path: Path) -> None:
    """A file stands where the folder would be: that holds for every user, root included."""
    (tmp_path / "replies").write_text("no folder")
    cache = ReplyCache(tmp_path / "replies")
    cache.put(KEY, REPLY)
    assert cache.get(KEY) is None
    cache.clear()
    assert (tmp_path / "replies").read_text() == "no folder"


def test_no_half_written_file_is_left(folder: Path) -> None:
    cache = ReplyCache(folder)
    for n in range(20):
        cache.put(ReplyCache.key({"n": n}), REPLY)
    assert {path.suffix for path in folder.iterdir()} == {".json"}


def test_clear_forgets_all_of_it_and_nothing_else(folder: Path) -> None:
    cache = ReplyCache(folder)
    cache.put(KEY, REPLY)
    (folder / "half.part").write_text("{")
    (folder / "notes.txt").write_text("mine")
    cache.clear()
    assert cache.get(KEY) is None
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    ReplyCache(folder / "nowhere").clear()


def test_the_oldest_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_cache, "_MOST", 3)
    cache = ReplyCache(folder)
    keys = [ReplyCache.key({"n": n}) for n in range(6)]
    for n, key in enumerate(keys):
        cache.put(key, REPLY)
        os.utime(folder / f"{key}.json", (n, n))
    ReplyCache(folder).put(KEY, REPLY)  # the first of each run looks how many there are
    assert [cache.get(key) is not None for key in (*keys, KEY)] == [False] * 4 + [True] * 3


def test_a_reply_in_odd_characters_is_kept_as_it_was(folder: Path) -> None:
    odd = REPLY._replace(text='\0\u2028\U0001f642 \\ " \x1b[31m\r\n', model="ü")
    cache = ReplyCache(folder)
    cache.put(KEY, odd)
    assert cache.get(KEY) == odd
