"""Days, months and years in English text, also those counted from the day of publication."""

from __future__ import annotations

import functools
import re
from calendar import monthrange
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

from rag.numbers import find_numbers

__all__ = ["MONTHS", "WEEKDAY", "WEEKDAYS", "Day", "covers", "find_days", "parse_day"]

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun",
            "july jul", "august aug", "september sept sep", "october oct", "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Numbers of months by name, whole and cut short, in lower case."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In lower case, at the index that `date.weekday` gives."""
WEEKDAY = re.compile(rf"\b({'|'.join(day.title() for day in WEEKDAYS)})(?:s|['’]s)?\b")
"""A weekday's full name; group 1 is the name."""

_FULL = "January|February|April|June|July|August|September|October|November|December"
_NAME = r"(?P<name>(?i:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r"))\b\.?"
_D = r"(?P<d>0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?(?![0-9]|,[0-9]{3})"
_Y4 = "(?P<y>(?:1[5-9]|20|21)[0-9]{2})"
_Y = rf"{_Y4}(?![0-9]|[,.][0-9])"
_TO_D = r"(?:\s?[-–—]\s?|\s(?:to|and|or)\s)(?P<d2>0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?(?![0-9])"
_START = r"(?<![\w/])(?<![0-9][-.,])"
_WRITTEN = tuple(
    re.compile(_START + form)
    for form in (
        rf"{_Y4}(?P<sep>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=sep){_D}",
        rf"{_Y4}-(?P<m>0[1-9]|1[0-2])(?![-0-9])",
        rf"(?P<first>0?[1-9]|[12][0-9]|3[01])(?P<sep>[-/.])(?P<second>0?[1-9]|[12][0-9]|3[01])"
        rf"(?P=sep){_Y}",
        rf"(?:the\s)?{_D}(?:{_TO_D})?(?:\s+(?:of\s+)?|-){_NAME}(?:,?\s+|-){_Y}",
        rf"{_NAME}\s+(?:the\s+)?{_D}(?:{_TO_D})?(?:,\s*|\s+){_Y}",
        rf"(?:the\s)?{_D}(?:{_TO_D})?\s+(?:of\s+)?{_NAME}",
        rf"{_NAME}\s+(?:the\s+)?{_D}(?![:.][0-9])(?:{_TO_D})?",
        rf"{_NAME},?\s+(?:of\s+)?{_Y}",
    )
)
# "May" and "March" are also verbs, "March" a walk; with nothing beside them, a word that
# goes before months has to stand there.
_MONTH = re.compile(
    rf"\b(?P<name>{_FULL})\b"
    r"|\b(?:[Ii]n|[Oo]f|[Ss]ince|[Uu]ntil|[Tt]ill|[Bb]y|[Ll]ast|[Nn]ext|[Tt]his|[Ff]rom|[Dd]uring"
    r"|[Tt]hrough|[Ee]arly|[Ll]ate|[Mm]id|[Ee]arlier|[Bb]efore|[Aa]fter|[Bb]etween)[\s-]"
    r"(?P<verb>May|March)\b(?!\s+(?:for|on|to|of)\s+[A-Z])"
    r"|\b[Tt]he\s(?P<the>May|March)\b(?=\s(?!of|by|for|on|in|to|against|from)[a-z])"
)
_YEAR = re.compile(
    r"(?P<before>\b(?i:in|since|of|by|until|till|from|years?|before|after|during|through|to|late"
    r"|early|mid|circa|between|and|spring|summer|autumn|fall|winter|the|that|its"
    r"|his|her|their|election|christmas)[\s-](?:the\s)?|\(|^\s*)"
    r"(?P<y>(?:1[5-9]|20|21)[0-9]{2})(?:[-–/](?P<y2>[0-9]{4}|[0-9]{2}))?"
    r"(?![\w%]|[,.][0-9]|-[0-9]|\s(?:%|per\s?cent|percent|million|billion|thousand|euros|dollars))"
    r"(?=(?P<after>\s*$|\s*[^\w\s]|\s+[A-Za-z]+)?)"
)
_COUNTED = re.compile(
    r"(?:people|persons|men|women|children|troops|police|staff|cattle|sheep|metres|meters"
    r"|\w+(?:ers|ans|ors|ists|ees|ians|ies|iers|ages|omes|ims|nts|eds|iles|hes|mes))",
    re.IGNORECASE,
)
_FUTURE = re.compile(
    r"\b(?:will|would|'ll|shall|to be|is to|are to|due|scheduled|expected|plans?|planned|set to"
    r"|upcoming|coming|next|intends?|hopes?|until|by)\b",
    re.IGNORECASE,
)
_NEAR_DAY = re.compile(
    r"\b(?:(?P<today>today|tonight|this\s(?:morning|afternoon|evening))"
    r"|(?P<yesterday>yesterday|last\snight)|(?P<tomorrow>tomorrow))\b",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\b(?P<which>last|this|next)\s(?P<what>week|month|year)\b", re.IGNORECASE)
_AGO = re.compile(r"\s(?P<what>day|week|month|year)s?\sago\b", re.IGNORECASE)
_A_AGO = re.compile(r"\ban?\s(?P<what>day|week|month|year)\sago\b", re.IGNORECASE)
_ANY_WEEKDAY = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE
)
_CLAUSE = re.compile(r"[.;!?]\s|\n")


