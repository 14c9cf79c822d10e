"""Evidence: which sentences of the passages found answer the question, and how surely.

Every sentence is scored by a weighted sum of signals (`SENTENCE_SIGNALS`); the scores of
all candidates, taken together, give each its share of belief. Whether any of them answers
is a second weighted sum (`CONFIDENCE_SIGNALS`) turned into a probability. There are two
sets of weights, because words are the best guide where a question shares them with the
articles and none where it does not. They are read from `models/evidence.json`, learned by
`eval.learning.evidence_weights`; docs/evidence.md has the figures.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from rag.errors import ModelError
from rag.library import Library
from rag.reading import context_line, reading_text
from rag.signals import Question, coverage, has_expected_type, match
from rag.types import Article, Evidence, Hit, Sentence

__all__ = [
    "CONFIDENCE_SIGNALS",
    "NOTHING_NEAR",
    "SENTENCE_SIGNALS",
    "SHARED_WORDING",
    "Candidate",
    "Found",
    "Weights",
    "Wording",
    "candidates_of",
    "confidence_signals",
    "find_evidence",
    "shares_wording",
]

FloatArray = npt.NDArray[np.float32]
Wording = Literal["shared", "other"]
"""Whether the question uses the articles' words; each has weights of its own."""

SENTENCE_SIGNALS = (
    "sentence cosine",
    "titled sentence cosine",
    "neighbours' cosine",
    "passage cosine",
    "words in the sentence",
    "words in it and its neighbours",
    "words in the passage and title",
    "expected type",
)
CONFIDENCE_SIGNALS = (
    "best sentence cosine",
    "best titled sentence cosine",
    "best passage cosine",
    "words in the sentence",
    "words in it and its neighbours",
    "words in the passage and title",
    "expected type",
    "unknown names",
    "gap to the second",
)
NOTHING_NEAR = 0.27
"""Where no sentence comes this near the question (cosine), none answers it. Of 275 questions
that invented news stories answer, the farthest had .274."""
SHARED_WORDING = 0.35
"""From this best coverage on, a question is taken to share the articles' wording. Of 275
questions on invented news, those in the text's words have .41 or more (all but 5 %), those
written to share no word .30 or less."""


class Candidate(NamedTuple):
    """A sentence that may answer, with its signals (float32, one per `SENTENCE_SIGNALS`)."""

    sentence: Sentence
    article: Article
    context: tuple[int, int]
    signals: FloatArray


class Found(NamedTuple):
    """The sentences in order of belief, and how sure it is that any answers (0 to 1)."""

    evidence: tuple[Evidence, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Weights:
    """What `models/evidence.json` holds."""

    sentence: FloatArray
    """float32, (len(SENTENCE_SIGNALS),)."""
    confidence: FloatArray
    """float32, (len(CONFIDENCE_SIGNALS) + 1,); the last is the intercept."""


def find_evidence(
    question: Question, vector: FloatArray, hits: Sequence[Hit], library: Library
) -> Found:
    """Score every sentence of the passages found.

    Args:
        question: taken apart by `rag.signals.analyse`.
        vector: the question's, float32, (384,), unit length.
        hits: what retrieval found.
        library: where the sentences are.
    """
    candidates = candidates_of(question, vector, hits, library)
    if not candidates:
        return Found((), 0.0)
    signals = np.stack([c.signals for c in candidates])
    weights = _weights()["shared" if shares_wording(signals) else "other"]
    scores = signals @ weights.sentence
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    order = np.argsort(-scores, kind="stable")
    evidence = tuple(
        Evidence(
            sentence=candidates[i].sentence,
            article=candidates[i].article,
            context_start=candidates[i].context[0],
            context_end=candidates[i].context[1],
            score=float(scores[i]),
            share=float(shares[i]),
        )
        for i in order
    )
    cosine = SENTENCE_SIGNALS.index("sentence cosine")
    if signals[:, cosine : cosine + 2].max() < NOTHING_NEAR:
        return Found(evidence, 0.0)
    sure = confidence_signals(question, [candidates[i] for i in order], scores[order])
    logit = float(np.append(sure, 1.0) @ weights.confidence)
    return Found(evidence, 1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))))


