"""What people type into the page's fields."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import SettingsError
from ui.chat.desk import Options
from ui.chat.fields import day_of, options_of

EMPTY: dict[str, Any] = {
    "as_of": None,
    "since": None,
    "until": None,
    "outlets": None,
    "writer": None,
    "model": None,
    "quotes": None,
}


@pytest.mark.parametrize("typed", [None, "", "  ", "\n\t"])
def test_an_empty_field_is_no_day(typed: str | None) -> None:
    assert day_of(typed, "Since") is None


def test_a_day_may_have_blanks_around_it() -> None:
    assert day_of("  2024-02-29\n", "Since") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "typed", ["2023-02-30", "yesterday", "1.2.2023", "2023-2-1", "２０２３-02-01", "2023-02-01T10"]
)
def test_what_is_no_day_is_named_with_its_field(typed: str) -> None:
    with pytest.raises(SettingsError, match=r"“Published since” is .*; write it as 2023-02-01"):
        day_of(typed, "Published since")


@settings(deadline=None)
@given(st.text(max_size=300))
def test_a_field_that_is_no_day_is_told_in_one_short_line(typed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        day_of(f"{typed}x", "Since")
    told = str(caught.value)
    assert len(told.splitlines()) == 1 and len(told) < 600
    told.encode()


def test_nothing_typed_leaves_everything_as_the_settings_say() -> None:
    assert options_of(**EMPTY) == Options()
    assert options_of(**{**EMPTY, "outlets": [], "writer": "", "model": " "}) == Options()


def test_what_is_typed_becomes_the_options() -> None:
    options = options_of(
        as_of="2024-01-03",
        since="2024-01-01",
        until="2024-01-02",
        outlets=["Al Jazeera", "Le Monde"],
        writer="model",
        model=" llama3.1:8b ",
        quotes=5.0,
    )
    assert options == Options(
        as_of=date(2024, 1, 3),
        since=date(2024, 1, 1),
        until=date(2024, 1, 2),
        outlets=("Al Jazeera", "Le Monde"),
        writer="model",
        model="llama3.1:8b",
        quotes=5,
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [("as_of", "Answer as of"), ("since", "Published since"), ("until", "Published until")],
)
def test_each_day_is_told_by_its_own_field(name: str, shown: str) -> None:
    with pytest.raises(SettingsError, match=f"“{shown}” is 'soon'"):
        options_of(**{**EMPTY, name: "soon"})


@pytest.mark.parametrize("quotes", [0, 11, -1, 0.5, float("nan"), float("inf")])
def test_a_number_of_quotations_that_cannot_be_is_told(quotes: float) -> None:
    with pytest.raises(SettingsError, match="1 to 10 quotations"):
        options_of(**{**EMPTY, "quotes": quotes})


@pytest.mark.parametrize("model", ["a\nb", "a\x00", "\u202ea", "\ud800", "m" * 2001])
def test_a_model_that_no_server_names_is_told(model: str) -> None:
    with pytest.raises(SettingsError, match="The model's name"):
        options_of(**{**EMPTY, "model": model})


@pytest.mark.parametrize("writer", ["Quotes", "auto", "<script>", "other"])
def test_another_writer_is_the_one_that_is_set(writer: str) -> None:
    assert options_of(**{**EMPTY, "writer": writer}).writer == ""