class Day(NamedTuple):
    """A day, or the part of it that is known: `May 14`, `February 2023`, `2014`."""

    year: int | None
    month: int | None
    day: int | None
    start: int
    end: int
    """Code points in the text."""
    relative: bool
    """Whether it was worked out from the day of publication instead of written."""


@functools.lru_cache(maxsize=256)
def find_days(text: str, published: date | None = None) -> tuple[Day, ...]:
    """The days of a text, by where they start.

    Weekdays, `last month`, `two days ago` and so on are resolved only where `published` is
    given: a weekday is the latest on or before it; the one after it, too, where the sentence
    speaks of the future; `last Tuesday` is either of the two latest before it. A day or
    month without its year stands twice, as written and with the year that brings it nearest,
    but not past 60 days after `published` (and once more a year on where the sentence speaks
    of the future). Weeks and numbers of weeks give their month, numbers of months too.
    """
    written = _written(text)
    found = list(written)
    if published:
        for day in written:
            if day.year is None and day.month is not None:
                found += _dated(text, day, day.month, published)
        found += _near(text, published)
        found += _weekdays(text, published, written)
    return tuple(sorted(dict.fromkeys(found), key=lambda d: (d.start, d.end, d.relative)))


def parse_day(text: str) -> Day | None:
    """The date that the whole text is, white space and a leading weekday aside, or None.

    >>> parse_day("14 May 2014")[:3], parse_day("2014")[:3], parse_day("03/04/2023")
    ((2014, 5, 14), (2014, None, None), None)
    """
    stripped = text.strip()
    start = text.find(stripped)
    if weekday := _ANY_WEEKDAY.match(stripped):
        start += weekday.end()
        stripped = stripped[weekday.end() :]
    for form in (*_WRITTEN, re.compile(_Y), re.compile(rf"(?P<name>{_FULL}|May|March)")):
        if match := form.fullmatch(stripped):
            days = [d for d in _parts(match) if _exists(d)]
            return days[0]._replace(start=start, end=start + len(stripped)) if days else None
    return None


def covers(found: Day, wanted: Day) -> bool:
    """Whether every part that `wanted` has is in `found` with the same value."""
    return all(b is None or a == b for a, b in zip(found[:3], wanted[:3], strict=True))


def _written(text: str) -> list[Day]:
    """The dates that stand in the text, not overlapping, in order."""
    found: list[Day] = []
    taken = bytearray(len(text))
    for form in (*_WRITTEN, _MONTH, _YEAR):
        for match in form.finditer(text):
            if _is_no_date(match):
                continue
            days = [d for d in _parts(match) if _exists(d)]
            if days and not any(taken[match.start() : match.end()]):
                found += days
                taken[days[0].start : days[0].end] = b"1" * (days[0].end - days[0].start)
    return sorted(found, key=lambda d: d.start)


def _is_no_date(match: re.Match[str]) -> bool:
    """Whether it is the verb of "3 may have", or the number of "by 2014 people"."""
    parts = match.groupdict()
    if "after" in parts:
        alone = (parts["before"] or "").strip(" -").lower() in ("(", "in", "since", "year")
        return not alone and bool(_COUNTED.fullmatch((parts["after"] or "").strip()))
    name = parts.get("name") or ""
    return name[:1].islower() and not (parts.get("d") and parts.get("y"))


def _parts(match: re.Match[str]) -> Iterator[Day]:
    """The days of a match of any form: two where it is a range."""
    parts = {key: value for key, value in match.groupdict().items() if value}
    month_name = next((key for key in ("name", "verb", "the") if key in parts), "")
    inner = "y" if "before" in match.groupdict() else month_name if month_name != "name" else ""
    start, end = match.span(inner or 0)
    year = int(parts["y"]) if "y" in parts else None
    month = MONTHS[parts[month_name].lower()] if month_name else None
    if "m" in parts:
        month = int(parts["m"])
    day = int(parts["d"]) if "d" in parts else None
    if "first" in parts:
        day, month = _unambiguous(int(parts["first"]), int(parts["second"]))
    if "y2" not in parts:
        yield Day(year, month, day, start, end, False)
    if "d2" in parts:
        yield Day(year, month, int(parts["d2"]), start, end, False)
    if year and "y2" in parts:
        second = year - year % 100 + int(parts["y2"][-2:])
        yield Day(year, None, None, start, match.end("y2"), False)
        yield Day(second, None, None, start, match.end("y2"), False)


