from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.days import Day, covers, find_days, parse_day

THURSDAY = date(2014, 10, 2)
Parts = tuple[int | None, int | None, int | None]
FORMS = (
    "{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0.day} {0:%B} {0.year}", "{0.day} {0:%b} {0.year}",
    "{0.day:02} {0:%B}, {0.year}", "{0.day}th of {0:%B} {0.year}", "{0:%B} {0.day}, {0.year}",
    "{0:%b}. {0.day}, {0.year}", "{0:%B} {0.day} {0.year}", "{0:%A}, {0.day} {0:%B} {0.year}",
    "{0.day}-{0:%b}-{0.year}",
)  # fmt: skip


def parts(day: Day | None) -> Parts | None:
    return day and day[:3]


@given(st.dates(date(1500, 1, 1), date(2199, 12, 31)), st.sampled_from(FORMS))
def test_every_form_of_a_date_is_read_back_and_found(day: date, form: str) -> None:
    text = form.format(day)
    assert parts(parse_day(f" {text}\n")) == (day.year, day.month, day.day)
    assert (day.year, day.month, day.day) in [d[:3] for d in find_days(f"It fell on {text}.")]


@given(st.dates(date(1500, 1, 1), date(2199, 12, 31)))
def test_parts_of_a_date_are_read_back(day: date) -> None:
    assert parts(parse_day(f"{day:%B} {day.year}")) == (day.year, day.month, None)
    assert parts(parse_day(day.isoformat()[:7])) == (day.year, day.month, None)
    assert parts(parse_day(f"{day:%B} {day.day}")) == (None, day.month, day.day)
    assert parts(parse_day(str(day.year))) == (day.year, None, None)


@pytest.mark.parametrize(
    "text",
    ["01/02/2023", "30 February 2023", "2023-02-30", "67", "in 2014", "May 14 people", "", "1490"],
)
def test_what_is_no_date_or_has_two_readings_is_not_parsed(text: str) -> None:
    assert parse_day(text) is None


@pytest.mark.parametrize("text", ["13/02/2023", "02/13/2023"])
def test_an_all_number_date_counts_where_only_one_reading_is_possible(text: str) -> None:
    assert parts(parse_day(text)) == (2023, 2, 13)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("after 2007", [(2007, None, None)]),
        ("the 2014 elections (2015)", [(2014, None, None), (2015, None, None)]),
        ("between 2007 and 2014", [(2007, None, None), (2014, None, None)]),
        ("the 2013-14 season", [(2013, None, None), (2014, None, None)]),
        ("in November 2022", [(2022, 11, None)]),
        ("3-5 May 2014", [(2014, 5, 3), (2014, 5, 5)]),
        ("In September, Gantz", [(None, 9, None)]),
        ("by May", [(None, 5, None)]),
        ("In March 1,200 people", [(None, 3, None)]),
        ("2,000 people, 2014 people, by 2014 people", []),
        ("Theresa May said they may march; 3 may be 2014", []),
        ("in the 1990s", []),
        ("On Tuesday, yesterday, last week", []),
    ],
)
def test_dates_are_found_as_they_are_written(text: str, expected: list[Parts]) -> None:
    assert [d[:3] for d in find_days(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", [(2014, 10, 2)]),
        ("yesterday", [(2014, 10, 1)]),
        ("tomorrow", [(2014, 10, 3)]),
        ("On Tuesday he came.", [(2014, 9, 30)]),
        ("On Thursday he came.", [(2014, 10, 2)]),
        ("He will come on Tuesday.", [(2014, 9, 30), (2014, 10, 7)]),
        ("last Tuesday", [(2014, 9, 30), (2014, 9, 23)]),
        ("late next month", [(2014, 11, None)]),
        ("last year", [(2013, None, None)]),
        ("last week", [(2014, 9, None)]),
        ("two days ago", [(2014, 9, 30)]),
        ("three months ago", [(2014, 7, None)]),
        ("10 years ago", [(2004, None, None)]),
        ("on December 28", [(2013, 12, 28)]),
        ("on Nov. 28", [(2014, 11, 28)]),
        ("last May", [(2014, 5, None)]),
        ("Tuesday, Sept. 30", [(2014, 9, 30)]),
    ],
)
def test_relative_dates_count_from_the_day_of_publication(text: str, expected: list[Parts]) -> None:
    assert [d[:3] for d in find_days(text, THURSDAY) if d.relative] == expected


@pytest.mark.parametrize(
    ("found", "wanted", "covered"),
    [
        ("14 May 2014", "May 14", True),
        ("14 May 2014", "2014", True),
        ("14 May 2014", "2014-05", True),
        ("2014", "14 May 2014", False),
        ("14 May 2014", "15 May 2014", False),
        ("May 14", "14 May 2014", False),
    ],
)
def test_a_date_covers_its_parts(found: str, wanted: str, covered: bool) -> None:
    first, second = parse_day(found), parse_day(wanted)
    assert first is not None and second is not None
    assert covers(first, second) is covered


@given(
    st.one_of(st.text(), st.text("0123456789-/. MaySepTuesday ago last in")),
    st.one_of(st.none(), st.dates()),
)
def test_no_text_makes_finding_fail_and_offsets_are_in_order(
    text: str, published: date | None
) -> None:
    found = find_days(text, published)
    assert all(0 <= d.start < d.end <= len(text) for d in found)
    assert [d.start for d in found] == sorted(d.start for d in found)