def candidates_of(
    question: Question, vector: FloatArray, hits: Sequence[Hit], library: Library
) -> list[Candidate]:
    """Each sentence of the passages once, with its signals, in order of retrieval."""
    articles: dict[str, Article] = {}
    seen: set[str] = set()
    candidates: list[Candidate] = []
    for hit in hits:
        passage = hit.passage
        if passage.article_id not in articles:
            articles[passage.article_id] = library.article(passage.article_id)
        article = articles[passage.article_id]
        vectors = library.sentence_vectors(article.id, passage.sentences)
        cosines, titled = (v @ vector for v in vectors)
        passage_cosine = float(library.passage_vector(passage.id) @ vector)
        texts = [reading_text(article, s.start, s.end) for s in passage.sentences]
        matches = [match(question, text) for text in texts]
        everywhere = np.maximum.reduce([*matches, match(question, context_line(article))])
        for i, sentence in enumerate(passage.sentences):
            if sentence.id in seen:
                continue
            seen.add(sentence.id)
            near = slice(max(0, i - 1), i + 2)
            beside = [float(c) for n, c in enumerate(cosines[near], near.start) if n != i]
            signals = (
                float(cosines[i]),
                float(titled[i]),
                max(beside, default=0.0),
                passage_cosine,
                coverage(question, matches[i]),
                coverage(question, np.maximum.reduce(matches[near])),
                coverage(question, everywhere),
                has_expected_type(question, texts[i]),
            )
            candidates.append(
                Candidate(
                    sentence,
                    article,
                    library.neighbours(sentence, article.id),
                    np.array(signals, dtype=np.float32),
                )
            )
    return candidates


def confidence_signals(
    question: Question, ranked: Sequence[Candidate], scores: FloatArray
) -> FloatArray:
    """Signals of whether the best sentences answer: float32, (len(CONFIDENCE_SIGNALS),).

    Args:
        question: the question.
        ranked: candidates, best first; at least one.
        scores: theirs, in the same order.
    """
    top = dict(zip(SENTENCE_SIGNALS, ranked[0].signals, strict=True))
    best = dict(zip(SENTENCE_SIGNALS, np.max([c.signals for c in ranked], axis=0), strict=True))
    signals = (
        best["sentence cosine"],
        best["titled sentence cosine"],
        best["passage cosine"],
        top["words in the sentence"],
        top["words in it and its neighbours"],
        top["words in the passage and title"],
        top["expected type"],
        float(bool(question.unknown_names)),
        float(scores[0] - scores[1]) if len(scores) > 1 else 0.0,
    )
    return np.array(signals, dtype=np.float32)


def shares_wording(signals: FloatArray) -> bool:
    """Whether any candidate has enough of the question's words for them to guide.

    Args:
        signals: float32, (candidates, len(SENTENCE_SIGNALS)).
    """
    words = SENTENCE_SIGNALS.index("words in the sentence")
    return bool(signals[:, words].max() >= SHARED_WORDING)


@cache
def _weights() -> dict[Wording, Weights]:
    path = Path(__file__).parent / "models" / "evidence.json"
    try:
        table = json.loads(path.read_text())
        return {
            wording: Weights(
                _vector(table[wording]["sentence"], SENTENCE_SIGNALS),
                _vector(table[wording]["confidence"], (*CONFIDENCE_SIGNALS, "intercept")),
            )
            for wording in get_args(Wording)
        }
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ModelError(
            "The model file evidence.json is missing or damaged; reinstall citewire."
        ) from exc


def _vector(values: dict[str, float], names: Sequence[str]) -> FloatArray:
    return np.array([values[name] for name in names], dtype=np.float32)
