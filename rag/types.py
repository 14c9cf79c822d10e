"""The values that flow through Citewire. All are frozen; each stage makes new ones.

Offsets are Unicode code points into `Article.text`, half-open `[start, end)`, so
`article.text[start:end]` is always the exact words meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

__all__ = [
    "NOT_CARRIED",
    "Answer",
    "Article",
    "Citation",
    "Claim",
    "Disagreement",
    "Dropped",
    "Evidence",
    "Filters",
    "Hit",
    "Passage",
    "Sentence",
    "Side",
    "SkipKind",
    "SkippedSpan",
    "Status",
    "Support",
]

SkipKind = Literal[
    "byline",
    "caption",
    "dateline",
    "footer",
    "heading",
    "headline",
    "metadata",
    "navigation",
    "promotion",
    "reading-time",
    "related",
    "repeated-headline",
]
"""Why a span of an article is never quoted. The text itself is kept."""

NOT_CARRIED = "not carried by the articles"
"""Stands after an unsupported claim where a number would."""

Status = Literal["answered", "not_found", "disagreement"]
Support = Literal["verbatim", "supported", "unsupported"]


class SkippedSpan(NamedTuple):
    """A stretch of an article that is kept in the text but never quoted."""

    start: int
    end: int
    kind: SkipKind


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was read. Cleaning marks spans; it never edits `text`."""

    id: str
    """`a` and ten hexadecimal digits; kept when the file's content changes."""
    source: str
    """Absolute path of the file it was read from."""
    text: str
    """The decoded content (for HTML: the main text), untouched."""
    title: str | None
    outlet: str | None
    published: date | None
    """The date the file gives; None where it gives none. Never guessed."""
    byline: str | None
    url: str | None
    skipped: tuple[SkippedSpan, ...]
    """Furniture, in order, not overlapping."""
    content_hash: str
    """SHA-256 of `text` in UTF-8, hexadecimal."""

    @property
    def day_number(self) -> int:
        """The date as YYYYMMDD, 0 where not known: indexes filter ranges of numbers only."""
        return int(self.published.strftime("%Y%m%d")) if self.published else 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article, free of skipped spans."""

    id: str
    """Article id, content hash prefix and position, such as `a1b2c3d4e5f.9f86d081.12`."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive whole sentences of one article; what retrieval finds."""

    id: str
    article_id: str
    start: int
    end: int
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found."""

    passage: Passage
    score: float
    """Fused score, 0 to 1; comparable within one question only."""
    rank: int
    """1 is the best."""
    found_by: tuple[Literal["vectors", "words"], ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a question is asked of. An undated article never passes a date filter."""

    since: date | None = None
    until: date | None = None
    """Both ends are included."""
    outlets: tuple[str, ...] = ()
    """Any of these, compared without case; none means all."""

    @property
    def active(self) -> bool:
        """Whether anything is filtered at all."""
        return bool(self.since or self.until or self.outlets)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that may answer the question, with the sentence on either side."""

    sentence: Sentence
    article: Article
    context_start: int
    context_end: int
    """Offsets of the sentence with its neighbours."""
    score: float
    """Higher is better; see `rag.evidence`."""
    share: float
    """This sentence's share of belief among all candidates, 0 to 1."""
    answer: tuple[int, int] | None = None
    """Offsets of the short answer within it; None where there is none to be told."""

    @property
    def text(self) -> str:
        """The sentence's words as they stand in the article."""
        return self.article.text[self.sentence.start : self.sentence.end]


@dataclass(frozen=True, slots=True)
class Citation:
    """The address of the words a claim rests on. `quote` is cut from the article by code."""

    n: int
    """The number in the answer's `[n]` marker; 1 is the first."""
    article_id: str
    start: int
    end: int
    quote: str
    outlet: str | None
    title: str | None
    published: date | None
    source: str
    origin: str | None
    """Whom the report itself relies on (such as another outlet); None where not known."""
    context_start: int
    context_end: int
    answer_start: int | None = None
    answer_end: int | None = None
    """Offsets of the short answer within the quotation; None where there is none to be told."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer and the numbers of the citations it rests on."""

    text: str
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a model wrote and that the articles do not carry."""

    text: str
    lacks: tuple[str, ...]
    """What of it no article shown carries, in phrases for people."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a disagreement says."""

    statement: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A point on which sources differ, with what each side says."""

    topic: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Citewire says to one question, with everything it rests on."""

    question: str
    status: Status
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    """With `not_found`: the nearest sentences, which do not answer. Else empty."""
    reason: str | None
    """With `not_found`: why nothing is claimed. Else None."""
    disagreements: tuple[Disagreement, ...]
    hits: tuple[Hit, ...]
    writer: str
    model: str | None
    as_of: date | None
    confidence: float
    """How sure the program is that the articles answer, 0 to 1."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """Of a model: tokens it read and wrote (`prompt_tokens`, `completion_tokens`)."""
    cost_usd: float | None = None
    """What that costs in US dollars; None where it is not known."""
    cached: bool = False
    """Whether the model's words came from the cache, and cost nothing this time."""
    standalone: str | None = None
    """The question that was answered, where a follow-up was put into words that stand alone."""
    dropped: tuple[Dropped, ...] = ()
    """What a model wrote that is not shown as carried."""
    fault: str | None = None
    """Why the model that was to write has not; None where it has, or none was asked."""
    notes: tuple[str, ...] = ()
    """What the reader should know of how the answer came about, each one sentence."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    settings_hash: str = ""

    @property
    def text(self) -> str:
        """The answer in one string, each claim followed by its `[n]` markers."""
        if self.status == "not_found":
            return self.reason or ""
        return "\n".join(
            claim.text + ("".join(f" [{n}]" for n in claim.citations) or f" ({NOT_CARRIED})")
            for claim in self.claims
        )
