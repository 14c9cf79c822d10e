"""A gold question and what the program said to it: all that the metrics look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from eval.questions.cases import ArticleFacts, Case
from eval.questions.gold_words import Answering, Span
from rag.types import Answer, Article, Citation

__all__ = ["Asked", "Ranking"]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking held against graded judgements, as retrieval sets give them."""

    ranked: tuple[str, ...]
    """Ids of passages or documents, best first."""
    grades: Mapping[str, int]
    """Of the relevant ones, 1 or more."""


@dataclass(frozen=True)
class Asked:
    """One question, asked."""

    case: Case
    answer: Answer | None
    """None where the program failed, or where only the ranking is judged."""
    error: str | None
    unscored: str | None
    """Why it can't be scored: its gold does not fit the articles."""
    answering: Answering
    retrieval: Ranking | None
    articles: Mapping[str, Article]
    """The cited ones by id, as the library holds them."""
    facts: Mapping[str, ArticleFacts]
    """What the gold says of articles, by id."""
    found_on: Mapping[str, date | None]
    """Days of publication of the articles retrieved, by id."""
    milliseconds: float

    @property
    def scorable(self) -> bool:
        """Whether it counts in any score."""
        return self.error is None and self.unscored is None

    @property
    def answered(self) -> bool:
        """Whether the program claimed anything."""
        return self.answer is not None and self.answer.status != "not_found"

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those of the answer; none where it is refused."""
        return self.answer.citations if self.answer and self.answered else ()

    @cached_property
    def gold_numbers(self) -> frozenset[int]:
        """The numbers of the citations that are sentences the gold names."""
        return frozenset(
            c.n for c in self.citations if self.answering.holds(Span(c.article_id, c.start, c.end))
        )

    @cached_property
    def gold_articles(self) -> frozenset[str]:
        """Ids of the articles the gold names."""
        return frozenset(span.article_id for span in self.answering.spans)
