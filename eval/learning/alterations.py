"""Changes that make of an answered question one that is not: of its sentence, or of itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rag.signals import analyse, has_expected_type

__all__ = ["hollowed", "turned"]

_LEADING = re.compile(
    r"(?:[,;]\s*)?(?:\b(?:in|on|at|by|for|from|to|of|with|after|before|about|over|under|around"
    r"|because|because of|due to|as|until|since|during|near|the|a|an|some|nearly)\s*)+$",
    re.IGNORECASE,
)
_TURNABLE = re.compile(
    r"^(when|where|why|how) (did|was|were|is|are|do|does|had|has|have|will|would|could|can)\b",
    re.IGNORECASE,
)
_TURNS = ("When", "Where", "Why")


def hollowed(sentence: str, start: int, end: int) -> str | None:
    """The sentence without some of its words and what leads up to them.

    None where too little would be left to be a sentence.
    """
    before, after = sentence[:start], sentence[end:]
    before = _LEADING.sub("", before) if after.strip(" .,;") else before
    left = re.sub(r"\s+([,.;:?!])", r"\1", " ".join((before + " " + after).split()))
    left = re.sub(r"([,;])\s*(?=[,.;])", "", left).lstrip(",.;: ")
    words = len(re.findall(r"\w+", left))
    if words < 5 or words < 0.35 * len(re.findall(r"\w+", sentence)):
        return None
    return left[:1].upper() + left[1:]


def turned(question: str, sentences: Sequence[str], rng: np.random.Generator) -> str | None:
    """The question asking when, where or why instead, where the sentences do not say."""
    if not (found := _TURNABLE.match(question)):
        return None
    for n in rng.permutation(len(_TURNS)):
        word = _TURNS[n]
        if word.casefold() == found[1].casefold():
            continue
        other = word + question[found.end(1) :]
        asked = analyse(other)
        if all(has_expected_type(asked, sentence) == 0 for sentence in sentences):
            return other
    return None
