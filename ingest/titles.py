"""Which line of a text is its headline, where the file doesn't state it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.lines import Line
from rag.types import SkippedSpan

__all__ = ["headline_spans", "same_title", "title_among"]

# Two or three capitalised words above a text are its author far more often than its title.
_NAME_LIKE = re.compile(r"(?![^a-z]*$)(?:[A-Z\d][\w.’'/-]*\s?){2,3}")
_QUESTION_OR_QUOTE = re.compile(r"(?:(?![.!?][\"'”’]?\s+[A-Z“\"]).)*(?:\?[\"'”’]?|[^.!][\"'”’])")


def title_among(lines: Sequence[Line], start: int) -> str | None:
    """The headline, if the first lines have the form of one.

    Args:
        lines: those that are not furniture, in order.
        start: where the first line's text begins, after a date that leads it.
    """
    if headings := _leading_headings(lines):
        level = min(line.heading for line in headings)
        same = [line for line in headings if line.heading == level]
        # A one- or two-word heading above the headline is a section's name.
        return max(same, key=lambda line: min(line.words, 4)).plain or None
    for i, line in enumerate(lines[:2]):
        words = line.raw[max(0, start - line.start) :].strip(" *_")
        words = words[1:-1] if re.fullmatch('"[^"]*"', words) else words
        following = lines[i + 1] if i + 1 < len(lines) else None
        kicker = i == 0 and following is not None and _is_kicker(line, following)
        if not kicker:
            return words if following is not None and _is_title(line, words, following) else None
    return None


def headline_spans(lines: Sequence[Line], title: str | None, start: int) -> Iterator[SkippedSpan]:
    """Where the headline stands, and where it is repeated.

    Args:
        lines: the article's lines.
        title: the headline.
        start: where the first line's text begins, after a date that leads it.
    """
    seen = False
    for line in lines:
        at = max(line.start, start)
        words = line.raw[at - line.start :] if at > line.start else line.plain
        if title is not None and at < line.end and same_title(words, title):
            yield SkippedSpan(at, line.end, "repeated-headline" if seen else "headline")
            seen = True


def same_title(line: str, title: str) -> bool:
    """Whether a line is the headline, differences of quotes and case aside."""
    if len(line) > len(title) + 200:
        return False
    a, b = (re.sub(r"[\W_]+", " ", t).strip().casefold() for t in (line, title))
    return bool(b) and a == b


def _leading_headings(lines: Sequence[Line]) -> list[Line]:
    """Headings before the first paragraph of prose."""
    headings: list[Line] = []
    for line in lines:
        if line.heading:
            headings.append(line)
        elif line.prose:
            break
    return headings


def _is_kicker(line: Line, following: Line) -> bool:
    """A section's name above the headline: `SHIPPING`, `World`."""
    short = line.words == 1 or (line.words <= 3 and line.plain.isupper())
    return short and following.words >= 4 and not following.ends_sentence and not line.heading


def _is_title(line: Line, words: str, following: Line) -> bool:
    if not 3 <= line.words <= 30 or len(words) > 300 or line.bullet or line.dangles:
        return False
    if words[:1].islower() or following.plain[:1].islower() or words[-1:] in ":—–-":
        return False
    if _NAME_LIKE.fullmatch(words):
        return False
    if not line.ends_sentence:
        return True
    # A question, or a quotation without a full stop; several sentences are no headline.
    return line.words <= 16 and following.paragraph and bool(_QUESTION_OR_QUOTE.fullmatch(words))
