"""Ways in which a true claim becomes a false one, for the claim reader to learn from.

Each changes one thing and leaves the rest of the wording, as a careless or hostile model does:
a number, a name, the places of two of them, a negation, a word and its opposite, a limit, or
how certain a thing is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from rag.names import find_names
from rag.numbers import find_numbers

__all__ = ["altered"]

_WORDS = (
    "two", "three", "four", "five", "seven", "eight", "nine", "eleven", "twelve", "fourteen",
    "nineteen", "twenty", "thirty-one", "forty", "sixty", "eighty", "two hundred", "six thousand",
)  # fmt: skip
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "ninth", "tenth")
_JOINED = re.compile(r"(?:\s|,)*(?:and|or|with|between|from)?(?:\s|,|the)*", re.IGNORECASE)
_HELPER = re.compile(
    r"\b(was|were|is|are|has|have|had|will|would|could|can|did|does|do|should|may|might|must)\b"
    r"(?! (?:not|n['’]t|never|no|nothing|nobody|none)\b)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|never|no longer|without)\s|(?<=[a-z])n['’]t\b|\bno (?=[a-z])|\b(?:nobody|no one)\b"
    r"|\bnone of\b|\bneither of\b",
    re.IGNORECASE,
)
_PAST = re.compile(r"\b([a-z]{3,})(ed)\b(?=\s(?:the|a|an|his|her|its|their|to|that|in|on|for)\b)")
_OPPOSITES = """
before|after;rose|fell;increased|decreased;raised|lowered;accepted|rejected;agreed|refused
more than|fewer than;at least|at most;over|under;above|below;approved|turned down
confirmed|denied;admitted|denied;won|lost;opened|closed;began|ended;started|stopped
allowed|banned;supported|opposed;backed|opposed;arrived|left;gained|lost;higher|lower
earlier|later;first|last;north|south;east|west;inside|outside;public|secret;survived|died
injured|killed;arrested|released;guilty|innocent;convicted|acquitted;found|lost;remained|left
praised|criticised;welcomed|condemned;bought|sold;borrowed|lent;with|without;ally|rival
minority|majority;unanimously|narrowly;largest|smallest;longest|shortest;oldest|youngest
best|worst;maximum|minimum;winter|summer;morning|evening;father|son;mother|daughter
brother|father;wife|sister;husband|brother;buyer|seller;teacher|pupil;victim|suspect
plaintiff|defendant;employers|workers;succeeded|failed;same|different;possible|impossible
able|unable;likely|unlikely;safe|unsafe;still|no longer
"""
_STRONGER = """
some|all;several|all;many|all;most|all;part of|all of;half|all;one of|all of;a few|all
nearly|more than;up to|more than;may|will;might|will;could|will;reportedly|;allegedly|
is expected to|will;was expected to|did;is said to have|has;was said to have|had
appears to have|has;suspected|proven;alleged|proven;planned to|did;plans to|will
proposed|adopted;threatened to|did;wants to|will;hoped to|did;yet to|already;only|not only
"""
"""What a part, a doubt or a plan becomes; not the other way round, where it stays true."""


def _pairs() -> Iterator[tuple[str, str]]:
    for table in (_OPPOSITES, _STRONGER):
        for pair in table.strip().replace("\n", ";").split(";"):
            left, right = pair.split("|")
            yield left, right
            if table is _OPPOSITES:
                yield right, left


_INSTEAD = tuple((re.compile(rf"\b{re.escape(was)}\b"), now) for was, now in _pairs())


def altered(claim: str, strangers: Sequence[str], rng: Random) -> Iterator[tuple[str, str]]:
    """The claim made false in each way that its words allow.

    Args:
        claim: a true one.
        strangers: names of other articles, one of which may replace one of the claim's.
        rng: decides where there is a choice.

    Yields:
        The way, and the false claim.
    """
    for way in (_number, _name, _places, _denied, _affirmed, _opposite):
        text = way(claim, strangers, rng)
        if text and text != claim:
            yield way.__name__.strip("_"), text[:1].upper() + text[1:]


def _number(claim: str, _: Sequence[str], rng: Random) -> str | None:
    numbers = find_numbers(claim)
    if not numbers:
        return None
    number = rng.choice(numbers)
    was = claim[number.start : number.end]
    if digits := list(re.finditer(r"\d", was)):
        digit = rng.choice(digits)
        other = rng.choice([d for d in "123456789" if d != digit[0]])
        now = was[: digit.start()] + other + was[digit.end() :]
    else:
        kinds = _ORDINALS if number.ordinal else _WORDS
        now = rng.choice([w for w in kinds if w not in was.lower()])
    return claim[: number.start] + now + claim[number.end :]


def _name(claim: str, strangers: Sequence[str], rng: Random) -> str | None:
    names = find_names(claim)
    fresh = [s for s in strangers if s.lower() not in claim.lower()]
    if not names or not fresh:
        return None
    name = rng.choice(names)
    return claim[: name.start] + rng.choice(fresh) + claim[name.end :]


def _places(claim: str, _: Sequence[str], rng: Random) -> str | None:
    """Two names, or two numbers, each in the place of the other."""
    spans = [[(n.start, n.end) for n in find_names(claim)]]
    spans.append([(n.start, n.end) for n in find_numbers(claim)])
    pairs = [
        (a, b)
        for found in spans
        for i, a in enumerate(found)
        for b in found[i + 1 :]
        if a[1] < b[0]
        and claim[slice(*a)].lower() != claim[slice(*b)].lower()
        and not _JOINED.fullmatch(claim[a[1] : b[0]])
    ]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    between = claim[a[1] : b[0]]
    return claim[: a[0]] + claim[slice(*b)] + between + claim[slice(*a)] + claim[b[1] :]


def _denied(claim: str, _: Sequence[str], rng: Random) -> str | None:
    """A negation more."""
    helpers = list(_HELPER.finditer(claim))
    past = list(_PAST.finditer(claim))
    if past and (not helpers or rng.random() < 0.3):
        verb = rng.choice(past)
        stem = verb[1] + ("e" if re.search(r"(?:[cgsuvz]|[aiou][dlrtk]|at|iz)$", verb[1]) else "")
        return f"{claim[: verb.start()]}did not {stem}{claim[verb.end() :]}"
    if not helpers:
        return None
    helper = rng.choice(helpers)
    word = rng.choice(("not", "not", "not", "never", "no longer"))
    return f"{claim[: helper.end()]} {word}{claim[helper.end() :]}"


def _affirmed(claim: str, _: Sequence[str], rng: Random) -> str | None:
    """A negation less."""
    found = list(_NEGATION.finditer(claim))
    if not found:
        return None
    match = rng.choice(found)
    word = match[0].strip().lower()
    instead = {
        "without": "with ", "nobody": "somebody", "no one": "someone", "none of": "some of",
        "neither of": "both of", "no": rng.choice(("", "a ")),
    }.get(word, "")  # fmt: skip
    return claim[: match.start()] + instead + claim[match.end() :].lstrip(" " if instead else "")


def _opposite(claim: str, _: Sequence[str], rng: Random) -> str | None:
    """A word or phrase put for its opposite, or for a stronger one."""
    options = [(m, now) for was, now in _INSTEAD for m in was.finditer(claim)]
    if not options:
        return None
    match, now = rng.choice(options)
    return " ".join(f"{claim[: match.start()]}{now}{claim[match.end() :]}".split())
