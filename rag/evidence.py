"""Evidence: which sentences of the passages found answer the question, and how surely.

Three steps. Every sentence is weighed by what is cheap to know of it (`rag.candidates`). The
reader reads windows around the best of them (`rag.reader`). Then everything known of a
sentence, the reader's margin with it, is weighed again; all scores together give each
sentence its share of belief, and `rag.decision` says how likely it is that any answers. The
weights are in `models/evidence.json`, learned by `eval.learning.evidence_weights`;
docs/reader.md has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.candidates import NEAR_SIGNALS, Candidate, candidates_of, shares_wording
from rag.decision import confidence, confidence_signals
from rag.evidence_weights import load_weights
from rag.library import Library
from rag.reader import Read, Reader, Window
from rag.reader_input import title_line
from rag.signals import Question
from rag.types import Evidence, Hit

__all__ = ["SENTENCE_SIGNALS", "UNREAD", "Found", "find_evidence", "read_best", "windows_around"]

FloatArray = npt.NDArray[np.float32]

SENTENCE_SIGNALS = (*NEAR_SIGNALS, "reader's margin")
UNREAD = -12.0
"""The margin of a sentence that was not read; those read are cut off here too, and at +12."""
WINDOW_WORDS = 60
"""Most words in a window, but for a sentence that alone has more."""


class Found(NamedTuple):
    """The sentences in order of belief, and how sure it is that any answers (0 to 1)."""

    evidence: tuple[Evidence, ...]
    confidence: float
    nearest: float
    """The best cosine of question and sentence."""


def find_evidence(  # noqa: PLR0917 - what each step needs
    question: Question,
    vector: FloatArray,
    hits: Sequence[Hit],
    library: Library,
    reader: Reader,
    most_windows: int,
) -> Found:
    """Score every sentence of the passages found.

    Args:
        question: taken apart by `rag.signals.analyse`.
        vector: the question's, float32, (384,), unit length.
        hits: what retrieval found.
        library: where the sentences are.
        reader: reads the best of them.
        most_windows: how many windows it reads.
    """
    candidates = candidates_of(question, vector, hits, library)
    if not candidates:
        return Found((), 0.0, 0.0)
    weights = load_weights(shares_wording(candidates))
    reads = read_best(question.text, candidates, weights.near, reader, most_windows)
    signals = signals_of(candidates, reads)
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
            answer=_answer(candidates[i], reads.get(i)),
        )
        for i in map(int, order)
    )
    sure = confidence_signals(question, [candidates[i] for i in order], signals[order])
    nearest = float(signals[:, SENTENCE_SIGNALS.index("sentence cosine")].max())
    return Found(evidence, confidence(sure, weights), nearest)


def signals_of(candidates: Sequence[Candidate], reads: dict[int, Read]) -> FloatArray:
    """All signals: float32, (candidates, len(SENTENCE_SIGNALS))."""
    margins = [
        min(max(reads[n].margin, UNREAD), -UNREAD) if n in reads else UNREAD
        for n in range(len(candidates))
    ]
    near = np.stack([c.signals for c in candidates])
    return np.column_stack([near, np.array(margins, dtype=np.float32)])


def read_best(
    question: str,
    candidates: Sequence[Candidate],
    weights: FloatArray,
    reader: Reader,
    most_windows: int,
) -> dict[int, Read]:
    """What the reader makes of the candidates around the best ones, by their number.

    A sentence that several windows hold has the best it got.

    Args:
        question: as asked.
        candidates: all there are.
        weights: float32, one per `NEAR_SIGNALS`; they tell the best.
        reader: reads.
        most_windows: how many windows.
    """
    scores = np.stack([c.signals for c in candidates]) @ weights
    windows = list(windows_around(candidates, scores, most_windows))
    texts = [
        Window(title_line(candidates[w[0]].article), tuple(candidates[n].text for n in w))
        for w in windows
    ]
    best: dict[int, Read] = {}
    for window, reads in zip(windows, reader.read(question, texts), strict=True):
        for n, read in zip(window, reads, strict=False):
            if n not in best or read.margin > best[n].margin:
                best[n] = read
    return best


def windows_around(
    candidates: Sequence[Candidate], scores: FloatArray, most: int
) -> Iterator[list[int]]:
    """Windows around the best candidates that no window before holds.

    Args:
        candidates: all there are.
        scores: theirs, (candidates,).
        most: how many windows.

    Yields:
        The numbers of the candidates in a window, as they follow in the article.
    """
    before, after = _neighbours(candidates)
    held: set[int] = set()
    given = 0
    for n in map(int, np.argsort(-scores, kind="stable")):
        if n in held:
            continue
        if given == most:
            return
        window = [n]
        words = len(candidates[n].text.split())
        grown = True
        while grown:
            grown = False
            for side in (before.get(window[0]), after.get(window[-1])):
                size = len(candidates[side].text.split()) if side is not None else 0
                if side is None or words + size > WINDOW_WORDS:
                    continue
                window = [side, *window] if side == before.get(window[0]) else [*window, side]
                words += size
                grown = True
        held.update(window)
        given += 1
        yield window


def _neighbours(candidates: Sequence[Candidate]) -> tuple[dict[int, int], dict[int, int]]:
    """Of each candidate the one before and the one after it in its article, where there is."""
    places = sorted(
        range(len(candidates)),
        key=lambda n: (candidates[n].article.id, candidates[n].sentence.start),
    )
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for a, b in pairwise(places):
        one, other = candidates[a], candidates[b]
        if one.article.id == other.article.id and one.context[1] >= other.sentence.end:
            before[b], after[a] = a, b
    return before, after


def _answer(candidate: Candidate, read: Read | None) -> tuple[int, int] | None:
    """Where the short answer is in the article's text; None where it cannot be told."""
    if read is None or read.end <= read.start:
        return None
    words = candidate.text[read.start : read.end].split()
    text = candidate.article.text[candidate.sentence.start : candidate.sentence.end]
    if text == " ".join(text.split()):
        # Found as it is; a pattern for each sentence would take longer than to score it.
        at, length = text.find(" ".join(words)), len(" ".join(words))
    else:
        # The reader saw white space folded and markup left out.
        found = re.search(r"\s+".join(map(re.escape, words)), text)
        at, length = (found.start(), len(found[0])) if found else (-1, 0)
    start = candidate.sentence.start + at
    return (start, start + length) if at >= 0 else None