def _unambiguous(first: int, second: int) -> tuple[int, int]:
    """Day and month of `13/02` or `02/13`; zeros, which are no date, for `03/02`."""
    if first == second or second > 12 >= first:
        return second, first
    if first > 12 >= second:
        return first, second
    return 0, 0


def _exists(day: Day) -> bool:
    # Without its year the 29th of February is one.
    if day.month is None:
        return True
    last = monthrange(day.year or 2000, day.month)[1] if 1 <= day.month <= 12 else 0
    return 1 <= (day.day or 1) <= last and day.month > 0 and day.day != 0


def _dated(text: str, day: Day, month: int, published: date) -> Iterator[Day]:
    """A day or month without its year, with the year that brings it nearest."""
    limit = published.toordinal() + 60
    word = text[max(0, day.start - 5) : day.start].lower()
    for year in range(published.year + 1, published.year - 9, -1):
        dated = Day(year, month, day.day, day.start, day.end, True)
        if not (1 <= year <= 9999 and _exists(dated)):
            continue
        # A month counts from its first day.
        at = date(year, month, day.day or 1)
        if at.toordinal() > limit:
            continue
        if word == "last " and at.replace(day=1) >= published.replace(day=1):
            continue
        yield dated
        later = dated._replace(year=year + 1)
        if (_FUTURE.search(_sentence(text, day.start)) or word == "next ") and _exists(later):
            yield later
        return


def _weekdays(text: str, published: date, written: list[Day]) -> Iterator[Day]:
    for match in WEEKDAY.finditer(text):
        if any(d.day and _beside(text, match, d) for d in written):
            continue
        back = (published.weekday() - WEEKDAYS.index(match[1].lower())) % 7
        before = text[max(0, match.start() - 5) : match.start()].lower()
        if before == "last ":
            steps = [-(back or 7), -(back or 7) - 7]
        elif before == "next ":
            steps = [7 - back, 14 - back]
        elif before == "this " or _FUTURE.search(_sentence(text, match.start())):
            steps = [-back, 7 - back]
        else:
            steps = [-back]
        for step in steps:
            yield from _moved(published, step, match.start(1), match.end(1))


def _beside(text: str, match: re.Match[str], day: Day) -> bool:
    """Whether the weekday belongs to the date: `Tuesday, 14 May`."""
    between = text[match.end() : day.start] or text[day.end : match.start()]
    return len(between) <= 10 and not between.replace("the", "").replace("on", "").strip(" ,.(")


def _near(text: str, published: date) -> Iterator[Day]:
    """Today, last month, two weeks ago."""
    for match in _NEAR_DAY.finditer(text):
        step = 1 if match["tomorrow"] else -1 if match["yesterday"] else 0
        yield from _moved(published, step, *match.span())
    for match in _SPAN.finditer(text):
        step = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
        yield from _moved(published, step, *match.span(), what=match["what"].lower())
    for match in _A_AGO.finditer(text):
        yield from _moved(published, -1, *match.span(), what=match["what"].lower())
    for number in find_numbers(text):
        ago = _AGO.match(text, number.end)
        if ago and 0 < number.value < 9999 and number.value.is_integer():
            step = -int(number.value)
            yield from _moved(published, step, number.start, ago.end(), what=ago["what"].lower())


def _moved(published: date, step: int, start: int, end: int, what: str = "day") -> Iterator[Day]:
    """The day, month or year that many steps on; a week gives the months it lies in."""
    year, month = divmod(published.year * 12 + published.month - 1 + step, 12)
    if what == "month" and 1 <= year <= 9999:
        yield Day(year, month + 1, None, start, end, True)
    elif what == "year":
        yield Day(published.year + step, None, None, start, end, True)
    elif what == "day":
        with suppress(OverflowError):
            day = published + timedelta(days=step)
            yield Day(day.year, day.month, day.day, start, end, True)
    elif what == "week":
        with suppress(OverflowError):
            monday = published + timedelta(days=7 * step - published.weekday())
            for day in (monday, monday + timedelta(days=6)):
                yield Day(day.year, day.month, None, start, end, True)


def _sentence(text: str, at: int) -> str:
    """Roughly the sentence around an offset: at most 200 code points either way."""
    before = _CLAUSE.split(text[max(0, at - 200) : at])[-1]
    return before + _CLAUSE.split(text[at : at + 200])[0]
