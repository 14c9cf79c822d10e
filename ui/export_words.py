"""Words of articles and models as an export may carry them: on one line, in their own order."""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import bidirectional

from rag.reading import fold
from rag.types import Citation

__all__ = ["Quotation", "clean", "isolated", "isolates", "quotation_of"]

_SURROGATES = re.compile("[\ud800-\udfff]")
_PLANE_ENDS = "".join(
    chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_UNFIT = re.compile(f"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef{_PLANE_ENDS}]")
"""Controls, what overrides or embeds a direction, and what is no character."""
_FIRST_STRONG, _POP = "\u2068", "\u2069"


class Quotation(NamedTuple):
    """A quotation in three pieces: up to the short answer, the answer, and after it."""

    before: str
    short: str
    """Empty where there is no short answer; all words are then in `before`."""
    after: str

    @property
    def words(self) -> str:
        """The whole of it."""
        return "".join(self)


def clean(text: str) -> str:
    """The text on one line, without controls or anything that overrides its direction.

    Half a surrogate pair, which no file can hold, becomes U+FFFD.
    """
    # White space goes first: line feeds and tabs are controls too, but they part words.
    words = " ".join(text.split())
    return " ".join(_UNFIT.sub("", _SURROGATES.sub("\ufffd", words)).split())


def isolates(text: str) -> tuple[str, str]:
    """What to set on either side of clean text, so that it moves nothing that stands beside it.

    Only text with right-to-left letters needs anything. This is for where no markup can do it.
    """
    moves = any(bidirectional(c) in ("R", "AL", "AN") for c in text)
    return (_FIRST_STRONG, _POP) if moves else ("", "")


def isolated(text: str) -> str:
    """Clean text between what `isolates` gives for it."""
    return text.join(isolates(text))


def quotation_of(citation: Citation) -> Quotation:
    """The quoted words, white space folded, with the short answer set apart."""
    words = clean(fold(citation.quote))
    if citation.answer_start is None or citation.answer_end is None:
        return Quotation(words, "", "")
    first, last = citation.answer_start - citation.start, citation.answer_end - citation.start
    if not 0 <= first < last <= len(citation.quote):
        return Quotation(words, "", "")
    short = clean(fold(citation.quote[first:last]))
    expected = len(clean(fold(citation.quote[:first])))
    # Folding moves words, and a short one may stand there twice: the nearest is meant.
    starts = [m.start() for m in re.finditer(f"(?={re.escape(short)})", words)] if short else []
    if not starts:
        return Quotation(words, "", "")
    start = min(starts, key=lambda at: abs(at - expected))
    end = start + len(short)
    return Quotation(words[:start], words[start:end], words[end:])
