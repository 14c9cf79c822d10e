"""Bylines: whom a line names as the author, and the forms such lines have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.lines import Line
from ingest.outlets import AGENCIES, is_agency, is_outlet

__all__ = ["NAMES", "PLACE", "UPPER", "byline_of", "is_credit", "is_signature"]

UPPER = "A-ZÀ-ÖØ-ÞĀ-Ž"
"""What a name begins with, for a class of characters in a pattern."""

PLACE = (
    r"(?!(?:On|In|At|By|Since|Until|From|After|Before|To)\b)"
    rf"[{UPPER}][\w.’'-]*(?:[ ,/]{{1,2}}(?:[{UPPER}][\w.’'-]*|of|the|and|al-\w+)){{0,4}}"
)
"""A place of at most a few words, as a pattern."""

_WORD = rf"(?!(?:AND|IN|FOR)\b)[{UPPER}][\w’'.-]*"
_NAME = (
    rf"(?:al-[{UPPER}]\w+|{_WORD})"
    rf"(?: (?:(?:bin|ben|van|von|de|der|da|di|al|el|abu|le|la) ){{0,2}}{_WORD}){{1,3}}"
)
NAMES = rf"{_NAME}(?:(?:, (?:and )?| (?:and|AND) | & ){_NAME}){{0,5}}"
"""One or several people's names, as a pattern."""

_LIST_OF_NAMES = re.compile(rf"{_NAME}(?:(?:, (?:and )?| (?:and|AND) | & ){_NAME}){{1,5}}")
_BY = re.compile(
    r"(?P<by>(?i:by|written by|words by|author:)\s+)"
    rf"(?P<names>{NAMES}(?i: and agencies| and staff)?)"
    rf"(?:$|\s*[|·•@(/<].*|,\s.*|\s+[-–—]\s.*|(?i: in | for ).*)"
)
_ROLE = (
    r"(?i:correspondent|reporter|editor|staff writer|writer|staff|bureau chief|columnist"
    r"|contributor|special (?:to|for) [\w ]{2,40})"
)
_REPORTS = re.compile(
    r"(?i:from (?:[\w’' ]{2,40} and )?(?:staff|wire|agency|news) (?:and wire )?reports)"
)
_SIGNED = re.compile(rf"(?:--|[–—])\s?{NAMES}")
_ORGANISATION = re.compile(
    r"(?:[A-Z]\.){2}|\b(?:Administration|Department|Ministry|University|Council|Committee|Party"
    r"|Court|Agency|Authority|Union|Bank|Office|Army|States|Association|Institute)\b"
)
_NAMES_AND_ROLE = re.compile(rf"(?P<names>{NAMES}), (?:[\w’'&-]+ ){{0,5}}{_ROLE}s?(?: in {PLACE})?")
_NAMES_AND_AGENCY = re.compile(rf"(?P<names>{NAMES}), (?:{AGENCIES})")
_NAMES_IN_PLACE = re.compile(rf"(?P<names>{NAMES}) in {PLACE}")
_NOT_A_NAME = re.compile(
    r"(?i:the|an?|this|my|our|mon|tues|wednes|thurs|fri|satur|sun)(?:day)?\b(?! Associated)"
)


def is_credit(line: Line) -> bool:
    """`From staff and wire reports`, and `Hong Kong CNN —` on a line of its own."""
    dateline = line.words <= 8 and line.raw.endswith("—") and line.raw[:1].isupper()
    return dateline or bool(_REPORTS.fullmatch(line.plain[:100]))


def is_signature(lines: Sequence[Line], i: int) -> bool:
    """`— Jane Doe` under a paragraph; with more such lines around it is a list of people."""
    after = lines[i + 1] if i + 1 < len(lines) else None
    return (
        bool(_SIGNED.fullmatch(lines[i].raw[:120]))
        and i > 0
        and lines[i - 1].prose
        and (after is None or after.raw[:1] not in "-–—")
    )


def byline_of(line: Line, near_date: bool) -> str | None:
    """The people a line names as authors, if that is all it does.

    Args:
        line: the line.
        near_date: whether the line above or below is the article's date: only then is
            "Jane Doe in Oslo" a byline.
    """
    plain = line.plain
    if line.words > 16 or len(plain) > 160 or line.bullet or line.heading or line.ends_sentence:
        return None
    match = next(
        filter(None, (form.fullmatch(plain) for form in (_BY, _NAMES_AND_ROLE, _NAMES_AND_AGENCY))),
        None,
    )
    if not match and near_date:
        match = _NAMES_IN_PLACE.fullmatch(plain)
    names = match["names"] if match else ""
    if not match:
        above = plain.split(" | ")[0]
        names = above if _LIST_OF_NAMES.fullmatch(above) and "&" not in above else ""
        if _ORGANISATION.search(names) or re.search(r"\band (?:The|the)\b", names):
            return None
    # "Jane Doe, Staff Writer" and "Jane Doe, Associated Press" name one person.
    people = [
        name
        for name in names.split(", ")
        if not (re.search(rf"\b{_ROLE}$", name) or is_agency(name) or is_outlet(name))
    ]
    return ", ".join(people) if people and not _NOT_A_NAME.match(names) else None
