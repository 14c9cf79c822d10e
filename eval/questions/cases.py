"""Gold questions: hand-written, with what a right answer holds and where it stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from eval.questions.answers import Accepted
from rag.reading import fold

__all__ = ["ArticleFacts", "Case", "Gold", "Kind", "Support"]

Kind = Literal["who", "when", "where", "how-many", "why", "what", "how", "list", "yes-no"]


@dataclass(frozen=True, slots=True)
class Support:
    """Words that answer: those of one article that hold all patterns, or a quotation.

    With neither, the article as a whole answers.
    """

    article: str
    """Its short name in the gold file."""
    files: str
    """A pattern of its file's name, such as `000_*`."""
    sentence: tuple[re.Pattern[str], ...] = ()
    """All of them are found in the same sentence."""
    quote: str | None = None
    """The exact words, but for white space."""

    def matches(self, sentence: str) -> bool:
        """Whether a sentence is one that answers."""
        if self.quote is not None:
            return fold(self.quote) in fold(sentence)
        return all(pattern.search(sentence) for pattern in self.sentence)

    def names(self, source: str) -> bool:
        """Whether a file is the article meant."""
        return fnmatch(Path(source).name, self.files)


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What the gold says of an article, as far as it does."""

    name: str
    """Its short name."""
    files: str
    """A pattern of its file's name."""
    stated: Mapping[str, str | date | None]
    """`outlet`, `published` and `title`; None where the article gives none."""

    def agree(self, outlet: str | None, published: date | None, title: str | None) -> bool:
        """Whether a citation says the same, white space aside."""
        shown = {"outlet": outlet, "published": published, "title": title and fold(title)}
        return all(shown[name] == value for name, value in self.stated.items())


@dataclass(frozen=True, slots=True)
class Case:
    """One question."""

    id: str
    question: str
    kind: str
    """One of `Kind` in a gold file; sets from outside have `query`."""
    accept: tuple[tuple[Accepted, ...], ...] = ()
    """A right answer holds one item of each group. Empty where only `support` decides."""
    yes_no: Literal["yes", "no"] | None = None
    support: tuple[Support, ...] = ()
    need_all: bool = False
    """Whether every article named in `support` has to be cited."""
    abstain: bool = False
    """Whether the articles do not answer it."""
    as_of: date | None = None
    """Only what was published by this day counts."""
    tags: frozenset[str] = frozenset()
    """`paraphrase`, `across`, `differ`, `near` and `far`, where they apply."""
    notes: str = ""
    place: str = ""
    """File and line, for messages."""

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change with the question or its gold."""
        gold = (
            self.question,
            [[repr(item) for item in group] for group in self.accept],
            self.yes_no,
            [(s.files, [p.pattern for p in s.sentence], s.quote) for s in self.support],
            self.need_all,
            self.abstain,
            str(self.as_of),
            sorted(self.tags),
        )
        return hashlib.sha256(repr(gold).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold file, or the files of a folder put together."""

    path: Path
    articles: tuple[ArticleFacts, ...]
    thresholds: Mapping[str, float]
    """Lowest values by score; a run below any of them fails."""
    cases: tuple[Case, ...]

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change with any question."""
        return hashlib.sha256(repr([(c.id, c.hash) for c in self.cases]).encode()).hexdigest()[:12]

    def article_of(self, source: str) -> str | None:
        """The short name of the article read from a file."""
        facts = self.facts_of(source)
        return facts.name if facts else None

    def facts_of(self, source: str) -> ArticleFacts | None:
        """What the gold says of the article read from a file."""
        name = Path(source).name
        return next((a for a in self.articles if fnmatch(name, a.files)), None)
