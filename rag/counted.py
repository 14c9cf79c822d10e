"""Numbers and what they count: whether a claim counts with a number what its source does not."""

from __future__ import annotations

import functools
import re
from itertools import pairwise
from typing import NamedTuple

from rag.clauses import stem_of
from rag.days import find_days
from rag.index_words import STOP_WORDS
from rag.numbers import Number, find_numbers

__all__ = ["counted_otherwise"]

_AFTER = re.compile(r"[\s-]?([^\W_]+)|(\S)")
_OF = re.compile(r"\s(?:of|out of)\s(?:(?:the|its|his|her|their|these|those|all|a|an)\s)*")
_AGE = re.compile(r",|[\s-]years?[\s-]olds?\b|\s(?:and|of age)\b|\)", re.IGNORECASE)
_AGED = re.compile(r"(?:[A-Z]\w+,\s|\baged?\s|\bage of\s|\()$")
_FROM = re.compile(r"\bfrom\s(?:(?:about|some|nearly|over|around)\s)?$", re.IGNORECASE)
_TO = re.compile(r"\s(?:\w+\s){0,2}to\s(?:(?:about|some|nearly|over|around)\s)?", re.IGNORECASE)
_VAGUE = frozenset(
    stem_of(word)
    for word in "people person men women others times members percent cent per half thing part"
    " total group side place point way child kids employee staff resident".split()
)
"""What almost any number may count: they tell nothing unless both numbers are exchanged."""
_STOPS = (STOP_WORDS - {"more", "other", "same", "own"}) | {"yesterday", "today", "last", "next"}


class _Count(NamedTuple):
    """A number and the stems of the words it counts."""

    value: tuple[float, str]
    nouns: frozenset[str]
    words: str


def counted_otherwise(claim: str, text: str) -> tuple[str, str] | None:
    """The number and the noun of a claim of which the source gives that noun another number.

    Args:
        claim: `160 soldiers and 54 fighters`.
        text: the source, such as `54 soldiers and 160 fighters`.

    Returns:
        The two numbers exchanged, as the claim writes them, or None.
    """
    if turned := _ways(claim) & {(b, a) for a, b in _ways(text)} - _ways(text):
        a, b = next(iter(turned))
        return f"{a:g}", f"{b:g}"
    said, cited = _counts(claim), _counts(text)
    values = {c.value for c in cited}
    wrong = [c for c in said if c.value in values and _other(c, cited)]
    for one in wrong:
        nouns = one.nouns & _other(one, cited)
        owner = {c.value for c in cited if c.nouns & nouns}
        partner = next((c for c in said if c.value in owner and c.value != one.value), None)
        if partner and not partner.nouns & nouns and partner.nouns and not _agrees(partner, cited):
            return one.words, partner.words
        # "One inmate" may be any of the 900.
        if nouns - _VAGUE and not partner and one.value[0] != 1:
            return one.words, next(c.words for c in cited if c.nouns & nouns)
    return None


@functools.lru_cache(maxsize=256)
def _ways(text: str) -> frozenset[tuple[float, float]]:
    """From what number to what number something goes: from five years to eight."""
    return frozenset(
        (a.value, b.value)
        for a, b in pairwise(find_numbers(text))
        if _FROM.search(text[max(0, a.start - 20) : a.start])
        and _TO.fullmatch(text[a.end : b.start])
    )


def _agrees(count: _Count, cited: tuple[_Count, ...]) -> bool:
    return any(c.value == count.value and c.nouns & count.nouns for c in cited)


def _other(count: _Count, cited: tuple[_Count, ...]) -> frozenset[str]:
    """The nouns of a count that in the source belong to other numbers only."""
    own = [c for c in cited if c.value == count.value]
    # Where the source leaves open what the number counts, nothing can be said.
    if not count.nouns or not all(c.nouns for c in own) or any(c.nouns & count.nouns for c in own):
        return frozenset()
    return frozenset(n for c in cited if c.value != count.value for n in c.nouns & count.nouns)


@functools.lru_cache(maxsize=256)
def _counts(text: str) -> tuple[_Count, ...]:
    days = find_days(text)
    return tuple(
        _Count((n.value, n.unit), _nouns(text, n), text[n.start : n.end])
        for n in find_numbers(text)
        if not n.ordinal and not any(n.start < d.end and d.start < n.end for d in days)
    )


def _nouns(text: str, number: Number) -> frozenset[str]:
    """What the number counts: the words behind it as far as the next word of grammar."""
    if _AGE.match(text, number.end) and (
        _AGED.search(text[max(0, number.start - 40) : number.start])
        or "old" in text[number.end : number.end + 12]
    ):
        return frozenset(["§age"])
    at = number.end
    if of := _OF.match(text, at):
        # "Two of the five": what it counts stands further on, or nowhere.
        if number.value >= 1:
            return frozenset()
        at = of.end()
    found: list[str] = []
    for match in _AFTER.finditer(text, at):
        word = match[1] or ""
        if not word or word[0].isdigit() or word.lower() in _STOPS or _is_number(word):
            break
        gap = match[0][0]
        if gap not in " -" and match.start() != at:
            break
        found.append(stem_of(word.lower()))
        if len(found) == 3:
            break
    return frozenset(n for n in found if n)


@functools.lru_cache(maxsize=4096)
def _is_number(word: str) -> bool:
    return bool(find_numbers(word))
