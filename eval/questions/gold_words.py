"""Where in a library the words stand that a gold question names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from eval.questions.cases import Case, Support
from rag.library import Library
from rag.reading import reading_text
from rag.types import Article, Passage, Sentence

__all__ = ["Answering", "GoldWordsMissing", "Shelf", "Span"]


SAME = 0.5
"""Two stretches are the same from this overlap on."""


class Span(NamedTuple):
    """A stretch of one article."""

    article_id: str
    start: int
    end: int

    def overlap(self, other: Span) -> float:
        """How much of the two together they share, 0 to 1."""
        if self.article_id != other.article_id:
            return 0.0
        shared = min(self.end, other.end) - max(self.start, other.start)
        joined = max(self.end, other.end) - min(self.start, other.start)
        return max(0, shared) / joined if joined > 0 else 0.0

    def encloses(self, other: Span) -> bool:
        """Whether the other lies within this one."""
        return (
            self.article_id == other.article_id
            and self.start <= other.start
            and other.end <= self.end
        )


class GoldWordsMissing(Exception):
    """A support row names words that its article does not have: the gold is out of date."""


class Answering(NamedTuple):
    """What of a library answers a question."""

    rows: tuple[tuple[str, tuple[Span, ...]], ...]
    """For each support row: the article's short name, and the sentences it means."""
    passages: frozenset[str]
    """Ids of the passages that hold such a sentence."""
    exact: bool
    """Whether sentences are named, and not whole articles only."""
    whole: frozenset[Span] = frozenset()
    """Those of the spans that are articles as a whole."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """All of them."""
        return tuple(span for _, spans in self.rows for span in spans)

    def holds(self, span: Span) -> bool:
        """Whether a stretch is one that answers: the same as a gold sentence, by half or more.

        A quotation that swallows the sentence and much around it is not.
        """
        return any(
            own.encloses(span) if own in self.whole else own.overlap(span) >= SAME
            for own in self.spans
        )


class Shelf:
    """The articles of a library, as gold questions need them."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._sources = [(row.source, row.id) for row in library.stored()]
        self.article = cache(library.article)
        self.sentences = cache(self._read_sentences)
        self._passages = cache(self._read_passages)

    def has(self, support: Support) -> bool:
        """Whether the article that a row names is there."""
        return any(self._ids(support))

    def answering(self, case: Case, *, every: bool = True) -> Answering:
        """Where a question's support stands.

        Args:
            case: the question.
            every: whether each row has to be found, and not only one of them.

        Raises:
            GoldWordsMissing: a row's words are not in its article.
        """
        rows = tuple((s.article, tuple(self._spans(s))) for s in case.support)
        for support, (_, spans) in zip(case.support, rows, strict=True):
            if not spans and (every or not any(found for _, found in rows)):
                what = support.quote or [p.pattern for p in support.sentence]
                raise GoldWordsMissing(f"no sentence of {support.article!r} holds {what!r}")
        all_spans = [span for _, found in rows for span in found]
        holding = frozenset(
            passage.id
            for article_id in dict.fromkeys(span.article_id for span in all_spans)
            for passage in self._passages(article_id)
            if any(_holds(passage, span) for span in all_spans)
        )
        named = [bool(s.sentence or s.quote) for s in case.support]
        whole = frozenset(
            span
            for by_words, (_, spans) in zip(named, rows, strict=True)
            if not by_words
            for span in spans
        )
        return Answering(rows, holding, any(named), whole)

    def _ids(self, support: Support) -> Iterable[str]:
        return (article_id for source, article_id in self._sources if support.names(source))

    def _spans(self, support: Support) -> Iterable[Span]:
        for article_id in self._ids(support):
            article = self.article(article_id)
            if not support.quote and not support.sentence:
                yield Span(article_id, 0, len(article.text))
                continue
            # A quotation stands for the sentence it lies in, or for each it reaches over. So
            # what is furniture, and never quoted, is no support.
            quoted = list(_quoted(article, support.quote)) if support.quote else []
            for sentence, text in self.sentences(article_id):
                span = Span(article_id, sentence.start, sentence.end)
                if support.quote:
                    if any(_shares(span, words) for words in quoted):
                        yield span
                elif support.matches(text):
                    yield span

    def _read_sentences(self, article_id: str) -> tuple[tuple[Sentence, str], ...]:
        article = self.article(article_id)
        found = {s.id: s for passage in self._passages(article_id) for s in passage.sentences}
        return tuple((s, reading_text(article, s.start, s.end)) for s in found.values())

    def _read_passages(self, article_id: str) -> tuple[Passage, ...]:
        return tuple(self.library.passages(self.library.passage_ids(article_id)).values())


def _quoted(article: Article, quote: str) -> Iterable[Span]:
    """Every place of the exact words; white space may be of another kind or length."""
    pattern = r"\s+".join(map(re.escape, quote.split()))
    for found in re.finditer(pattern, article.text):
        yield Span(article.id, found.start(), found.end())


def _shares(sentence: Span, words: Span) -> bool:
    """Whether words lie half or more in a sentence, or the sentence in them."""
    shared = min(sentence.end, words.end) - max(sentence.start, words.start)
    return 2 * shared >= min(sentence.end - sentence.start, words.end - words.start)


def _holds(passage: Passage, span: Span) -> bool:
    return any(span.encloses(Span(passage.article_id, s.start, s.end)) for s in passage.sentences)
