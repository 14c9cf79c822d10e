"""A text's lines with their offsets, and what a line looks like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

__all__ = ["BULLET", "INVISIBLE", "Line", "lines_of"]

BULLET = re.compile(r"(?:[-*+•·–►]|\d{1,2}[.)])\s+")
"""What an item of a list begins with."""

INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters that take no room, which pages leave at the edges of lines."""

_LINE = re.compile(r"[^\r\n\u2028\u2029]+")
# Both parts stop at the bracket that opened them and are bounded, or a line of nothing but
# brackets would take a time that grows with its square.
_LINK = re.compile(r"!?\[([^\[\]]{0,500})\]\([^()]{0,2000}\)")
_BEFORE = INVISIBLE + " \t\v\f\xa0#>*_`|•·–-+"
_AFTER = INVISIBLE + " \t\v\f\xa0*_`#|"
_ENDS = re.compile(r"[.!?…؟。][\"'”’»)\]*_]{0,6}(?:\s?\[\d{1,3}\])?$")
_DANGLING = re.compile(
    r"(?:\b(?:a|an|the|of|to|in|on|at|by|for|from|with|into|and|or|but|nor|that|which|who|whose"
    r"|his|her|their|its|as|than|because|while|is|was|were|are|be|been|has|had|have)|[,;])$"
)


@dataclass(frozen=True)
class Line:
    """One line that is not blank. Offsets leave out the white space around it."""

    start: int
    end: int
    raw: str
    """`text[start:end]`; in hard-wrapped text all lines of the paragraph."""
    plain: str
    """`raw` without list, heading and emphasis marks, links as their words."""
    paragraph: bool
    """Whether a blank line, or the text's beginning, comes before it."""

    @cached_property
    def words(self) -> int:
        """How many words it has."""
        return len(self.plain.split())

    @cached_property
    def ends_sentence(self) -> bool:
        """Whether it ends as a sentence does: a full stop and whatever closes after it."""
        return bool(_ENDS.search(self.raw[-16:]))

    @cached_property
    def prose(self) -> bool:
        """Whether it can only be running text: a finished sentence, or far too long a title."""
        return self.words > 30 or (self.words >= 8 and self.ends_sentence)

    @cached_property
    def dangles(self) -> bool:
        """Whether it breaks off where no headline or sentence can end: after "of the"."""
        return bool(_DANGLING.search(self.plain[-20:]))

    @property
    def heading(self) -> int:
        """Its Markdown heading level, 1 to 6; 0 where it is none."""
        match = re.match(r"(#{1,6})\s", self.raw)
        return len(match[1]) if match else 0

    @property
    def bullet(self) -> bool:
        """Whether it is an item of a list."""
        return bool(BULLET.match(self.raw))

    @property
    def only_link(self) -> bool:
        """Whether it is nothing but a link, or several."""
        rest = _LINK.sub("", BULLET.sub("", self.raw, count=1))
        return rest != self.raw and bool(_LINK.search(self.raw)) and not re.search(r"\w", rest)


def lines_of(text: str) -> list[Line]:
    """The lines that are not blank, in order.

    Where paragraphs are broken into lines of a fixed width, as in old mail, a line's end
    inside a paragraph means nothing, and each paragraph is one line. In a text without a
    single blank line every line is a paragraph.
    """
    lines: list[Line] = []
    previous_end = 0
    for match in _LINE.finditer(text):
        raw = match[0].strip()
        if not raw:
            continue
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        gap = text[previous_end : match.start()].replace("\r\n", "\n")
        breaks = sum(gap.count(mark) for mark in "\n\r\u2028") + 2 * gap.count("\u2029")
        previous_end = start + len(raw)
        lines.append(Line(start, previous_end, raw, _plain(raw), not lines or breaks > 1))
    if width := _wrap_width(lines):
        return _unwrapped(text, lines, width)
    if not any(line.paragraph for line in lines[1:]):
        return [replace(line, paragraph=True) for line in lines]
    return lines


def _plain(raw: str) -> str:
    words = _LINK.sub(r"\1", BULLET.sub("", raw, count=1))
    return words.lstrip(_BEFORE).rstrip(_AFTER)


def _wrap_width(lines: Sequence[Line]) -> int:
    """The width that paragraphs are broken at; 0 where they are not."""
    inner = [a for a, b in pairwise(lines) if not b.paragraph]
    if len(inner) < 3 or max(len(line.raw) for line in inner) > 120:
        return 0
    broken = sum(not line.ends_sentence for line in inner)
    if broken / len(inner) < 0.6 or sum(len(line.raw) for line in inner) / len(inner) < 40:
        return 0
    return max(len(line.raw) for line in lines if len(line.raw) <= 120)


def _unwrapped(text: str, lines: Sequence[Line], width: int) -> list[Line]:
    groups: list[list[Line]] = []
    for line in lines:
        before = groups[-1][-1] if groups else None
        # A line was broken only if the next word would not have fitted: a byline above a
        # date has room left. Ten characters of grace for words that mail programs keep.
        first_word = line.raw.split(maxsplit=1)[0]
        if (
            before is not None
            and not line.paragraph
            and not line.bullet
            and not line.heading
            and len(before.raw) + 1 + len(first_word) > width - 10
        ):
            groups[-1].append(line)
        else:
            groups.append([line])
    joined: list[Line] = []
    for group in groups:
        first, last = group[0], group[-1]
        raw = text[first.start : last.end]
        plain = first.plain if first is last else " ".join(line.plain for line in group)
        joined.append(Line(first.start, last.end, raw, plain, first.paragraph))
    return joined
