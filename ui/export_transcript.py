"""What an export tells, in clean words, its sources numbered through all answers.

In the program each answer counts its sources from 1. Here a sentence has one number in the
whole transcript, however many answers cite it; a single answer keeps the numbers it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rag.reading import fold, long_date
from rag.types import Answer, Citation, Claim, Disagreement, Dropped
from rag.write import introduce
from ui.export_words import Quotation, clean, quotation_of

__all__ = [
    "Difference",
    "Party",
    "Published",
    "Quoted",
    "Said",
    "Told",
    "Transcript",
    "transcript_of",
]

_UNTITLED = "Answers from the articles"
_UNSAID = "The articles do not say."


class Published(NamedTuple):
    """An article as a reader is told of it."""

    outlet: str
    """Says so where it is not known."""
    day: str
    title: str | None
    file: str | None
    """The file's name; None where it stands in for the outlet's."""


class Quoted(NamedTuple):
    """A sentence of an article."""

    n: int
    """Its number in the transcript; 0 for a sentence that is shown but not cited."""
    article: Published
    quotation: Quotation
    start: int
    end: int


class Said(NamedTuple):
    """A claim."""

    text: str
    numbers: tuple[int, ...]
    """Of its sources; none where the articles do not carry it."""
    quoted: Quoted | None
    """The sentence that the claim is, word for word; None for words of a model."""


class Party(NamedTuple):
    """A side of a disagreement, and who is on it."""

    statement: str
    numbers: tuple[int, ...]
    articles: tuple[Published, ...]


class Difference(NamedTuple):
    """A point on which sources differ."""

    topic: str
    sides: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as an export shows it."""

    question: str
    understood: str | None
    as_of: str | None
    notes: tuple[str, ...]
    said: tuple[Said, ...]
    differences: tuple[Difference, ...]
    reason: str | None
    """Why nothing is claimed; None where something is."""
    nearest: tuple[Quoted, ...]
    left_out: tuple[Dropped, ...]
    written: str | None
    """Who wrote it, in a sentence."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """Answers under a title, and the sources of all of them."""

    title: str
    answers: tuple[Told, ...]
    sources: tuple[tuple[Published, tuple[Quoted, ...]], ...]
    """By article, in the order of each one's first number."""

    @property
    def alone(self) -> bool:
        """Whether the title is the one question, which need not be told twice."""
        return [a.question for a in self.answers] == [self.title]


def transcript_of(answers: Sequence[Answer], title: str) -> Transcript:
    """The answers as an export shows them, under a title."""
    sources = _Sources()
    told = tuple(_told(answer, sources.numbers_of(answer.citations)) for answer in answers)
    return Transcript(clean(title) or _UNTITLED, told, sources.by_article())


class _Sources:
    """The sentences cited so far, each under its number."""

    def __init__(self) -> None:
        self._quoted: dict[tuple[str, int, int, str], tuple[int, list[Citation]]] = {}

    def numbers_of(self, citations: Iterable[Citation]) -> Mapping[int, Quoted]:
        """The sentences of one answer, by the number that each has within it."""
        found: dict[int, Quoted] = {}
        for citation in citations:
            # With its words: an article may have been ingested anew between two answers.
            key = (citation.article_id, citation.start, citation.end, citation.quote)
            n, known = self._quoted.setdefault(key, (len(self._quoted) + 1, []))
            known.append(citation)
            found[citation.n] = _quoted(citation, n)
        return found

    def by_article(self) -> tuple[tuple[Published, tuple[Quoted, ...]], ...]:
        """All of them, those of one article together."""
        articles: dict[tuple[str, Published], list[Quoted]] = {}
        for n, citations in self._quoted.values():
            one = _quoted(citations[0], n)
            if len({(c.answer_start, c.answer_end) for c in citations}) > 1:
                # It answers two questions, each with other words of it: neither is set apart.
                one = one._replace(quotation=Quotation(one.quotation.words, "", ""))
            articles.setdefault((citations[0].article_id, one.article), []).append(one)
        return tuple((article, tuple(quoted)) for (_, article), quoted in articles.items())


def _told(answer: Answer, cited: Mapping[int, Quoted]) -> Told:
    refused = answer.status == "not_found"
    notes = [clean(note) for note in answer.notes]
    fault = clean(answer.fault or "")
    if not any(fault in note for note in notes):
        notes.insert(0, fault)
    return Told(
        question=clean(answer.question),
        understood=clean(answer.standalone) if answer.standalone else None,
        as_of=long_date(answer.as_of) if answer.as_of else None,
        notes=tuple(note for note in notes if note),
        said=tuple(_said(claim, answer.citations, cited) for claim in answer.claims),
        differences=tuple(_difference(d, cited) for d in answer.disagreements),
        reason=(clean(answer.reason or "") or _UNSAID) if refused else None,
        nearest=tuple(_quoted(c, 0) for c in answer.nearest),
        left_out=tuple(Dropped(clean(d.text), tuple(map(clean, d.lacks))) for d in answer.dropped),
        written=_written(answer),
    )


def _said(claim: Claim, citations: Iterable[Citation], cited: Mapping[int, Quoted]) -> Said:
    if claim.support == "unsupported":
        return Said(clean(claim.text), (), None)
    quoted = None
    if claim.support == "verbatim" and len(claim.citations) == 1:
        whole = (c for c in citations if c.n in claim.citations)
        quoted = next((cited[c.n] for c in whole if claim.text == _verbatim(c)), None)
    return Said(clean(claim.text), _numbers(claim.citations, cited), quoted)


def _verbatim(citation: Citation) -> str:
    lead = introduce(citation.outlet, citation.published, citation.source)
    return f"{lead}: “{fold(citation.quote)}”"


def _difference(point: Disagreement, cited: Mapping[int, Quoted]) -> Difference:
    sides = (
        Party(
            clean(side.statement),
            _numbers(side.citations, cited),
            tuple(dict.fromkeys(cited[n].article for n in side.citations if n in cited)),
        )
        for side in point.sides
    )
    return Difference(clean(point.topic), tuple(sides))


def _numbers(own: Iterable[int], cited: Mapping[int, Quoted]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(cited[n].n for n in own if n in cited))


def _quoted(citation: Citation, n: int) -> Quoted:
    day = long_date(citation.published)
    known = clean(citation.outlet or "")
    lead = introduce(known, citation.published, clean(citation.source))
    article = Published(
        outlet=lead.removesuffix(f", {day}"),
        day=day,
        title=clean(fold(citation.title)) or None if citation.title else None,
        file=clean(Path(citation.source).name) if known else None,
    )
    return Quoted(n, article, quotation_of(citation), citation.start, citation.end)


def _written(answer: Answer) -> str | None:
    model = clean(answer.model or "")
    if answer.status == "not_found":
        return f"A model was asked: {model}." if model else None
    if answer.writer == "model":
        return f"Written by {model or 'a model that is not named'}."
    asked = f" A model was asked: {model}." if model else ""
    return f"Quoted from the articles, word for word.{asked}"
