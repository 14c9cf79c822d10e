"""Whether to answer: how likely it is that the best sentence answers the question.

A logistic regression over signals that can be read (`CONFIDENCE_SIGNALS`), with weights
learned on questions whose answer is known to be there or not; docs/reader.md has how well
the probability holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag.candidates import NEAR_SIGNALS, Candidate
from rag.evidence_weights import Weights
from rag.reading import context_line
from rag.signals import Question, names_of

__all__ = ["CONFIDENCE_SIGNALS", "NOTHING_NEAR", "confidence", "confidence_signals"]

FloatArray = npt.NDArray[np.float32]

CONFIDENCE_SIGNALS = (
    "reader's margin",
    "reader's best margin",
    "sentences read as answers",
    "best sentence cosine",
    "best titled sentence cosine",
    "best passage cosine",
    "words in the sentence",
    "words in it and its neighbours",
    "words in the passage and title",
    "expected type",
    "names missing in the article",
    "numbers missing in the article",
    "gap to the second",
    "typed as a search",
)
NOTHING_NEAR = 0.27
"""Where no sentence comes this near the question (cosine), none is about it. Of 275 questions
that invented news stories answer, the farthest had .274."""
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")


def confidence_signals(
    question: Question, ranked: Sequence[Candidate], signals: FloatArray
) -> FloatArray:
    """Signals of whether the best sentence answers: float32, (len(CONFIDENCE_SIGNALS),).

    Args:
        question: the question.
        ranked: candidates, best first; at least one.
        signals: theirs, in the same order; float32, `NEAR_SIGNALS` and the margin in the
            last column.
    """
    top = dict(zip(NEAR_SIGNALS, signals[0], strict=False))
    best = dict(zip(NEAR_SIGNALS, signals.max(axis=0), strict=False))
    margins = signals[:, -1]
    found = (
        margins[0],
        margins.max(),
        math.log1p(float((1 / (1 + np.exp(-margins))).sum())),
        best["sentence cosine"],
        best["titled sentence cosine"],
        best["passage cosine"],
        top["words in the sentence"],
        top["words in it and its neighbours"],
        top["words in the passage and title"],
        top["expected type"],
        *_missing(question, ranked[0]),
        margins[0] - margins[1] if len(margins) > 1 else 0.0,
        # In such questions names can't be told, and what is missing is not seen.
        question.text == question.text.lower() and "?" not in question.text,
    )
    return np.array(found, dtype=np.float32)


def confidence(signals: FloatArray, weights: Weights) -> float:
    """The probability that an answer is among the sentences, 0 to 1."""
    logit = float(np.append(signals, np.float32(1)) @ weights.confidence)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _missing(question: Question, candidate: Candidate) -> tuple[float, float]:
    """The share of the question's names, and of its numbers, that the article does not have."""
    article = candidate.article
    text = f"{article.text} {context_line(article)}".casefold()
    names = {n.casefold().removesuffix("'s").removesuffix("’s") for n in names_of(question.text)}
    numbers = set(_NUMBER.findall(question.text))
    return (
        sum(n not in text for n in names) / len(names) if names else 0.0,
        sum(n not in text for n in numbers) / len(numbers) if numbers else 0.0,
    )
