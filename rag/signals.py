"""What can be measured of a question and a sentence without a language model.

`rag.evidence` weighs these signals; `eval.learning.evidence_weights` learned the weights.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from rag.index_words import STOP_WORDS, query_stems, stems

__all__ = [
    "Question",
    "QuestionKind",
    "analyse",
    "coverage",
    "has_expected_type",
    "match",
    "names_of",
]

FloatArray = npt.NDArray[np.float32]

QuestionKind = Literal["who", "when", "where", "how-many", "why", "other"]

_KIND_PATTERNS: tuple[tuple[QuestionKind, str], ...] = (
    (
        "how-many",
        r"\bhow\s+(?:many|much|old|long|far|often|big|large|high|tall|fast|few)\b"
        r"|\bwhat\s+(?:number|percentage|percent|proportion|share|age|amount|sum)\b",
    ),
    (
        "when",
        r"\bwhen\b|\b(?:what|which)\s+(?:year|date|day|month|time|week|decade|century)\b"
        r"|\bsince\s+when\b",
    ),
    (
        "where",
        r"\bwhere\b|\b(?:what|which)\s+(?:city|country|place|town|state|village|region"
        r"|location|area|building|venue)\b",
    ),
    ("why", r"\bwhy\b|\bfor\s+what\s+(?:reason|purpose)\b|\bwhat\s+(?:reason|caused)\b"),
    ("who", r"\bwho(?:m|se)?\b|\b(?:what|which)\s+(?:person|man|woman|official)\b"),
)
_KINDS = tuple((kind, re.compile(p, re.IGNORECASE)) for kind, p in _KIND_PATTERNS)
_WH = re.compile(r"\b(?:who|whom|whose|when|where|why|how|what|which)\b", re.IGNORECASE)

_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
    " hundred hundreds thousand thousands million millions billion dozen dozens several half"
    " twice first second third"
).split()
_NUMBER = re.compile(rf"\d|\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\b|\bMay\b"
    r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    r"|(?i:\b(?:today|yesterday|tomorrow|tonight|ago|annually|daily|currently|recently|century"
    r"|(?:last|next|this|earlier|past|previous|following)\s+(?:\w+\s+)?"
    r"(?:days?|weeks?|months?|years?|night|evening|morning|summer|winter|spring|autumn|decade)"
    r"|morning|evening|afternoon|noon|midnight|night|after|before|since|until|during|while"
    r"|when|once|as soon as|ahead of)\b)"
)
_PLACE = re.compile(
    r"\b(?:in|at|to|from|near|across|into|outside|inside|of|on|around|between|through)\s+"
    r"(?:the\s+)?(?:[a-z]+\s+){0,2}[A-Z]\w+"
)
_REASON = re.compile(
    r"\b(?:because|due\s+to|since|as\s+a\s+result|in\s+order|so\s+(?:that|as)|so\b|to\s+[a-z]+"
    r"|reasons?|caus(?:e|ed|es|ing)|aim(?:ed|s|ing)?|intended|hop(?:e|es|ing)|purpose|goal"
    r"|following|after|amid|over|for\s+fear|in\s+response|owing|thanks\s+to|as|if|means|therefore)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![.!?\"“]\s)(?<!^)\b(?:al-)?[A-Z][\w’'-]+")


_CALENDAR = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?)(?:['’]s)?"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, taken apart once."""

    text: str
    kind: QuestionKind
    weights: Mapping[str, float]
    """Each meaningful stem with its weight: how rare it is in the library, at least 0."""
    unknown: tuple[str, ...]
    """Words of the question, as typed, that occur nowhere in the library."""
    unknown_names: tuple[str, ...]
    """Those of them that look like names."""


def analyse(
    text: str, frequency: Callable[[str], int] | None = None, passages: int = 0
) -> Question:
    """Take a question apart.

    Args:
        text: the question as typed.
        frequency: in how many passages a stem occurs; None where that is not known.
        passages: how many passages there are.
    """
    found = query_stems(text)
    if frequency is None:
        return Question(text, _kind(text), dict.fromkeys(found, 1.0), (), ())
    counts = {stem: frequency(stem) for stem in found}
    weights = {
        # As in BM25, but never below zero.
        stem: math.log(1 + (passages - n + 0.5) / (n + 0.5))
        for stem, n in counts.items()
    }
    names = set(names_of(text))
    unknown = tuple(
        word
        for word in re.findall(r"[\w’'-]+", text)
        if word.lower() not in STOP_WORDS
        and (parts := stems(word))
        and any(counts.get(part) == 0 for part in parts)
    )
    return Question(text, _kind(text), weights, unknown, tuple(w for w in unknown if w in names))


def names_of(text: str) -> tuple[str, ...]:
    """Words of a question that look like names, but for its first and those of the calendar."""
    return tuple(m[0] for m in _NAME.finditer(text) if not _CALENDAR.fullmatch(m[0]))


def match(question: Question, text: str) -> FloatArray:
    """Which of the question's words a text has: float32, (words,), 0 or 1."""
    present = set(stems(text))
    return np.array([stem in present for stem in question.weights], dtype=np.float32)


def coverage(question: Question, matched: FloatArray) -> float:
    """How much of the question's weight is matched, 0 to 1.

    Args:
        question: the question.
        matched: from `match`, or the maximum of several of them.
    """
    weights = np.fromiter(question.weights.values(), dtype=np.float32)
    total = float(weights.sum())
    return float(matched @ weights) / total if total else 0.0


def has_expected_type(question: Question, sentence: str) -> float:
    """1 where the sentence holds the kind of thing asked for, 0 where not, .5 where any will do.

    What the question itself contains does not count: "How did the 22 die?" does not make
    "The 22 …" an answer.
    """
    if question.kind == "other":
        return 0.5
    asked = set(re.findall(r"[\w’'-]+", question.text.lower()))
    match question.kind:
        case "who":
            found = (m[0] for m in _NAME.finditer(" " + sentence))
            return float(any(w.lower().removesuffix("'s") not in asked for w in found))
        case "how-many":
            words = re.findall(r"[\w,.-]*\d[\w,.-]*|[\w-]+", sentence)
            return float(
                any(_NUMBER.search(w) and w.strip(".,").lower() not in asked for w in words)
            )
        case "when":
            return float(any(m[0].lower() not in asked for m in _TIME.finditer(sentence)))
        case "where":
            return float(
                any(m[0].split()[-1].lower() not in asked for m in _PLACE.finditer(sentence))
            )
        case "why":
            return float(bool(_REASON.search(sentence)))


def _kind(text: str) -> QuestionKind:
    """The kind that the first question word makes it; the rest may quote another."""
    first = _WH.search(text)
    if not first:
        return "other"
    for kind, pattern in _KINDS:
        match = pattern.search(text)
        if match and match.start() <= first.start():
            return kind
    return "other"
