from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.numbers import find_numbers, parse_number, same_value

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen".split()
)
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def spelt(n: int, joint: str, link: str) -> str:
    """A number in words; `joint` as in twenty-one, `link` behind a hundred."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (joint + ONES[n % 10] if n % 10 else "")
    for size, word in (
        (10**9, "billion"),
        (10**6, "million"),
        (1000, "thousand"),
        (100, "hundred"),
    ):
        if n >= size:
            rest = n % size
            between = link if rest < 100 else " "
            head = f"{spelt(n // size, joint, link)} {word}"
            return head + (between + spelt(rest, joint, link) if rest else "")
    raise AssertionError(n)


@given(
    st.one_of(st.integers(0, 2000), st.integers(0, 10**9)),
    st.sampled_from(["-", " "]),
    st.sampled_from([" ", " and "]),
    st.sampled_from([str, str.upper, str.title]),
)
def test_a_whole_number_spelt_in_words_is_found_again(
    n: int, joint: str, link: str, case: Callable[[str], str]
) -> None:
    words = case(spelt(n, joint, link))
    (found,) = find_numbers(f"They counted {words} votes.")
    assert (found.value, found.unit, found.ordinal) == (n, "", False)
    assert f"They counted {words} votes."[found.start : found.end] == words


@given(st.integers(0, 10**12), st.sampled_from([",", "\u00a0", "\u202f", "\u2009", "'", ""]))
def test_a_whole_number_in_digits_is_found_again(n: int, gap: str) -> None:
    text = f"{n:,}".replace(",", gap)
    number = parse_number(f" {text}\n")
    assert number is not None and number.value == n


@pytest.mark.parametrize(
    ("text", "value", "unit", "ordinal"),
    [
        ("67", 67, "", False),
        ("1.2 million", 1.2e6, "", False),
        ("$5m", 5e6, "$", False),
        ("US$50 million", 5e7, "$", False),
        ("fifty million US dollars", 5e7, "$", False),
        ("£5k", 5000, "£", False),
        ("3bn euros", 3e9, "€", False),
        ("200 shekels", 200, "₪", False),
        ("67%", 67, "%", False),
        ("sixty-seven per cent", 67, "%", False),
        ("2.5 percent", 2.5, "%", False),
        ("-5", -5, "", False),
        ("−5", -5, "", False),
        ("minus five", -5, "", False),
        ("a hundred", 100, "", False),
        ("two hundred and fifty", 250, "", False),
        ("one and a half million", 1.5e6, "", False),
        ("a million and a half", 1.5e6, "", False),
        ("half a million", 5e5, "", False),
        ("twenty-one thousand three hundred", 21300, "", False),
        ("two thousand, five hundred", 2500, "", False),
        ("nineteen sixty-seven", 1967, "", False),
        ("two point five", 2.5, "", False),
        ("a dozen", 12, "", False),
        ("two dozen", 24, "", False),
        ("half a dozen", 6, "", False),
        ("a couple", 2, "", False),
        ("half", 0.5, "", False),
        ("a quarter", 0.25, "", False),
        ("two-thirds", 2 / 3, "", False),
        ("three quarters", 0.75, "", False),
        ("one third", 1 / 3, "", False),
        ("1/2", 0.5, "", False),
        ("½", 0.5, "", False),
        ("3½", 3.5, "", False),
        ("3 1/2", 3.5, "", False),
        ("21st", 21, "", True),
        ("third", 3, "", True),
        ("twenty-first", 21, "", True),
        ("two hundred and fiftieth", 250, "", True),
    ],
)
def test_a_number_is_read_in_every_common_form(
    text: str, value: float, unit: str, ordinal: bool
) -> None:
    number = parse_number(text)
    assert number is not None
    assert (number.unit, number.ordinal) == (unit, ordinal)
    assert number.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("won 33-3", [33, 3]),
        ("a score of 9-4 at 5:30", [9, 4, 5, 30]),
        ("10-12 or 10 to 12", [10, 12, 10, 12]),
        ("between one hundred and two hundred", [100, 200]),
        ("5-6 million", [5e6, 6e6]),
        ("one or two million", [1e6, 2e6]),
        ("10 to 12%", [10, 12]),
        ("two thousand, five of them", [2000, 5]),
        ("two thousand five million", [2000, 5e6]),
        ("a third country", [3]),
        ("a third of the land", [1 / 3]),
        ("the first half", [1]),
        ("one second", [1]),
        ("5km, 5pm, 16-year-old, mid-30s, the 1990s", [5, 5, 16, 30, 1990]),
        ("24/7 since 9/11", [24, 7, 9, 11]),
        ("a two-state solution", [2]),
        ("an F-16, a G7, COVID-19, 4G, v1.2, Il-76", []),
        ("dozens, hundreds of thousands, several thousand, twice, someone, Henry VIII", []),
    ],
)
def test_what_is_a_number_and_what_is_none(text: str, values: list[float]) -> None:
    assert [n.value for n in find_numbers(text)] == pytest.approx(values)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("67", "sixty-seven", True),
        ("$5m", "5 million dollars", True),
        ("1,200", "1.2 thousand", True),
        ("two-thirds", "2/3", True),
        ("half", "50%", True),
        ("67%", "67", True),
        ("67", "68", False),
        ("$5", "€5", False),
        ("33.3", "33", False),
        ("5 million", "5 billion", False),
    ],
)
def test_values_are_compared_across_forms(a: str, b: str, same: bool) -> None:
    first, second = parse_number(a), parse_number(b)
    assert first is not None and second is not None
    assert same_value(first, second) is same_value(second, first) is same


@pytest.mark.parametrize("text", ["", "about 67", "67 people", "F-16", "67 68", "many"])
def test_what_is_more_or_less_than_one_number_is_not_parsed(text: str) -> None:
    assert parse_number(text) is None


@given(st.one_of(st.text(), st.text("0123456789,.-/$%½ aehimnotu")))
def test_no_text_makes_finding_fail_and_offsets_are_in_order(text: str) -> None:
    found = find_numbers(text)
    assert all(0 <= n.start < n.end <= len(text) for n in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_digits_without_end_are_a_number() -> None:
    (found,) = find_numbers("9" * 5000)
    assert found.value == float("inf")
