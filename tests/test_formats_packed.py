from __future__ import annotations

import gzip
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.formats.packed import open_gzip
from rag.errors import RejectedFile

LINES = b'{"text": "The ferry struck the pier."}\n' * 5000
PACKED = gzip.compress(LINES)


def refusal(content: bytes, most: int = 10_000_000) -> str:
    with pytest.raises(RejectedFile) as caught:
        open_gzip(io.BytesIO(content), most).read()
    return str(caught.value)


def test_what_a_gzip_file_holds_is_read_in_pieces_lines_or_at_once() -> None:
    assert open_gzip(io.BytesIO(PACKED), len(LINES)).read() == LINES
    stream = open_gzip(io.BytesIO(PACKED), len(LINES))
    assert stream.readline() == LINES[:39] and stream.read(5) == LINES[:5]


def test_files_joined_one_after_another_are_read_to_the_last() -> None:
    assert open_gzip(io.BytesIO(PACKED + PACKED), 10_000_000).read() == LINES * 2


@pytest.mark.parametrize("at", [3, 20, len(PACKED) // 2, len(PACKED) - 1])
def test_a_gzip_file_that_is_cut_off_is_refused(at: int) -> None:
    assert refusal(PACKED[:at]) == "a compressed file that is cut off: copy or compress it anew"


@pytest.mark.parametrize(
    "content",
    [b"The ferry struck.", PACKED[:-8] + b"\0" * 8, PACKED[:40] + b"\xff" * 9 + PACKED[49:]],
)
def test_a_damaged_gzip_file_is_refused(content: bytes) -> None:
    assert refusal(content) == "a damaged compressed file: copy or compress it anew"


def test_a_bomb_is_stopped_without_being_held() -> None:
    bomb = gzip.compress(b"\0" * 100_000_000)
    tracemalloc.start()
    stream = open_gzip(io.BytesIO(bomb), 1_000_000)
    with pytest.raises(RejectedFile, match="larger than 1 MB once inflated"):
        stream.readline()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


@hypothesis_settings(max_examples=60, deadline=2000)
@given(st.binary(max_size=8), st.integers(0, len(PACKED)))
def test_a_gzip_file_changed_anywhere_is_read_or_refused(put: bytes, at: int) -> None:
    try:
        found = open_gzip(io.BytesIO(PACKED[:at] + put + PACKED[at + len(put) :]), 1_000_000).read()
    except RejectedFile:
        return
    assert found == LINES
