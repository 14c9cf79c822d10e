from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading import _LINK, _MARKS, fold

PIECES = ["#", "##", ">", "-", "+", "*", "**", "_", "`", "[a](b)", "![", "](", "Port", "x_y", "3-1",
          " ", "  ", "\n", "\t", "\u00a0", "\u2028", "\x1c", "é"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_text_is_folded_by_all_the_patterns_whatever_is_looked_for_first(text: str) -> None:
    plain = _MARKS.sub("", _LINK.sub(r"\1", text))
    assert fold(text) == re.sub(r"\s+", " ", plain).strip()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("# A  ferry\n\nsank", "A ferry sank"),
        ("- the **pier** and [the port](http://x)", "the pier and the port"),
        ("3 - 1 = 2, x_y", "3 1 = 2, x_y"),
        ("no marks\u00a0at all", "no marks at all"),
    ],
)
def test_marks_are_taken_out_and_blanks_made_one(text: str, folded: str) -> None:
    assert fold(text) == folded
