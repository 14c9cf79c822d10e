from __future__ import annotations

import re
from datetime import date

import pytest

from eval.questions.answers import (
    Accepted,
    Expression,
    Quantity,
    Text,
    When,
    Words,
    all_held,
    holds,
)

PUBLISHED = date(2023, 2, 2)  # a Thursday


@pytest.mark.parametrize(
    ("accepted", "text"),
    [
        (Text(("yes",)), "Yes, he did."),
        (Text(("Hanegbi",)), "… put HANEGBI’s aide in charge"),
        (Text(("al-Sheikh",)), "Hussein al‑Sheikh wrote"),
        (Text(("Ma'ale Adumim",)), "in Ma’ale Adumim"),
        (Text(("Sao Paulo",)), "São Paulo"),
        (Text(("U.S.",)), "They cited the U.S. and others"),
        (Text(("67",)), "sixty-seven soldiers died"),
        (Text(("sixty-seven soldiers",)), "67 soldiers died"),
        (Text(("90 days",)), "within ninety days"),
        (Text(("12 million crowns",)), "cost 12,000,000 crowns"),
        (Text(("5 percent",)), "rose 5%"),
        (Text(("14 May 2014",)), "on May 14, 2014"),
        (Text(("the council", "the city")), "said the city"),
        (Quantity(67), "Sixty-seven were killed"),
        (Quantity(67, ("soldiers", "troops")), "67 of its own troops"),
        (Quantity(67, ("soldier",)), "67 soldiers"),
        (Quantity(5, ("%",)), "five per cent"),
        (Quantity(1200000), "1.2 million people"),
        (When(2023, 2, 1), "on 1 February 2023"),
        (When(2023, 2, 1), "2023-02-01"),
        (When(2023, 2, None), "Feb. 1, 2023"),
        (When(2023, 2, 1), "on Wednesday"),
        (When(2023, 2, 1), "yesterday"),
        (Expression(re.compile(r"coun?cil", re.IGNORECASE)), "The Council voted"),
    ],
)
def test_an_accepted_answer_is_found_however_it_is_written(accepted: Accepted, text: str) -> None:
    assert holds(accepted, [Words(text, PUBLISHED)])


@pytest.mark.parametrize(
    ("accepted", "text"),
    [
        (Text(("yes",)), "It was yesterday."),
        (Text(("no",)), "I know nobody in Norway."),
        (Text(("60",)), "160 people"),
        (Text(("67",)), "66 soldiers and 68 civilians"),
        (Text(("12 million crowns",)), "12 million pounds"),
        (Text(("Gantz",)), "Gantzville"),
        (Quantity(67), "in 1967"),
        (Quantity(67, ("soldiers",)), "67 civilians"),
        (Quantity(6), "6.7 percent"),
        (Quantity(3), "the COVID-3 wave"),
        (When(2023, 2, 1), "on 2 February 2023"),
        (When(2023, 2, 1), "in February 2023"),
        (When(2023, 2, 1), "on Tuesday"),
        (When(2014, None, None), "2,014 people"),
        (Expression(re.compile("x")), "y"),
        (Text(("Hanegbi",)), ""),
    ],
)
def test_what_only_looks_like_it_is_not_accepted(accepted: Accepted, text: str) -> None:
    assert not holds(accepted, [Words(text, PUBLISHED)])


def test_one_of_each_group_has_to_be_there() -> None:
    groups: list[list[Accepted]] = [[Text(("secretary",)), Text(("clerk",))], [Quantity(3)]]
    assert all_held(groups, [Words("the clerk", None), Words("three of them", None)])
    assert not all_held(groups, [Words("the clerk and the secretary", None)])


def test_a_weekday_means_no_day_where_the_article_has_no_date() -> None:
    assert not holds(When(2023, 2, 1), [Words("on Wednesday", None)])
