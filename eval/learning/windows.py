"""Cuts windows out of articles for the reader to learn from, with the answer and without.

- `elsewhere`: of the same article or topic, the one that shares most words with the question;
- `removed`: its own, with the answering sentence taken out;
- `hollow`: its own, with the answer's words cut out of the sentence ("in 1990", "by the
  police"); in some windows that do answer, other words are cut, so that a cut says nothing;
- `turned`: its own, the question asking for something else of the same matter ("Why did…"
  for "When did…"), where the sentence has nothing of that kind.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.learning.alterations import hollowed, turned
from eval.learning.labelled import Labelled, Stretch
from rag.index_words import query_stems, stems

__all__ = ["Window", "held", "miss", "missed", "windows_of"]

_MISSES: Mapping[str, float] = {"elsewhere": 0.25, "removed": 0.3, "hollow": 0.3, "turned": 0.15}
_FEWEST, _MOST = 35, 120
"""Words in a window."""
_DROPPED_TITLES = 0.15
_CUT_RIGHT = 0.25
"""How many of the windows that answer lose other words."""


@dataclass(frozen=True, slots=True)
class Window:
    """One example."""

    question: str
    title: str
    sentences: tuple[str, ...]
    right: tuple[int, ...]
    answer: tuple[int, int, int] | None
    kind: str
    source: str
    group: int = -1
    """Windows of one number are of one question, and compared; -1 stands alone."""


_CAPITAL_OR_NUMBER = re.compile(
    r"(?:\b(?:in|on|at|by|for|from|to|of|with)\s+)?(?:the\s+)?"
    r"(?:\b[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*|\b\d[\d,.]*\b(?:\s+(?:per cent|million|billion))?)"
)


def windows_of(
    rows: Sequence[Labelled], shares: float, rng: np.random.Generator
) -> Iterator[Window]:
    """Windows with and without the answers of a set's questions.

    Args:
        rows: one set's.
        shares: how many windows with the answer to make of each question, and as many without.
        rng: decides everything that is drawn.
    """
    by_group: dict[str, list[Stretch]] = defaultdict(list)
    for stretch in dict.fromkeys(row.stretch for row in rows):
        by_group[stretch.group].append(stretch)
    for row in rows:
        for _ in range(int(shares) + (rng.random() < shares % 1)):
            if not row.right:
                yield missed(row, row.stretch, row.kind, rng)
                continue
            yield held(row, rng)
            if other := miss(row, by_group[row.stretch.group], rng):
                yield other


def held(row: Labelled, rng: np.random.Generator) -> Window:
    """A window around one of the sentences that answer."""
    window = _cut(row, int(rng.choice(row.right)), rng)
    if rng.random() < _CUT_RIGHT:
        n = int(rng.integers(len(window.sentences)))
        window = _without_other_words(window, n, rng)
    return window


def _without_other_words(window: Window, n: int, rng: np.random.Generator) -> Window:
    """Cut a name or number that is no part of the answer out of a sentence."""
    sentence = window.sentences[n]
    if n in window.right and (window.answer is None or window.answer[0] != n):
        return window
    kept = window.answer if window.answer and window.answer[0] == n else None
    options = [
        m.span()
        for m in _CAPITAL_OR_NUMBER.finditer(sentence)
        if not kept or m.end() <= kept[1] or m.start() >= kept[2]
    ]
    if not options:
        return window
    start, end = options[int(rng.integers(len(options)))]
    left = hollowed(sentence, start, end)
    if left is None:
        return window
    sentences = (*window.sentences[:n], left, *window.sentences[n + 1 :])
    answer = window.answer
    if kept:
        words = sentence[kept[1] : kept[2]]
        at = left.find(words)
        if at < 0:
            return window
        answer = (n, at, at + len(words))
    return replace(window, sentences=sentences, answer=answer)


def miss(row: Labelled, group: Sequence[Stretch], rng: np.random.Generator) -> Window | None:
    """A window without the answer, its question as it is or turned; None where none can be made.

    Args:
        row: a question that its stretch answers.
        group: stretches of the same article or topic, its own among them or not.
        rng: decides everything that is drawn.
    """
    for kind in rng.choice(list(_MISSES), size=3, p=list(_MISSES.values())):
        if window := _miss_of_kind(str(kind), row, group, rng):
            return window
    return None


def _miss_of_kind(
    kind: str, row: Labelled, group: Sequence[Stretch], rng: np.random.Generator
) -> Window | None:
    match kind:
        case "elsewhere":
            return _elsewhere(row, group, rng)
        case "removed":
            own = row.stretch
            left = tuple(s for n, s in enumerate(own.sentences) if n not in row.right)
            return missed(row, replace(own, sentences=left), kind, rng) if left else None
        case "hollow":
            return _hollow(row, rng)
    return _turned(row, rng)


def _elsewhere(row: Labelled, group: Sequence[Stretch], rng: np.random.Generator) -> Window | None:
    others = [s for s in group if s is not row.stretch]
    if not others:
        return None
    others = [others[i] for i in rng.permutation(len(others))[:12]]
    asked = set(query_stems(row.question))
    best = max(others, key=lambda s: len(asked & set(stems(" ".join(s.sentences)))))
    return missed(row, best, "elsewhere", rng)


def _hollow(row: Labelled, rng: np.random.Generator) -> Window | None:
    if row.answer is None or len(row.right) > 1:
        return None
    own = row.stretch
    n, start, end = row.answer
    words = own.sentences[n][start:end].casefold()
    left = hollowed(own.sentences[n], start, end)
    if left is None:
        return None
    sentences = (*own.sentences[:n], left, *own.sentences[n + 1 :])
    if any(words in s.casefold() for s in sentences):
        return None
    window = _cut(replace(row, stretch=replace(own, sentences=sentences)), n, rng)
    return replace(window, right=(), answer=None, kind="hollow")


def _turned(row: Labelled, rng: np.random.Generator) -> Window | None:
    other = turned(row.question, [row.stretch.sentences[n] for n in row.right], rng)
    if other is None:
        return None
    window = _cut(row, row.right[0], rng)
    return replace(window, question=other, right=(), answer=None, kind="turned")


def missed(row: Labelled, stretch: Stretch, kind: str, rng: np.random.Generator) -> Window:
    """A window without the answer, most often around what shares most words with the question."""
    asked = set(query_stems(row.question))
    shared = [len(asked & set(stems(s))) + 0.5 * rng.random() for s in stretch.sentences]
    at = int(np.argmax(shared)) if rng.random() < 0.8 else int(rng.integers(len(shared)))
    window = _cut(replace(row, stretch=stretch, right=(), answer=None), at, rng)
    return replace(window, kind=kind)


def _cut(row: Labelled, at: int, rng: np.random.Generator) -> Window:
    """Some sentences around one, whole, by chance more before or more behind it."""
    sentences = row.stretch.sentences
    most = int(rng.integers(_FEWEST, _MOST + 1))
    first = last = at
    words = len(sentences[at].split())
    while True:
        sides = [n for n in (first - 1, last + 1) if 0 <= n < len(sentences)]
        sides = [n for n in sides if words + len(sentences[n].split()) <= most]
        if not sides:
            break
        n = int(rng.choice(sides))
        words += len(sentences[n].split())
        first, last = min(first, n), max(last, n)
    answer = row.answer
    if answer is not None:
        answer = (answer[0] - first, answer[1], answer[2]) if first <= answer[0] <= last else None
    return Window(
        row.question,
        row.stretch.title if rng.random() >= _DROPPED_TITLES else "",
        sentences[first : last + 1],
        tuple(n - first for n in row.right if first <= n <= last),
        answer,
        row.kind,
        row.source,
    )
