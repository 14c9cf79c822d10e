"""The claim reader: whether sentences of articles carry what is claimed of them.

The same kind of network as the evidence reader, with the claim in the question's place, made
by `rag.training.reader` from claims written by hand; docs/models.md says how well it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rag.numbers import find_numbers
from rag.reader import Reader, ReaderFile, Window
from rag.reading import fold
from rag.types import Article

__all__ = ["CLAIM_READER", "Cited", "ClaimReader", "heading_of", "in_digits"]

CLAIM_READER = ReaderFile(
    "claims.onnx",
    "e44e353580902506899f78fc8bb85a51ad01d43e813fe62c0edeb59996337097",
    92,
)


_FIRST_IN_DIGITS = 2
"""`one` is mostly no number."""


class Cited(NamedTuple):
    """Words that a claim cites."""

    heading: str
    """From `heading_of`."""
    text: str


class ClaimReader:
    """Reads claims beside what they cite.

    Raises:
        ModelError: the model's file is missing or altered.
    """

    def __init__(self, threads: int = 2) -> None:
        self._reader = Reader(threads, CLAIM_READER)

    def margin(self, claim: str, cited: Sequence[Cited]) -> float:
        """Log-odds that what is cited carries the claim: any of it alone, or all together.

        Args:
            claim: a sentence.
            cited: one or more.
        """
        claim = in_digits(claim)
        windows = [Window(one.heading, (in_digits(fold(one.text)),)) for one in cited]
        if len(cited) > 1:
            together = " ".join(window.sentences[0] for window in windows)
            windows.append(Window(cited[0].heading, (together,)))
        return max(reads[0].margin for reads in self._reader.read(claim, windows))


def in_digits(text: str) -> str:
    """The text with its number words as digits: both ways of writing one are to look alike.

    >>> in_digits("Sixty-seven soldiers, one of them a colonel, died on the third day.")
    '67 soldiers, one of them a colonel, died on the third day.'
    """
    at, parts = 0, []
    for number in find_numbers(text):
        words = text[number.start : number.end]
        whole = number.value >= _FIRST_IN_DIGITS and float(number.value).is_integer()
        if whole and not (number.ordinal or number.unit) and not any(map(str.isdigit, words)):
            parts += [text[at : number.start], f"{int(number.value)}"]
            at = number.end
    return "".join((*parts, text[at:]))


def heading_of(article: Article) -> str:
    """What the claim reader is told of an article besides its text: outlet, day and title."""
    day = article.published
    written = f"{day:%A} {day.day} {day:%B %Y}" if day else ""
    about = ", ".join(filter(None, (fold(article.outlet or ""), written)))
    return ": ".join(filter(None, (about, fold(article.title or ""))))
