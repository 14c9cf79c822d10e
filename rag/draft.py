"""Taking a model's answer apart while it is being written: sentences, and what each rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["DraftSentence", "Drafted", "ThoughtAloud", "without_thoughts"]

_MARK = r"\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]|【\s*\d+[^】]*】"
_MARKS = re.compile(rf"(?:\s*(?:{_MARK}))+")
_NUMBERS = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
_BOUNDARY = re.compile(
    # Marks on the next line are not waited for: a line feed ends a sentence at once.
    rf"(?:[.!?…]['\"’”)*]*(?:[^\S\n]*(?:{_MARK}))*"
    rf"|(?:[^\S\n]*(?:{_MARK}))+[.!?…]?['\"’”)*]*)"
    r"(?=[^\S\n]+[\"“‘'(*`]*[^\W_a-z])|\n+"
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(“\"])(?:[A-Z]|Mr|Mrs|Ms|Mx|Messrs|Dr|St|Gen|Col|Lt|Capt|Sgt|Maj|Adm|Brig|Cmdr|Cpl"
    r"|Pvt|Prof|Rev|Sen|Rep|Gov|Hon|Jr|Sr|Mt|Ft|No|Nos|vs|etc|approx|Jan|Feb|Mar|Apr|Aug|Sept|Sep"
    r"|Oct|Nov|Dec|U\.S|U\.K|U\.N|a\.m|p\.m|e\.g|i\.e)\.$"
)
_LIST = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_LIST_SIGN = re.compile(r"\s*\d{1,2}\.")
_MARKUP = re.compile(r"\*\*|__|`|^#{1,6}\s+")
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THINKING = re.compile(r"<(?:think|thinking|reasoning)>.*", re.DOTALL | re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"\A.*</(?:think|thinking|reasoning)>\s*", re.DOTALL | re.IGNORECASE)
"""Alone it closes what a chat template opened: then all before it was thought."""
_MOST_IN_RANGE = 12


class DraftSentence(NamedTuple):
    """A sentence as the model wrote it, its markers taken out."""

    text: str
    numbers: tuple[int, ...]
    """In the order given, each once; not checked against anything."""


class ThoughtAloud(NamedTuple):
    """What was given so far was no answer: the model was thinking aloud, and is done with it."""


class Drafted:
    """Feed it pieces; it gives each sentence as soon as it is certain to have ended."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, piece: str) -> Iterator[DraftSentence | ThoughtAloud]:
        """The sentences that this piece ends."""
        self._text += piece
        if "<" in self._text:
            self._text = _THOUGHT.sub("", self._text)
            if ended := _THOUGHT_ENDS.match(self._text):
                self._text = self._text[ended.end() :]
                yield ThoughtAloud()
        while (cut := self._cut()) is not None:
            sentence, self._text = self._text[:cut], self._text[cut:]
            if found := sentence_of(sentence):
                yield found

    def end(self) -> Iterator[DraftSentence]:
        """What is left when the model is done."""
        rest, self._text = without_thoughts(self._text), ""
        if found := sentence_of(rest):
            yield found

    def _cut(self) -> int | None:
        text = self._text
        if "<" in text:
            text = _THINKING.sub("", text)
        for match in _BOUNDARY.finditer(text):
            before = text[: match.end()].rstrip()
            plain = _MARKS.sub("", before)
            ends = "\n" in match[0]
            if ends or not (_ABBREVIATED.search(plain) or _LIST_SIGN.fullmatch(plain)):
                return match.end()
        return None


def sentence_of(text: str) -> DraftSentence | None:
    """A sentence without markers, list signs and emphasis; None where no word is left."""
    numbers: list[int] = []
    for mark in re.findall(_MARK, text):
        for first, last in _NUMBERS.findall(mark):
            low, high = int(first), int(last or first)
            if not low <= high < low + _MOST_IN_RANGE:
                low, high = int(first), int(first)
            numbers += range(low, high + 1)
    plain = re.sub(_MARK, "", _LIST.sub("", text))
    plain = " ".join(_MARKUP.sub("", plain).split())
    plain = re.sub(r"\s+([.,;:!?…])", r"\1", plain)
    if not re.search(r"\w", plain):
        return None
    return DraftSentence(plain, tuple(dict.fromkeys(numbers)))


def without_thoughts(text: str) -> str:
    """What is left of an answer once what a model thinks aloud is taken out."""
    return _THINKING.sub("", _THOUGHT_ENDS.sub("", _THOUGHT.sub("", text)))
