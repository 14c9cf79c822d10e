"""Days that a text gives by their place or their name: the end of April, Christmas Eve."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from rag.days import MONTHS, Day

__all__ = ["find_edges"]

_MONTHS = "|".join(sorted(MONTHS, key=len, reverse=True))
_EDGE = re.compile(
    r"\b(?P<edge>end|close|start|beginning|middle|mid|turn|first day|last day)"
    rf"(?:\s|-)(?:of\s)?(?:the\s)?(?P<what>(?:{_MONTHS})\b|(?P<span>month|year)\b"
    r"|(?=(?:19|20)[0-9]{2}\b))[\s,]*(?:of\s)?(?P<y>(?:19|20)[0-9]{2}\b)?",
    re.IGNORECASE,
)
_FEASTS = {
    "christmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25),
    "boxing day": (12, 26), "new year's eve": (12, 31), "new year's day": (1, 1),
    "new year": (1, 1), "valentine's day": (2, 14), "halloween": (10, 31), "may day": (5, 1),
    "epiphany": (1, 6), "all saints": (11, 1), "bastille day": (7, 14),
}  # fmt: skip
_FEAST = re.compile(rf"\b(?:{'|'.join(_FEASTS)})\b", re.IGNORECASE)


def find_edges(text: str, published: date | None = None) -> tuple[Day, ...]:
    """The days at the edges of months and years, and the feasts that have a fixed day.

    The end of April is its 30th day. Where the text names no year, the days have none, and
    where `published` is given they stand a second time with its year and those beside it.
    """
    found = [*_edges(text, published), *_feasts(text)]
    if published:
        years = (published.year - 1, published.year, published.year + 1)
        found += [d._replace(year=y, relative=True) for d in found if d.year is None for y in years]
    return tuple(found)


def _edges(text: str, published: date | None) -> Iterator[Day]:
    for match in _EDGE.finditer(text):
        edge = match["edge"].lower()
        last = edge in ("end", "close", "last day")
        year = int(match["y"]) if match["y"] else None
        if match["span"] and published:
            year = published.year
        name = match["what"].lower()
        if name in MONTHS:
            month = MONTHS[name]
        elif match["span"] and match["span"].lower() == "month":
            month = published.month if published else 0
        else:
            month = 12 if last or edge == "turn" else 1
        if not month:
            continue
        length = monthrange(year or 2001, month)[1]
        day = length if last else 15 if edge.startswith("mid") else 1
        yield Day(year, month, day, *match.span(), False)


def _feasts(text: str) -> Iterator[Day]:
    for match in _FEAST.finditer(text.replace("’", "'")):
        yield Day(None, *_FEASTS[match[0].lower()], *match.span(), False)
