"""Holding a sentence that a model wrote to the sentences it says it rests on.

A number the model was not shown counts for nothing. Where what it cites does not carry the
sentence, another sentence it was shown may: models often point one line too far, or leave the
number out. Only a sentence that carries everything by itself is put in its place, or one
beside the cited one that names whom a pronoun there means: two sentences chosen by code from
anywhere could carry between them what neither says.

Facts are looked up, and one that is not there is never shown. Whether they are put together as
in the source is read by a network (`rag.claim_reader`) and held against rules. Those on
negations are wrong more often than the others, so there the network may overrule them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rag.claim_reader import Cited, ClaimReader, heading_of
from rag.draft import DraftSentence
from rag.facts import NEGATION, Source, missing_facts, other_sense
from rag.index_words import STOP_WORDS, stems
from rag.name_words import TITLES
from rag.names import find_names
from rag.numbers import find_numbers
from rag.reading import fold
from rag.types import Article, Evidence

__all__ = ["Checked", "check", "source_of"]

LEAST_SHARED = 0.15
"""Share of a sentence's content words, names and numbers left out, that its source must have,
too. On 150 paraphrases, one has less; of other sentences of the same article, 95 of 100 do."""
LEAST_FOUND = 0.4
"""The same where the model did not point at the source: then names are not enough."""
LEAST_MARGIN = -5.0
"""Log-odds, as the claim reader reads them, below which nothing carries a sentence."""
SURE_MARGIN = -1.0
"""Those that a sentence needs whose negations the rules find other than its source's, and one
whose source was found for it. Chosen on the claims in eval/gold/claims/dev.yaml and more.yaml:
4 of 100 true ones are refused, and 16 of 100 false ones written by hand pass. What the other
rules object to is false in 78 of 81 claims there, and stays refused however it reads."""
_TRIED = 6
"""Sentences tried in place of those cited, those with the most shared words first."""
_PRONOUN = re.compile(r"\b(?:he|she|they|it|him|her|them|his|hers|their|theirs|its)\b", re.I)


class Checked(NamedTuple):
    """What became of a sentence."""

    evidence: tuple[Evidence, ...]
    """What it rests on, the model's own choice first; empty where nothing carries it."""
    lacks: tuple[str, ...]
    """What no source carries, in phrases for people; empty where all is carried."""


def check(sentence: DraftSentence, shown: Sequence[Evidence], reader: ClaimReader) -> Checked:
    """Find what carries a sentence, or say what of it nothing carries.

    Args:
        sentence: as the model wrote it.
        shown: the sentences the model was shown, number 1 first.
        reader: reads it beside them.
    """
    claim = _Claim(sentence.text, reader)
    cited = tuple(shown[n - 1] for n in sentence.numbers if 1 <= n <= len(shown))
    lacks = claim.lacks(cited)
    if not lacks:
        return Checked(_needed(claim, cited), ())
    for others in _instead(claim, cited, shown):
        if not claim.lacks(others, chosen=True):
            return Checked(others, ())
    unknown = [n for n in sentence.numbers if not 1 <= n <= len(shown)]
    strays = tuple(f"a sentence [{n}], which it was not shown" for n in unknown)
    return Checked((), (*strays, *lacks) if cited or not strays else strays)


def source_of(article: Article, start: int, end: int) -> Source:
    """Words of an article as something that a claim cites."""
    about = " ".join(filter(None, (article.title, article.outlet, article.byline)))
    return Source(fold(article.text[start:end]), article.published, fold(about))


class _Claim:
    """A sentence with the content words that tell what it is about."""

    def __init__(self, text: str, reader: ClaimReader) -> None:
        self._text = text
        self._reader = reader
        self._words = _content(_without_facts(text)) or _content(text)
        self.has_pronoun = bool(_PRONOUN.search(text))

    def lacks(self, cited: Sequence[Evidence], *, chosen: bool = False) -> tuple[str, ...]:
        """What none of these carries; "what it says" where they are about something else.

        Args:
            cited: what it is held to.
            chosen: whether by us, and not by the model: then it has to be surer.
        """
        if not cited:
            return ("a citation",)
        sources = [source_of(e.article, e.sentence.start, e.sentence.end) for e in cited]
        least = LEAST_FOUND if chosen else LEAST_SHARED
        elsewhere = self.shared(f"{s.text} {s.about}" for s in sources) < least
        if elsewhere and chosen:  # nobody is told of what was tried
            return ("what it says",)
        missing = missing_facts(self._text, sources)
        if elsewhere:
            return missing or ("what it says",)
        return missing or self._misread(cited, sources, chosen)

    def _misread(
        self, cited: Sequence[Evidence], sources: Sequence[Source], chosen: bool
    ) -> tuple[str, ...]:
        """Of a claim whose facts are all there, where it puts them together otherwise."""
        otherwise = other_sense(self._text, sources)
        if set(otherwise) - {NEGATION}:
            return otherwise
        if not otherwise and any(_is_extract(self._text, s.text) for s in sources):
            return ()
        needed = SURE_MARGIN if otherwise or chosen else LEAST_MARGIN
        read = [Cited(heading_of(e.article), e.text) for e in cited]
        carried = self._reader.margin(self._text, read) >= needed
        return () if carried else otherwise or ("what it says",)

    def shared(self, texts: Iterable[str]) -> float:
        """Share of the claim's content words, but for names and numbers, that they have.

        Of all its words where it has no others; 0 where it has none.
        """
        there = {word for text in texts for word in _content(text)}
        return len(self._words & there) / len(self._words) if self._words else 0.0


def _is_extract(claim: str, text: str) -> bool:
    """Whether a claim is its source with words left out: then nothing is left to be read."""
    rest = iter(re.findall(r"\w+", text.lower()))
    return all(word in rest for word in re.findall(r"\w+", claim.lower()))


def _needed(claim: _Claim, cited: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Without those that are about something else, where the others carry it all."""
    kept = tuple(e for e in cited if claim.shared([e.text]) > 0)
    return kept if kept and len(kept) < len(cited) and not claim.lacks(kept) else cited


def _instead(
    claim: _Claim, cited: Sequence[Evidence], shown: Sequence[Evidence]
) -> Iterator[tuple[Evidence, ...]]:
    for one in cited:
        # Where the claim has a pronoun itself, it has put no name for it.
        if not _PRONOUN.search(one.text) or claim.has_pronoun:
            continue
        before = next((e for e in shown if _stands_before(e, one)), None)
        if before is not None and before not in cited:
            yield (before,)
            yield (one, before)
    near = [(claim.shared([e.text]), e) for e in shown if e not in cited]
    near = [pair for pair in near if pair[0] > 0]
    near.sort(key=lambda pair: -pair[0])
    yield from ((other,) for _, other in near[:_TRIED])


def _stands_before(one: Evidence, other: Evidence) -> bool:
    return (
        one.article.id == other.article.id
        and one.sentence.end <= other.sentence.start
        and other.context_start <= one.sentence.start
    )


def _without_facts(text: str) -> str:
    signs = list(text)
    spans = [(_titled(text, name.start), name.end) for name in find_names(text)]
    spans += [(number.start, number.end) for number in find_numbers(text)]
    for start, end in spans:
        signs[start:end] = " " * (end - start)
    return "".join(signs)


def _titled(text: str, start: int) -> int:
    """Where a name starts with the titles before it: sharing these is sharing a name."""
    while (word := re.search(r"(\w+)\.?\s+$", text[:start])) and word[1].lower() in TITLES:
        start = word.start()
    return start


def _content(text: str) -> set[str]:
    return {stem for stem in stems(text) if stem not in STOP_WORDS}
