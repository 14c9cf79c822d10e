"""Limits: whether a claim puts `more than` where its source says `less than`."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from rag.days import find_days
from rag.numbers import find_numbers

__all__ = ["beyond"]

_LIMITS = (
    ("up", r"(?:no|not) (?:fewer|less|lower|smaller|under) than|not below"),
    ("down", r"(?:no|not) (?:more|greater|higher|over|above|longer|larger) than|not exceed\w*"),
    ("until", r"(?:no|not) later than|not after"),
    ("from", r"(?:no|not) (?:earlier|sooner) than|not (?:before|until|till)"),
    ("up", r"at least|(?:a )?minimum(?: of)?|more than|greater than|higher than|over|above"
     r"|upwards of|in excess of|exceed(?:s|ed|ing)?|upward of|longer than|well over"
     r"|just over|topp(?:ed|ing)"),
    ("down", r"at most|(?:a )?maximum(?: of)?|less than|fewer than|lower than|under|below|up to"
     r"|almost|nearly|just under|close to|as many as|as much as|shorter than|barely|at the most"),
    ("until", r"before|until|till|by|prior to|ahead of"),
    ("from", r"after|since|from|starting|as of|following"),
)  # fmt: skip
_LIMIT = re.compile(
    r"\b(?:" + "|".join(f"(?P<l{n}>{form})" for n, (_, form) in enumerate(_LIMITS)) + r")"
    r"(?:\s(?:the|a|an|about|some|of|on|early|late|mid|midnight|noon)){0,2}\s?[$€£¥₪]?$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s?(?:\w+\s){0,2}?(?:(?P<up>or (?:more|over|older|above|longer|higher)|at least|plus"
    r"|and (?:over|above|older|up))"
    r"|(?P<down>or (?:less|fewer|under|younger|below|lower)|at most))\b",
    re.IGNORECASE,
)
_OPPOSITE = {"up": "down", "down": "up", "until": "from", "from": "until"}


class _Limit(NamedTuple):
    """A number or day of a text, and which side of it is meant."""

    value: tuple[float | int | str | None, ...]
    side: str


def beyond(claim: str, text: str) -> bool:
    """Whether a number or day is an upper limit in the one and a lower one in the other.

    >>> beyond("More than 40 came.", "Fewer than 40 came.")
    True
    """
    cited = _limits(text)
    for limit in _limits(claim):
        sides = {other.side for other in cited if other.value == limit.value}
        if limit.side and sides == {_OPPOSITE[limit.side]}:
            return True
    return False


@functools.lru_cache(maxsize=256)
def _limits(text: str) -> tuple[_Limit, ...]:
    days = find_days(text)
    found: list[_Limit] = []
    for day in days:
        side = _side(text, day.start, day.end)
        found.append(_Limit(day[:3], side if side in ("until", "from") else ""))
    for number in find_numbers(text):
        if any(number.start < d.end and d.start < number.end for d in days):
            continue
        side = _side(text, number.start, number.end)
        value = (number.value, number.unit)
        found.append(_Limit(value, side if side in ("up", "down") else ""))
    return tuple(found)


def _side(text: str, start: int, end: int) -> str:
    if match := _LIMIT.search(text[max(0, start - 40) : start]):
        return next(_LIMITS[int(key[1:])][0] for key, got in match.groupdict().items() if got)
    behind = _BEHIND.match(text, end)
    return "" if behind is None else "up" if behind["up"] else "down"
