"""Names in English text, and whether a text names what a claim names."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from rag.index_words import STOP_WORDS
from rag.name_words import (
    CALENDAR,
    CANONICAL,
    COMMON,
    CROWDS,
    GIVEN,
    LINKS,
    PARTICLES,
    SAYS,
    TITLES,
)
from rag.ordinary_words import capitalised, is_adverbial, is_ordinary

__all__ = ["Name", "find_names", "unnamed"]

_PEOPLES = frozenset("ese iot iots ian ians an ans ean eans ine ish".split())
_LAST_VOWEL = re.compile(r"(?:us|[aeiouy])$")
_SUFFIXES = frozenset("s n an ian ns ans ians i is ese".split())
_WORD = re.compile(
    r"(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b(?!\w))?|[A-Z]\.(?=\s[A-Z])"
    r"|[^\W_]+(?:['’ʼ.&][^\W_]+)*(?:[-\u2011][^\W_]+(?:['’ʼ.][^\W_]+)*)*"
)
_HYPHEN = re.compile(r"[-\u2011]")
_POSSESSIVE = re.compile(r"['’ʼ]s$|(?<=s)['’ʼ]$", re.IGNORECASE)
_NEW_SENTENCE = re.compile(r"[.!?…:;]['\"”’)\]]*\s|[“\"«\n•(\[]|\s[‘'-]|^['‘]")


class Name(NamedTuple):
    """A run of capitalised words that names someone or something."""

    text: str
    start: int
    end: int
    """Code points in the text, a possessive 's left out."""


class _Word(NamedTuple):
    """A word that may be a name; `parts` are its hyphenated parts that have to be matched."""

    text: str
    start: int
    end: int
    parts: tuple[str, ...]
    """Folded; empty where it is no name."""
    first: bool
    """Whether it opens a sentence."""
    own: bool
    """Whether it ends in a possessive, and so a name with it."""


def find_names(text: str) -> tuple[Name, ...]:
    """The names of a text, in order: runs of capitalised words with the particles in them.

    The first word of a sentence counts unless it is known as an ordinary word; weekdays and
    months never do, nor a title alone (`President`).
    """
    return tuple(
        Name(text[run[0].start : run[-1].end], run[0].start, run[-1].end)
        for run in _runs(text)
        if not all(part in TITLES for word in run for part in word.parts)
    )


