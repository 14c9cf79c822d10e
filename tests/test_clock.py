from __future__ import annotations

from datetime import date

import pytest

from rag.clock import find_times
from rag.facts import Source, missing_facts

MONDAY = date(2034, 5, 17)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("It was received at 03:41 GMT.", [221]),
        ("It was received at 3.41 a.m.", [221]),
        ("At about twenty minutes past six in the morning.", [380]),
        ("At half past twelve.", [30]),
        ("At a quarter to nine.", [525]),
        ("At 21:05 and at five past nine.", [545, 545]),
        ("It cost 6.20 dollars, or 3.41 per cent more.", []),
        ("They won 3.41 of the votes and 4:2 at home.", []),
    ],
)
def test_times_of_day_are_found(text: str, minutes: list[int]) -> None:
    assert sorted(clock.minutes for clock in find_times(text)) == sorted(minutes)


@pytest.mark.parametrize(
    ("claim", "source", "carried"),
    [
        ("He was found at 6.20 a.m.", "He was found at twenty minutes past six.", True),
        ("He was found at 6.25 a.m.", "He was found at twenty minutes past six.", False),
        ("It was last heard at 3.41 a.m.", "The signal came at 03:41 GMT.", True),
        ("It was last heard at 3.14 a.m.", "The signal came at 03:41 GMT.", False),
        ("They met at half past six.", "They met at 18:30.", True),
    ],
)
def test_a_time_is_carried_however_it_is_told(claim: str, source: str, carried: bool) -> None:
    assert (missing_facts(claim, [Source(source, MONDAY)]) == ()) == carried
