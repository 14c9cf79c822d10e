"""The sentences that may answer, each with what is known of it before it is read closely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.library import Library
from rag.reading import context_line, reading_text
from rag.signals import Question, coverage, has_expected_type, match
from rag.types import Article, Hit, Sentence

__all__ = ["NEAR_SIGNALS", "SHARED_WORDING", "Candidate", "candidates_of", "shares_wording"]

FloatArray = npt.NDArray[np.float32]

NEAR_SIGNALS = (
    "sentence cosine",
    "titled sentence cosine",
    "neighbours' cosine",
    "passage cosine",
    "words in the sentence",
    "many of the words in the sentence",
    "words in it and its neighbours",
    "words in the passage and title",
    "expected type",
)


SHARED_WORDING = 0.35
"""Above this coverage, words are a guide; below it they are mostly chance. Of 275 questions on
invented news, those in the text's words have .41 or more with the answering sentence (all but
5 %), those written to share no word .30 or less with any."""


_WORDS = NEAR_SIGNALS.index("words in the sentence")


class Candidate(NamedTuple):
    """A sentence that may answer."""

    sentence: Sentence
    article: Article
    text: str
    """As it reads, furniture left out."""
    context: tuple[int, int]
    """Offsets of the sentence with its neighbours."""
    signals: FloatArray
    """float32, one per `NEAR_SIGNALS`."""


def candidates_of(
    question: Question, vector: FloatArray, hits: Sequence[Hit], library: Library
) -> list[Candidate]:
    """Each sentence of the passages once, with its signals, in order of retrieval.

    Args:
        question: taken apart by `rag.signals.analyse`.
        vector: the question's, float32, (384,), unit length.
        hits: what retrieval found.
        library: where the sentences are.
    """
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
        contexts = library.contexts(article.id, passage.sentences)
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
                covered := coverage(question, matches[i]),
                max(0.0, covered - SHARED_WORDING),
                coverage(question, np.maximum.reduce(matches[near])),
                coverage(question, everywhere),
                has_expected_type(question, texts[i]),
            )
            candidates.append(
                Candidate(
                    sentence,
                    article,
                    texts[i],
                    contexts[i],
                    np.array(signals, dtype=np.float32),
                )
            )
    return candidates


def shares_wording(candidates: Sequence[Candidate]) -> bool:
    """Whether some sentence has so much of the question's wording that words are a guide."""
    return any(c.signals[_WORDS] > SHARED_WORDING for c in candidates)
