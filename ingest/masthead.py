"""What the top of a text says of the article: outlet, date, byline.

Everything is taken from where a file states it; what is not stated stays unknown. So a
line that is nothing but two names above a date stays without meaning: "Jane Doe" and
"Tel Aviv" look the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ingest.bylines import PLACE, UPPER, byline_of, is_credit, is_signature
from ingest.dates import DATE, WEEKDAY, parse_date
from ingest.lines import Line
from ingest.outlets import AGENCIES
from rag.types import SkippedSpan

__all__ = ["Masthead", "masthead_of"]

_LEADING_DATE = re.compile(rf"\s*date[ :\t]\s*(?P<date>{DATE.pattern})(?!\w)\s*", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:(?P<update>(?:last\s+)?(?:updated?|modified|edited)|last\s+published)"
    r"|(?:first\s+|originally\s+)?(?:published|posted|issued)|publication\s+date|date)"
    r"(?:\s+on\b|\s+at\b)?\s*:?\s*",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"[\s,|·•–-]*(?:at\s+)?\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?"
    r"(?:\s*\(?[A-Z]{1,5}(?:[+-]\d+)?\)?)?",
    re.IGNORECASE,
)
_DASH = r"\s*(?:--|[-—–])+\s*(?=[^\W\d_a-z]|[\d\"“‘'(])"
_CAPITALS = rf"[{UPPER}][{UPPER}.’'-]+(?:[ /-][{UPPER}][{UPPER}.’'-]+){{0,3}}"
_REGION = rf"(?:,? [{UPPER}][\w. ’'-]{{1,30}})?"
_WHEN = rf"(?P<date>{DATE.pattern})|[{UPPER}][a-z]{{2,8}}\.? \d{{1,2}}"
# JERUSALEM, 3 March 2021 (Reuters) -
_DATELINE = re.compile(
    rf"(?:(?:{_CAPITALS}|(?!The\b)[{UPPER}]\w+(?: [{UPPER}]\w+)?){_REGION},?\s*)?"
    rf"(?:{_WHEN})?,?\s*\((?P<agency>{AGENCIES})\)(?:{_DASH})"
)
# LONDON, May 3 — and PORT ENNICK, Karvelia, May 3 (KNA) — and SAN JOSE, Calif. —
_PLACE_DATELINE = re.compile(
    rf"{_CAPITALS}{_REGION},?\s+(?:(?:{_WHEN})(?:,?\s*\([{UPPER}]{{2,6}}\))?"
    rf"|\([{UPPER}][\w .]{{1,20}}\)){_DASH}"
    rf"|[{UPPER}][{UPPER}.’' ]{{2,30}}{_REGION}\s+[—–]\s+(?=[{UPPER}“\"][\w ])"
)


@dataclass(frozen=True, slots=True)
class Masthead:
    """What is stated; None where nothing is."""

    title: str | None = None
    outlet: str | None = None
    published: date | None = None
    byline: str | None = None
    url: str | None = None
    agency: str | None = None
    """The agency that a dateline names: the outlet, where nothing else is stated."""
    skipped: tuple[SkippedSpan, ...] = ()


class _DateLine(NamedTuple):
    """A line that is nothing but dates and times, with their labels."""

    published: date | None
    """None for an update's date, and for one that can be read in two ways."""
    labelled: bool


def masthead_of(text: str, lines: Sequence[Line]) -> Masthead:
    """Read dates, dateline and byline off the first lines."""
    skipped: list[SkippedSpan] = []
    published: date | None = None
    agency: str | None = None
    first = lines[0].start if lines else 0
    if lines and (lead := _LEADING_DATE.match(text, first, lines[0].end)):
        published = parse_date(lead["date"])
        skipped.append(SkippedSpan(first, first := lead.end(), "metadata"))
    head = _head(lines)
    for line in lines[: len(head) + 1]:
        start = max(line.start, first)
        match = _dateline(text, start, line)
        if match:
            published = published or parse_date(match.groupdict()["date"] or "")
            agency = match.groupdict().get("agency")
            skipped.append(SkippedSpan(start, match.end(), "dateline"))
            break
    dated = _date_lines(lines, len(head))
    published = published or _agreed([found for found in dated.values() if found])
    byline: str | None = None
    for i, line in enumerate(lines):
        in_head = i < len(head)
        near_date = bool({i - 1, i + 1} & set(dated))
        if i in dated:
            skipped.append(SkippedSpan(line.start, line.end, "dateline"))
        elif (in_head and is_credit(line)) or is_signature(lines, i):
            skipped.append(SkippedSpan(line.start, line.end, "byline"))
        elif (in_head or i >= len(lines) - 3) and (names := byline_of(line, near_date and in_head)):
            listed = i > 0 and lines[i - 1].raw.endswith(":")
            if not listed and (in_head or re.match(r"(?i)by\s", line.plain)):
                byline = byline or names
                skipped.append(SkippedSpan(line.start, line.end, "byline"))
        elif in_head and near_date and _is_place(line) and (i > 0 or line.words == 1):
            skipped.append(SkippedSpan(line.start, line.end, "dateline"))
    return Masthead(None, None, published, byline, None, agency, tuple(skipped))


