from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import DATE, parse_date


@pytest.mark.parametrize(
    "text",
    [
        "3 May 2024",
        "03 May, 2024",
        "3rd of May 2024",
        "May 3, 2024",
        "MAY 3 2024",
        "May 3rd, 2024",
        "3-May-2024",
        "2024-05-03",
        "2024/5/3",
        "2024.05.03",
        "20240503",
        "20240503T101500Z",
        "2024-05-03T23:30:00-05:00",
        "Friday, 3 May 2024",
        "Fri, 3 May 2024 10:15:00 +0000",
        "Fri 3 May 2024 10.15 BST",
        "May 3, 2024 Friday",
    ],
)
def test_a_whole_date_is_read_in_any_common_form(text: str) -> None:
    assert parse_date(text) == date(2024, 5, 3)


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2024",
        "3.4.2024",
        "Feb. 12",
        "May 2024",
        "2024",
        "3 May 24",
        "4 min",
        "200 a day",
        "Thursday",
        "yesterday",
        "30 February 2024",
        "2023-02-29",
        "2024-13-45",
        "2024-W18-5",
        "0001-01-01",
        "3 May 20241",
        "13 May was in 2024",
        "",
    ],
)
def test_what_is_no_whole_date_or_can_be_read_in_two_ways_stays_unknown(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25/12/2023", date(2023, 12, 25)),
        ("12/25/2023", date(2023, 12, 25)),
        ("05/05/2023", date(2023, 5, 5)),
    ],
)
def test_an_all_number_date_counts_where_only_one_reading_is_possible(
    text: str, expected: date
) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize("text", ["103 May 2024", "v2024-05-03", "12024-05-03", "2024-05-031"])
def test_a_date_is_not_found_inside_a_longer_number_or_word(text: str) -> None:
    assert DATE.search(text) is None


@given(st.dates(date(1500, 1, 1), date(2199, 12, 31)))
def test_every_date_written_out_is_found_and_read_back(day: date) -> None:
    text = f"{day.day} {day:%B} {day.year}"
    found = DATE.search(f"Published {text}.")
    assert found is not None
    assert parse_date(found[0]) == day == parse_date(day.isoformat())


@given(st.text())
def test_reading_a_date_never_raises(text: str) -> None:
    assert parse_date(text) is None or isinstance(parse_date(text), date)
