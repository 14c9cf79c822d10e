"""What a claim states that the words it cites do not carry.

Numbers, dates, names, quotations and negations are compared, what is said of all or only
perhaps, and who does it to whom; the rest of the wording is free: a changed fact must be
caught, a paraphrase should pass. An act that was made up out of right names is not seen.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from rag.amounts import by_word, is_carried, read_amounts, said_otherwise
from rag.clock import find_times
from rag.days import WEEKDAY, WEEKDAYS, Day, covers, find_days
from rag.doubt import flat
from rag.edges import find_edges
from rag.exchanged import exchange
from rag.names import unnamed
from rag.numbers import Number, find_numbers
from rag.polarity import turned
from rag.scope import widened

__all__ = ["NEGATION", "Source", "missing", "missing_facts", "other_sense"]

NEGATION = "the negation"
"""The phrase for one too many or too few."""
_OPEN, _CLOSE = "“«„", "”»"
_REPORTS = re.compile(
    r"\b(?:report|publish|wrote|writ|according to|article|dated|as of)", re.IGNORECASE
)
_NEAR = re.compile(
    r"\b(?:(?:last|next|this)\s(?:week|month|year)|yesterday|tomorrow)\b", re.IGNORECASE
)


class Source(NamedTuple):
    """Something a claim cites."""

    text: str
    """The cited words: a sentence, perhaps with its neighbours."""
    published: date | None
    about: str = ""
    """What else the reader is shown of it: title, outlet, byline."""


def missing(claim: str, sources: Sequence[Source]) -> tuple[str, ...]:
    """What of the claim no source carries, each as a phrase for people; () where all is.

    What `missing_facts` and `other_sense` find.

    Args:
        claim: one sentence of an answer, in any words.
        sources: what it cites.
    """
    return (*missing_facts(claim, sources), *other_sense(claim, sources))


def missing_facts(claim: str, sources: Sequence[Source]) -> tuple[str, ...]:
    """What can be looked up: numbers, dates, names and quotations that no source has.

    Such as `the number 68`, `the date 3 March 2023`, `the name Lapid`, `the quotation “…”`.
    """
    return _missing_facts(claim, tuple(sources))


@functools.lru_cache(maxsize=256)
def _missing_facts(claim: str, sources: tuple[Source, ...]) -> tuple[str, ...]:
    # Kept: a sentence is checked as it is written, and once more with its citations.
    texts = [s.text for s in sources]
    every = [*texts, *(s.about for s in sources)]
    found = [
        *(f"the quotation “{q}”" for q in _quotations(claim) if not _stands(q, every)),
        *(f"the number {n}" for n in _numbers(claim, sources)),
        *(f"the date {d}" for d in _dates(claim, sources)),
        *(f"the name {n}" for n in _names(claim, texts, every)),
    ]
    return tuple(dict.fromkeys(found))


def other_sense(claim: str, sources: Sequence[Source]) -> tuple[str, ...]:
    """Where, by rule, the facts seem put together otherwise than in any source.

    `the exchange of Lapid and Gantz`, `the negation` (one too many or too few), `the doubt` (a
    `may` that the claim drops) and `the scope` (`all` for `some`, `over` for `under`).
    """
    texts = [s.text for s in sources]
    found: list[str] = []
    if exchanged := exchange(claim, texts):
        found.append(f"the exchange of {exchanged}")
    if turned(claim, texts):
        found.append(NEGATION)
    elif flat(claim, texts):
        found.append("the doubt")
    if widened(claim, texts):
        found.append("the scope")
    return tuple(found)


def _names(claim: str, texts: Sequence[str], every: Sequence[str]) -> Iterator[str]:
    """Names that nothing has; and those of the title alone where they may have replaced another.

    A name that only the title has, in a claim that leaves out one of the cited words, reads as
    if it had been put in its place.
    """
    absent = unnamed(claim, every)
    yield from absent
    if not _REPORTS.search(claim):
        borrowed = [name for name in unnamed(claim, texts) if name not in absent]
        if borrowed and any(unnamed(text, [claim]) for text in texts):
            yield from borrowed


def _quotations(text: str) -> Iterator[str]:
    """What stands between quotation marks, three words or more; outer marks only."""
    depth, start = 0, 0
    for at, sign in enumerate(text):
        opens = sign in _OPEN or (sign == '"' and depth == 0)
        if opens:
            start = at + 1 if depth == 0 else start
            depth += 1
        elif depth and (sign in _CLOSE or sign == '"'):
            depth -= 1
            if depth == 0 and len(text[start:at].split()) >= 3:
                yield text[start:at].strip()
    if depth and len(text[start:].split()) >= 3:
        yield text[start:].strip()


def _stands(quotation: str, texts: Sequence[str]) -> bool:
    """Whether the words stand in one text, in order where dots leave some out."""
    pieces = [_plain(p).strip(" .,;:!?'-") for p in re.split(r"\[?(?:…|\.{3})\]?", quotation)]
    # A quotation may open in capitals what does not open its sentence.
    pattern = ".*?".join(
        rf"(?<!\w)(?i:{re.escape(p[:1])}){re.escape(p[1:])}(?!\w)" for p in pieces if p
    )
    return any(re.search(pattern, _plain(text)) for text in texts)


def _plain(text: str) -> str:
    text = re.sub(r"[“”„«»\"‘’‚ʼ`]", "'", re.sub(r"[-‐‑–—]", "-", text))
    return re.sub(r"\s+", " ", text)


def _numbers(claim: str, sources: Sequence[Source]) -> Iterator[str]:
    dates = find_days(claim)
    known = [n for s in sources for n in _amounts(s.text)]
    days = [d for s in sources for d in find_days(s.text, s.published)]
    days += [d for s in sources for d in find_edges(s.text, s.published)]
    text = " ".join(s.text for s in sources)
    about = " ".join(s.about for s in sources)
    times = {clock.minutes for s in sources for clock in find_times(s.text)}
    told = [c for c in find_times(claim) if c.minutes in times]
    for number in _outside(find_numbers(claim), dates):
        words = claim[number.start : number.end]
        ways = (number, *said_otherwise(claim, number))
        if any(is_carried(way, other) for way in ways for other in known):
            continue
        if by_word(number, claim, text, known) or _by_day(number, words, days):
            continue
        if any(c.start <= number.start and number.end <= c.end for c in told):
            continue
        # The number of "Channel 12" belongs to a name the reader is shown.
        named = re.search(r"[A-Z]\w*\s$", claim[: number.start])
        if named and named[0] + words in about:
            continue
        yield words


def _amounts(text: str) -> list[Number]:
    """The numbers that are no part of a date, also those said in other words."""
    return read_amounts(text, _outside(find_numbers(text), find_days(text)))


def _outside(numbers: Sequence[Number], days: Sequence[Day]) -> list[Number]:
    return [n for n in numbers if not any(n.start < d.end and d.start < n.end for d in days)]


def _by_day(number: Number, words: str, days: Sequence[Day]) -> bool:
    """Whether it is a year, or the day of a month, that a date of the source has."""
    if number.ordinal:
        return words[0].isdigit() and any(d.day == number.value for d in days)
    year = re.fullmatch(r"[0-9]{4}|[a-z]+[\s-][a-z]+(?:-[a-z]+)?", words)
    return bool(year) and any(d.year == number.value for d in days)


def _dates(claim: str, sources: Sequence[Source]) -> Iterator[str]:
    wanted = find_days(claim)
    days = [d for s in sources for d in find_days(f"{s.text}\n{s.about}", s.published)]
    days += [d for s in sources for d in find_edges(s.text, s.published)]
    years = {n.value for s in sources for n in find_numbers(s.text) if not n.unit}
    for day in wanted:
        if any(covers(d, day) for d in days):
            continue
        if day.month is None and day.year in years:
            continue
        if not any(_issued(day, claim, wanted, s) for s in sources):
            yield claim[day.start : day.end]
    for match in WEEKDAY.finditer(claim):
        if not any(_has_weekday(match[1], s) for s in sources):
            yield match[1]
    for match in _NEAR.finditer(claim):
        if not any(match[0].lower() in s.text.lower() for s in sources):
            yield match[0]


def _issued(day: Day, claim: str, wanted: Sequence[Day], source: Source) -> bool:
    """Whether the day of publication carries a date of the claim.

    Only where the source gives no day of its own that the claim could have changed, or the
    claim speaks of reporting.
    """
    issued = source.published
    if not issued or not covers(Day(issued.year, issued.month, issued.day, 0, 0, True), day):
        return False
    own = find_days(source.text, issued)
    written = [d for d in own if not d.relative]
    if _REPORTS.search(claim) or not own:
        return True
    return len(written) == len(own) and all(any(covers(d, w) for w in wanted) for d in written)


def _has_weekday(name: str, source: Source) -> bool:
    text = f"{source.text}\n{source.about}"
    if re.search(rf"\b{name}", text):
        return True
    days = [d[:3] for d in find_days(text, source.published)]
    if not days and source.published:
        days = [(source.published.year, source.published.month, source.published.day)]
    return any(
        date(y, m, d).weekday() == WEEKDAYS.index(name.lower()) for y, m, d in days if y and m and d
    )
