"""Reading a publication date exactly as a file gives it, or not at all.

Libraries that search for dates invent them ("4 min", "200 a day"), so only whole
expressions with a day, a month and a year of four digits count, and an all-number date
whose day and month could be exchanged does not.
"""

from __future__ import annotations

import re
from datetime import date

from rag.days import MONTHS

__all__ = ["DATE", "WEEKDAY", "is_possible", "parse_date"]

_FIRST_YEAR = 1600
"""The first newspaper was printed in 1605."""
_YEARS_AHEAD = 10

_MONTH = rf"(?P<month>{'|'.join(MONTHS)})\.?"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:1[5-9]|20|21)\d\d)"
_FORMS = tuple(
    re.compile(rf"(?<![\w-]){form}(?!\d)", re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_YEAR}(?P<sep>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=sep)(?P<day>0?[1-9]|[12]\d|3[01])",
        rf"{_YEAR}(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?:T\d{{4,6}}Z?)?",
        rf"{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}",
        rf"{_DAY}[-/]{_MONTH}[-/]{_YEAR}",
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        r"(?P<first>0?[1-9]|[12]\d|3[01])(?P<sep>[-/.])(?P<second>0?[1-9]|[12]\d|3[01])(?P=sep)"
        rf"{_YEAR}",
    )
)

DATE = re.compile(
    "(?i:"
    + "|".join(
        re.sub(r"\?P<\w+>", "?:", form.pattern).replace("(?P=sep)", "[-/.]") for form in _FORMS
    )
    + ")",
    re.ASCII,
)
"""Finds where a date may stand; `parse_date` says whether it is one."""

WEEKDAY = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?", re.IGNORECASE
)
"""A weekday's name, whole or cut short, with what follows it in a date."""


def parse_date(text: str) -> date | None:
    """The date that the text begins with, or None.

    >>> parse_date("01 February, 2023"), parse_date("Feb. 12"), parse_date("03/04/2023")
    (datetime.date(2023, 2, 1), None, None)
    """
    text = text.strip()
    if weekday := WEEKDAY.match(text):
        text = text[weekday.end() :].lstrip()
    for form in _FORMS:
        match = form.match(text)
        if not match:
            continue
        parts = match.groupdict()
        if "first" in parts:
            day, month = _unambiguous(int(parts["first"]), int(parts["second"]))
        else:
            name = parts["month"].lower()
            day, month = int(parts["day"]), int(name) if name.isdigit() else MONTHS[name]
        return _date(int(parts["year"]), month, day)
    return None


def is_possible(day: date) -> bool:
    """Whether an article can be of that day: not before newspapers, nor in a far future."""
    # Not tomorrow: embargoed and invented articles are dated ahead, a clock may be behind, and
    # the same file should be read alike today and next week.
    return _FIRST_YEAR <= day.year <= date.today().year + _YEARS_AHEAD


def _unambiguous(first: int, second: int) -> tuple[int, int]:
    """Day and month of `13/02` or `02/13`; zeros, which are no date, for `03/02`."""
    if first == second or second > 12 >= first:
        return second, first
    if first > 12 >= second:
        return first, second
    return 0, 0


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
