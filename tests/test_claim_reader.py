"""Whether what is cited carries a claim, as the claim reader reads it."""

from __future__ import annotations

from datetime import date

import pytest

from rag.claim_reader import Cited, ClaimReader, heading_of, in_digits
from tests.test_claim_check import article

FERRY = Cited(
    "The Harbour Post, Tuesday 14 March 2023: Ferry strikes the pier",
    "The ferry Halcyon struck the north pier of Port Ennick on Thursday, injuring twelve people.",
)
TALKS = Cited(
    "The Harbour Post, Tuesday 14 March 2023",
    "Netanyahu accused Abbas of walking out of the talks, which the Palestinian leader denied.",
)


@pytest.fixture(scope="module")
def reader() -> ClaimReader:
    return ClaimReader(2)


@pytest.mark.parametrize(
    ("cited", "carried", "not_carried"),
    [
        (FERRY, "Twelve people were hurt on the ferry.", "The ferry did not strike the pier."),
        (FERRY, "The Halcyon hit a pier at Port Ennick.", "The pier struck another ferry."),
        (FERRY, FERRY.text, "The captain had fallen asleep at the helm."),
        (
            TALKS,
            "Abbas denied that he had walked out of the talks.",
            "Abbas accused Netanyahu of walking out of the talks.",
        ),
        (TALKS, "Netanyahu blamed Abbas.", "Netanyahu praised Abbas."),
    ],
)
def test_what_is_carried_reads_as_likelier_than_what_is_not(
    reader: ClaimReader, cited: Cited, carried: str, not_carried: str
) -> None:
    assert reader.margin(carried, [cited]) > reader.margin(not_carried, [cited])


def test_of_several_cited_any_may_carry_it_or_all_together(reader: ClaimReader) -> None:
    alone = reader.margin("Netanyahu blamed Abbas.", [TALKS])
    assert reader.margin("Netanyahu blamed Abbas.", [FERRY, TALKS]) >= alone - 1e-6
    both = "The Halcyon struck a pier, and Netanyahu blamed Abbas."
    assert reader.margin(both, [FERRY, TALKS]) > max(
        reader.margin(both, [FERRY]), reader.margin(both, [TALKS])
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Sixty-seven soldiers died on the third day.", "67 soldiers died on the third day."),
        ("One of two hundred and nineteen people.", "One of 219 people."),
        ("Half a dozen, 12 men and five dollars.", "6, 12 men and five dollars."),
        ("Nobody came.", "Nobody came."),
    ],
)
def test_number_words_become_digits(text: str, written: str) -> None:
    assert in_digits(text) == written


def test_numbers_in_words_and_in_digits_read_the_same(reader: ClaimReader) -> None:
    words, digits = (
        reader.margin(f"The ferry injured {number} people.", [FERRY]) for number in ("twelve", "12")
    )
    assert words == digits


def test_the_heading_tells_outlet_day_and_title() -> None:
    one = article("a1", ("They met.",))
    assert one.published == date(2023, 3, 14)
    assert heading_of(one) == "The Harbour Post, Tuesday 14 March 2023"