def _head(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines before the article sets in; one paragraph may stand above a byline."""
    prose = [i for i, line in enumerate(lines[:25]) if line.prose]
    return lines[: prose[1] if len(prose) > 1 else min(len(lines), 25)]


def _dateline(text: str, start: int, line: Line) -> re.Match[str] | None:
    """`JERUSALEM, 3 March 2021 (Reuters) - ` before the first sentence."""
    match = _DATELINE.match(text, start, line.end) or _PLACE_DATELINE.match(text, start, line.end)
    rest = text[match.end() : line.end] if match else ""
    return match if len(rest) > 20 and not rest.isupper() else None


def _date_lines(lines: Sequence[Line], head: int) -> dict[int, _DateLine]:
    """The lines of the head that are dates, by number.

    In a chronicle every entry has a date above it, and its first is no more the article's
    than its last: a date between two paragraphs makes those without a label mean nothing.
    """
    found: dict[int, _DateLine] = {}
    label = ""
    for i, line in enumerate(lines[:head]):
        if _LABEL.fullmatch(line.plain):
            label, found[i] = line.plain, _DateLine(None, True)
            continue
        stated = _date_line(line, label)
        if stated and (stated.labelled or not _between_paragraphs(lines, i)):
            found[i] = stated
        label = ""
    if any(
        i not in found and _between_paragraphs(lines, i) and _date_line(line, "")
        for i, line in enumerate(lines)
    ):
        return {i: stated for i, stated in found.items() if stated.labelled}
    return found


def _between_paragraphs(lines: Sequence[Line], i: int) -> bool:
    return 0 < i < len(lines) - 1 and lines[i - 1].ends_sentence and lines[i + 1].ends_sentence


def _agreed(stated: Sequence[_DateLine]) -> date | None:
    """The date they give: a labelled one first; none where unlabelled ones differ."""
    labelled = [s.published for s in stated if s.labelled and s.published]
    if labelled:
        return labelled[0]
    dates = {s.published for s in stated if s.published}
    return dates.pop() if len(dates) == 1 else None


def _date_line(line: Line, label: str) -> _DateLine | None:
    """For a line that is nothing but dates, times and their labels: what it gives.

    Args:
        line: the line.
        label: what the line above says of it, such as "Published".
    """
    if line.words > 16 or line.bullet or len(line.plain) > 160:
        return None
    published, labelled, seen = None, False, False
    for piece in re.split(r"\s*[|·•]\s*|\s[-–—]\s", line.plain):
        own = _LABEL.match(piece)
        body = piece[own.end() :] if own else piece
        meant = own or _LABEL.fullmatch(label)
        found = DATE.search(body)
        if not found:
            if own or _TIME.fullmatch(body) or _is_short_place(body):
                continue
            return None
        before = WEEKDAY.sub("", body[: found.start()])
        after = WEEKDAY.sub("", _TIME.sub("", body[found.end() :], count=1))
        if re.search(r"\w", after) or (re.search(r"\w", before) and not _is_short_place(before)):
            return None
        seen = True
        labelled = labelled or bool(meant)
        if not (meant and meant["update"]):
            published = published or parse_date(found[0])
    return _DateLine(published, labelled) if seen else None


def _is_short_place(text: str) -> bool:
    return bool(re.fullmatch(PLACE, text.strip(" ,"))) and len(text.split()) <= 4


def _is_place(line: Line) -> bool:
    return line.words <= 3 and not line.ends_sentence and _is_short_place(line.plain)
