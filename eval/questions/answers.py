"""Accepted answers: what a right answer has to hold, in any wording that means the same.

Text counts as whole words, whatever the case, accents, quotation marks and hyphens; "67"
and "sixty-seven" are one number and "14 May 2014" and "2014-05-14" one day, wherever they
stand. "yes" is not found in "yesterday".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from rag.days import Day, covers, find_days, parse_day
from rag.index_words import stems
from rag.numbers import Number, find_numbers, parse_number, same_value
from rag.reading import fold

__all__ = ["Accepted", "Expression", "Quantity", "Text", "When", "Words", "all_held", "holds"]


class Words(NamedTuple):
    """A stretch of an answer, with the day against which its "on Tuesday" is meant."""

    text: str
    published: date | None


@dataclass(frozen=True, slots=True)
class Text:
    """Any of these wordings."""

    wordings: tuple[str, ...]

    def __str__(self) -> str:
        return " / ".join(self.wordings)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, however it is written."""

    number: float
    unit: tuple[str, ...] = ()
    """Words of which one has to stand near the number; empty where any will do."""

    def __str__(self) -> str:
        return f"{self.number:,.10g} {' / '.join(self.unit)}".strip()


@dataclass(frozen=True, slots=True)
class When:
    """A day, a month or a year, however it is written."""

    year: int | None
    month: int | None
    day: int | None

    def __str__(self) -> str:
        year = f"{self.year:04}" if self.year is not None else "any year"
        parts = [year] + [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression, without regard to case: the last resort."""

    pattern: re.Pattern[str]

    def __str__(self) -> str:
        return f"/{self.pattern.pattern}/"


Accepted = Text | Quantity | When | Expression

_NEAR_AFTER, _NEAR_BEFORE = 48, 24
"""How far a unit may stand from its number, in characters: "67 of its own soldiers"."""
# Letters that are not made of a plain one and an accent.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"})
_MARKS = str.maketrans("‘’ʼ`´“”„«»‐‑‒–—−", "'''''\"\"\"\"\"------")


def holds(accepted: Accepted, words: Iterable[Words]) -> bool:
    """Whether an answer's words hold what is accepted."""
    return any(_holds(accepted, w) for w in words)


def _holds(accepted: Accepted, words: Words) -> bool:
    match accepted:
        case Text(wordings):
            return any(_says(wording, words) for wording in wordings)
        case Quantity():
            return _counts(accepted, words.text)
        case When(year, month, day):
            wanted = Day(year, month, day, 0, 0, False)
            return any(covers(found, wanted) for found in find_days(words.text, words.published))
        case Expression(pattern):
            return bool(pattern.search(fold(words.text)))


def _says(wording: str, words: Words) -> bool:
    if len(wording) <= 4 and wording.isupper() and wording.isalpha():
        # "US" is not in "told us", nor "WHO" in "who left".
        return bool(re.search(rf"(?<!\w){wording}(?!\w)", fold(words.text)))
    day = parse_day(wording) if re.search(r"\d", wording) else None
    if day and any(covers(found, day) for found in find_days(words.text, words.published)):
        return True
    if find_numbers(wording):
        # By value only: "5 million" is not in "1.5 million", nor "two" in "second".
        return _stands_in(_plain(_in_digits(wording)), _plain(_in_digits(words.text)))
    return _stands_in(_plain(wording), _plain(words.text))


def _counts(wanted: Quantity, text: str) -> bool:
    value = Number(wanted.number, "", False, 0, 0)
    days = find_days(text)
    numbers = find_numbers(text)
    for n, found in enumerate(numbers):
        of_a_day = any(d.start <= found.start and found.end <= d.end for d in days)
        if found.ordinal or of_a_day or not same_value(found, value):
            continue
        if not wanted.unit or any(_sign_of(u) == found.unit for u in wanted.unit if found.unit):
            return True
        # Another number's words are not this one's: "67 soldiers and 14 civilians".
        start = numbers[n - 1].end if n else 0
        end = numbers[n + 1].start if n + 1 < len(numbers) else len(text)
        before = text[max(start, found.start - _NEAR_BEFORE) : found.start] if not n else ""
        near = f"{before} {text[found.end : min(end, found.end + _NEAR_AFTER)]}"
        present = set(stems(near))
        if any(set(stems(unit)) <= present for unit in wanted.unit if stems(unit)):
            return True
    return False


def _sign_of(unit: str) -> str:
    """The sign of a unit of money or share: `$` of `dollars`; empty for any other word."""
    number = parse_number(f"1{unit}") or parse_number(f"1 {unit}")
    return number.unit if number else ""


def _in_digits(text: str) -> str:
    """The text with every number written in digits, so that each is one word of its own."""
    parts: list[str] = []
    at = 0
    for number in find_numbers(text):
        unit = number.unit if number.unit != "%" else " percent"
        sign = "minus" if number.value < 0 else ""
        value = f"{sign}{abs(number.value):.15g}".replace(".", "point")
        parts += [text[at : number.start], f" {value}{'th' if number.ordinal else ''}{unit} "]
        at = number.end
    return "".join([*parts, text[at:]])


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", fold(text).translate(_MARKS))
    kept = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(kept.casefold().translate(_LETTERS).replace("-", " ").split())


def _stands_in(wording: str, text: str) -> bool:
    return bool(wording) and bool(re.search(rf"(?<!\w){re.escape(wording)}(?!\w)", text))


def all_held(groups: Sequence[Sequence[Accepted]], words: Sequence[Words]) -> bool:
    """Whether the words hold one of each group."""
    return all(any(holds(item, words) for item in group) for group in groups)
