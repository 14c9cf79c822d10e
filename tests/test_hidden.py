from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.hidden import HIDDEN, hidden_in, named, with_hidden, without_hidden
from rag.reading import fold

FAMILY = "👩\u200d👩\u200d👧"
PERSIAN = "می\u200cخواهم"


@pytest.mark.parametrize(
    ("text", "found", "left"),
    [
        ("Ha\u200bmas", {"zero-width": 1}, "Hamas"),
        ("\ufeffPort\u00adEnnick", {"zero-width": 2}, "PortEnnick"),
        ("a\u202eb\u2069c\u200f", {"direction": 3}, "abc"),
        ("a\x00b\x1bc\x9bd", {"control": 3}, "abcd"),
        ("\x1b[31mred\x1b[0m \x1b[2Jgone", {"control": 3}, "red gone"),
        ("a\u200db\u200c", {"zero-width": 2}, "ab"),
        (f"{FAMILY} and {PERSIAN}", {}, f"{FAMILY} and {PERSIAN}"),
        ("lines\r\n\tand\u2028blanks\u00a0stay\x0b\x0c\x1c\x85", {}, None),
        ("النهار 東京 é", {}, None),
    ],
)
def test_what_cannot_be_seen_is_counted_and_left_out(
    text: str, found: dict[str, int], left: str | None
) -> None:
    assert hidden_in(text) == found
    assert without_hidden(text) == (text if left is None else left)


def test_each_is_shown_by_its_name() -> None:
    shown = with_hidden("Ha\u200bmas\x1b[31m", lambda sign: f"<{named(sign)}>")
    assert shown == "Ha<U+200B>mas<U+001B>"


def test_models_read_a_word_as_it_looks() -> None:
    assert fold("The Ha\u200bmas\u00ad-run \u202eoffice\u202c") == "The Hamas-run office"


@given(st.text())
def test_what_is_left_can_be_seen(text: str) -> None:
    left = without_hidden(text)
    assert not any(c in left for c in "\x00\x07\x1b\u200b\u202e\u2066\ufeff")
    assert sum(hidden_in(text).values()) == len(HIDDEN.findall(text))
