"""Times of day: `6.20 a.m.`, `03:41 GMT`, `half past six`, `twenty minutes to nine`."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

__all__ = ["Clock", "find_times"]

_HOURS = "one two three four five six seven eight nine ten eleven twelve".split()
_MINUTES = {
    "five": 5, "ten": 10, "quarter": 15, "fifteen": 15, "twenty": 20, "twenty-five": 25,
    "half": 30,
}  # fmt: skip
_HOUR = rf"(?P<hour>{'|'.join(_HOURS)}|[0-9]{{1,2}})"
_SPOKEN = re.compile(
    rf"\b(?:an?\s)?(?P<minutes>{'|'.join(sorted(_MINUTES, key=len, reverse=True))}|[0-9]{{1,2}})"
    rf"\s(?:minutes\s)?(?P<side>past|after|to|before)\s{_HOUR}\b",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"(?<![0-9.:])(?P<hour>[01]?[0-9]|2[0-4])(?P<sign>[:.])(?P<minutes>[0-5][0-9])"
    r"(?![0-9:]|\.[0-9]|\s?(?:%|per))(?P<tail>\s?(?:a\.?m\b|p\.?m\b|GMT|UTC|hrs|hours))?",
    re.IGNORECASE,
)


class Clock(NamedTuple):
    """A time of day as it stands in a text."""

    minutes: int
    """Since midnight or noon, 0 to 719."""
    start: int
    end: int
    """Code points in the text."""


@functools.lru_cache(maxsize=256)
def find_times(text: str) -> tuple[Clock, ...]:
    """The times of a text that are given to the minute.

    >>> [clock.minutes for clock in find_times("At 18.20 p.m., or twenty past six.")]
    [380, 380]
    """
    found: list[Clock] = []
    for match in _SPOKEN.finditer(text):
        minutes = _number(match["minutes"], _MINUTES)
        past = match["side"].lower() in ("past", "after")
        hour = _number(match["hour"], {word: n for n, word in enumerate(_HOURS, 1)})
        found.append(_clock(hour * 60 + (minutes if past else -minutes), match))
    for match in _WRITTEN.finditer(text):
        # "6.20" alone is an amount.
        if match["sign"] == ":" or match["tail"]:
            found.append(_clock(int(match["hour"]) * 60 + int(match["minutes"]), match))
    return tuple(found)


def _number(word: str, known: dict[str, int]) -> int:
    return int(word) if word.isdigit() else known[word.lower()]


def _clock(minutes: int, match: re.Match[str]) -> Clock:
    return Clock(minutes % 720, match.start(), match.end())
