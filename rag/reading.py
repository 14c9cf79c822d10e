"""How a stretch of an article reads, once furniture and markup are left out.

Only for models and for the eye: quotations are always cut from the text itself.
"""

from __future__ import annotations

import re
from datetime import date

from rag.hidden import without_hidden
from rag.types import Article

__all__ = ["context_line", "fold", "long_date", "reading_text"]

_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")
_MARKS = re.compile(r"(?:^|(?<=\s))(?:#{1,6}|>|[-*+])\s+|\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`")
_MARKED = re.compile(r"[\[*_`]|(?:^|\s)[#>+-]")
"""What any of Markdown's marks has in it; most sentences have none."""


def fold(text: str) -> str:
    """Fold white space to single blanks; leave out Markdown's marks and what can't be seen."""
    text = without_hidden(text)
    if _MARKED.search(text):
        text = _MARKS.sub("", _LINK.sub(r"\1", text))
    return " ".join(text.split())


def long_date(day: date | None) -> str:
    """`1 February 2023`, or `undated`."""
    return f"{day.day} {day:%B %Y}" if day else "undated"


def reading_text(article: Article, start: int, end: int) -> str:
    """The text between two offsets as a reader sees it, furniture left out."""
    parts: list[str] = []
    at = start
    for span in article.skipped:
        if span.end <= at or span.start >= end:
            continue
        parts.append(article.text[at : max(at, span.start)])
        at = span.end
    parts.append(article.text[at:end])
    return fold(" ".join(parts))


def context_line(article: Article) -> str:
    """Title, outlet and date in one line: what a passage needs to be understood alone.

    The date is written out, as a question has it: "in December 2022" finds no 2022-12-28.
    """
    day = article.published and long_date(article.published)
    where = ", ".join(part for part in (article.outlet, day) if part)
    return ". ".join(part for part in (article.title and fold(article.title), where) if part)