def unnamed(claim: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The names of a claim, or the words of them, that none of the texts has.

    Case, accents and possessives are folded; nations match their adjectives and abbreviations
    what they stand for. Where the claim's word is capitalised in mid-sentence, so must be the
    text's, institutions' nouns aside. A first name may not be put before another's last name.
    """
    known = _known(tuple(texts))
    missing: list[str] = []
    for run in _runs(claim):
        carried = _spelt_out(run, known)
        absent = [
            not (word.start in carried or all(_carried(p, word, known) for p in word.parts))
            for word in run
        ]
        for n, (a, b) in enumerate(pairwise(run)):
            if not (absent[n] or absent[n + 1]) and _mixes(a, b, known):
                absent[n] = absent[n + 1] = True
        missing += _phrases(claim, run, absent)
    return tuple(dict.fromkeys(missing))


class _Known:
    """What the texts name, taken apart once for a claim."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.capitals: set[str] = set()
        self.words: set[str] = set()
        self.acronyms: set[str] = set()
        self.initials: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        for text in texts:
            for match in _WORD.finditer(text):
                found = _split(match[0])
                self.words.update(_fold(part) for part in found)
                self.words.add(_fold(match[0]))
                self.acronyms.update(_fold(p) for p in found if _is_acronym(p))
                self.capitals.update(_fold(p) for p in found if _is_capital(p))
                self.capitals.update(_fold(p) for p in (match[0],) if _has_capital(p))
            self.capitals |= set(_canonical([m[0] for m in _WORD.finditer(text)]).values())
            for run in _runs(text, every=True):
                self._learn([part for word in run for part in word.parts])

    def _learn(self, parts: list[str]) -> None:
        for n, part in enumerate(parts):
            self.pairs.update((part, other) for other in parts[n + 1 : n + 4])
            for end in range(n + 2, min(n + 7, len(parts) + 1)):
                if any(is_ordinary(p) for p in parts[n:end]):
                    self.initials.add("".join(p[0] for p in parts[n:end]))


@functools.lru_cache(maxsize=64)
def _known(texts: tuple[str, ...]) -> _Known:
    """The same sources are asked about every sentence of an answer."""
    return _Known(texts)


def _carried(part: str, word: _Word, known: _Known) -> bool:
    if part in known.capitals or part in TITLES:
        return True
    loose = word.first or part in COMMON
    if (loose and part in known.words) or (word.first and _derived(part, known.words)):
        return True
    if any(_akin(part, k) for k in known.capitals):
        return True
    acronym = len(part) > 1 and word.text.replace(".", "").isupper()
    return acronym and part in known.initials


def _derived(part: str, words: set[str]) -> bool:
    """Whether a sentence's first word is one of the text's in another form: vaccines."""
    if len(part) < 7:
        return False
    stem = part[: max(5, len(part) * 3 // 5)]
    return any(word.startswith(stem) for word in words)


def _akin(a: str, b: str) -> bool:
    """Whether one is the other with the ending of a people or a plural: Gaza, Gazans."""
    short, long = sorted((a, b), key=len)
    if len(short) < 4 or short == "niger":
        return False
    if long.startswith(short) and long[len(short) :] in _SUFFIXES:
        return True
    # Malta and Maltese, Vienna and Viennese, Cyprus and Cypriot.
    root = _LAST_VOWEL.sub("", short)
    return len(root) > 3 and long.startswith(root) and long[len(root) :] in _PEOPLES


def _spelt_out(run: Sequence[_Word], known: _Known) -> set[int]:
    """Where the words start that the texts have as an abbreviation or an alias."""
    carried: set[int] = set()
    canonical = _canonical([word.text for word in run])
    for (start, end), name in canonical.items():
        if name in known.capitals:
            carried |= {word.start for word in run[start:end]}
    for start in range(len(run)):
        for end in range(start + 2, min(start + 7, len(run) + 1)):
            parts = [part for word in run[start:end] for part in word.parts]
            short = "".join(part[0] for part in parts)
            if short in known.acronyms and any(is_ordinary(part) for part in parts):
                carried |= {word.start for word in run[start:end]}
    return carried


def _mixes(a: _Word, b: _Word, known: _Known) -> bool:
    """Whether one person's first name stands before another's last name."""
    first, last = a.parts[-1], b.parts[0]
    if (first, last) in known.pairs or {first, last} & (TITLES | COMMON) or a.own:
        return False
    if first in _NATIONS or any(_akin(first, k) and first != k for k in known.capitals):
        return False
    plain = [(x, y) for x, y in known.pairs if not {x, y} & (TITLES | COMMON)]
    return any(x == first for x, _ in plain) and any(
        y == last and x not in _NATIONS for x, y in plain
    )


_NATIONS = frozenset(word for forms in CANONICAL for word in forms) | frozenset(
    "israel israeli israelis iran iranian russia russian syria syrian jordan jordanian".split()
)


def _phrases(text: str, run: Sequence[_Word], absent: Sequence[bool]) -> Iterator[str]:
    """The absent words of a run, those that stand together as one phrase."""
    for away, group in groupby(zip(run, absent, strict=True), key=itemgetter(1)):
        words = [word for word, _ in group]
        if away:
            yield text[words[0].start : words[-1].end]


def _canonical(words: Sequence[str]) -> dict[tuple[int, int], str]:
    """Where words stand that the table of aliases has, and the alias."""
    folded = [_fold(w) if _has_capital(w) or w in LINKS else "" for w in words]
    found: dict[tuple[int, int], str] = {}
    for start in range(len(words)):
        for length in (4, 3, 2, 1):
            name = CANONICAL.get(tuple(folded[start : start + length]))
            # "US" is no "us" or "Us".
            if name and (length > 1 or len(folded[start]) > 3 or _is_acronym(words[start])):
                found[start, start + length] = name
    return found


def _runs(text: str, *, every: bool = False) -> list[list[_Word]]:
    """Names as runs of words; with `every`, ordinary words that open a sentence count too."""
    runs: list[list[_Word]] = []
    open_ = False
    end = 0
    for word in _words(text, every=every):
        gap = text[end : word.start]
        link = word.text.lower() in PARTICLES | LINKS
        if word.parts:
            between = re.fullmatch(r"(?:\s[a-z]+){0,3}\s", gap)
            linked = between and all(w in PARTICLES | LINKS for w in gap.split())
            # "and" and "the" alone join two names instead of the words of one.
            if open_ and linked and not {"and", "the", "for"} >= set(gap.split()) > set():
                runs[-1].append(word)
            else:
                runs.append([word])
            open_, end = not word.own, word.end
        elif not link:
            open_ = False
    return runs


def _words(text: str, *, every: bool) -> Iterator[_Word]:
    end = 0
    matches = list(_WORD.finditer(text))
    for n, match in enumerate(matches):
        gap = text[end : match.start()]
        dot = (
            text[:end].endswith(".") and n > 0 and not re.fullmatch(r"(?:\w\.)+", matches[n - 1][0])
        )
        first = n == 0 or dot or bool(_NEW_SENTENCE.search(gap))
        if n and _fold(matches[n - 1][0]) in TITLES and gap.startswith(". "):
            first = False
        own = _POSSESSIVE.search(match[0])
        stop = match.end() - (len(own[0]) if own else 0)
        word = text[match.start() : stop]
        following = matches[n + 1][0] if n + 1 < len(matches) else ""
        parts = _name_parts(word, following, first=first and not every)
        yield _Word(word, match.start(), stop, parts, first, bool(own))
        end = match.end()


def _name_parts(word: str, following: str, *, first: bool) -> tuple[str, ...]:
    """The folded parts of a word that are names; none where it is no name."""
    if any(c.isdigit() for c in word):
        return (_fold(word),) if any(c.isupper() for c in word) else ()
    parts = [
        _fold(part)
        for part in _split(word)
        if _is_capital(part) and _fold(part) not in PARTICLES | CALENDAR
        and (_is_acronym(part) or _fold(part) not in STOP_WORDS)
    ]  # fmt: skip
    if first and parts and not _is_acronym(word) and _opens_only(word, following):
        return tuple(p for p in parts[1:])
    return tuple(part for part in parts if part)


def _opens_only(word: str, following: str) -> bool:
    """Whether a sentence's first word has its capital for that alone."""
    folded = _fold(_split(word)[0])
    if folded in PARTICLES or not (is_ordinary(folded) or is_adverbial(folded, following)):
        return False
    if folded in GIVEN and (_is_capital(following) or following in SAYS):
        return False
    # Only a name stands before "said" in the singular and without an article.
    named = folded in capitalised() and not folded.endswith("s") and folded not in CROWDS
    return not (named and following in SAYS)


def _split(word: str) -> list[str]:
    return [part for part in _HYPHEN.split(_POSSESSIVE.sub("", word)) if part]


@functools.lru_cache(maxsize=20_000)
def _fold(word: str) -> str:
    """Without case, accents, possessive, full stops, apostrophes and hyphens."""
    plain = unicodedata.normalize("NFKD", _POSSESSIVE.sub("", word)).casefold()
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


def _is_capital(word: str) -> bool:
    return word[:1].isupper()


def _has_capital(word: str) -> bool:
    return any(c.isupper() for c in word)


def _is_acronym(word: str) -> bool:
    letters = word.replace(".", "")
    return len(letters) > 1 and letters.isupper()
