"""Amounts said in other words: `half a century` is fifty years, `one in four` a quarter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.numbers import Number, find_numbers, same_value

__all__ = ["by_word", "is_carried", "read_amounts", "said_otherwise"]

_AMOUNT = {
    0: r"\b(?:no|none|nil|nobody|goalless|scoreless)\b",
    1: r"\b(?:one|an?|single|sole|only|each|every|another|alone|lone|solo|once)\b",
    2: r"\b(?:both|pair|twins?|double[sd]?|couple|twice|second|duo|either|neither|halves|halved"
    r"|brace|bilateral)\b",
    3: r"\b(?:triplets?|trio|treble[sd]?|triple[sd]?|thrice|hat-trick|threefold|trilateral)\b",
    4: r"\b(?:quadruple[sd]?|quartet|fourfold|quadruplets)\b",
    5: r"\b(?:quintet|fivefold|quintuple[sd]?)\b",
    10: r"\btenfold\b",
    20: r"\bscore\b",
    24: r"\bround the clock\b",
    100: r"\b(?:centenar(?:y|ian)|centennial)\b",
    200: r"\bbicenten\w+\b",
}
_PLACE = {
    1: r"\b(?:initial(?:ly)?|earliest|never before|original(?:ly)?|debut\w*|maiden|inaugura\w+"
    r"|premi[eè]re\w*|pioneer\w*|unprecedented|until now|opening|newly)\b",
    2: r"\b(?:another|again|runners?-up|silver|twice|re-?elect\w*|repeat\w*)\b",
    3: r"\bbronze\b",
    100: r"\b(?:centenar(?:y|ian)|centennial)\b",
}
"""Words that are no numbers and carry one all the same."""
_WHOLE = re.compile(r"\b(?:all|every|unanimous\w*|entire\w*|whole|fully)\b", re.IGNORECASE)
_MORE = re.compile(r"\b(?:more than|over)\s$", re.IGNORECASE)
_MOST = re.compile(r"\b(?:most|majority|mostly)\b", re.IGNORECASE)
_EQUAL = re.compile(r"\b(?:equally|evenly|halv\w+|50-50|fifty-fifty)\b", re.IGNORECASE)
_ADVERB = re.compile(
    r"^first(?:ly)?,|\b(?:first of all|at first|first and foremost|first came|first ha[ds]"
    r"|first (?:in|on|at|to)\b[^.;]{2,40}\bthen"
    r"|(?:put|puts|putting|placed?|come|comes)\b[^.;]{2,25}\bfirst)\b",
    re.IGNORECASE,
)
_IDIOM = re.compile(
    r"\b(?:from )?one (?:\w+ )?(?:to|after|by) (?:the next|the other|another|one)\b|\bone another\b"
    r"|\bone by one\b|\bat one (?:point|time|stage)\b|\bone (?:day|and all|thing)\b"
    r"|\bone way or (?:an|the )other\b|\bon (?:the )?one (?:hand|side)\b|\bone side\b|\bday one\b"
    r"|\b(?:that|this|the|which|another|next|last|only|new|old|larger?|smaller?|\w+est) one\b"
    r"|\bsquare one\b|\bone (?:who|which|that|such|more)\b|\bin one (?:go|piece|voice)\b"
    r"|\bone (?:year|month|week|day|hour|night|morning|evening)"
    r" (?:later|earlier|ago|before|after)\b",
    re.IGNORECASE,
)
_N = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|hundred|[0-9]+)"
_ONE_IN = re.compile(
    rf"\b(?P<a>{_N}) (?:(?!{_N}\b)[a-z]+ ){{0,3}}?(?:in|out of)(?: every)? (?P<b>{_N})\b"
    rf"(?! (?:weeks?|months?|years?|days?|hours?|minutes?)\b)"
    r"|\bevery (?P<nth>third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)\b",
    re.IGNORECASE,
)
_DECADES = {
    "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70,
    "eighties": 80, "nineties": 90, "septuagenarian": 70, "octogenarian": 80, "nonagenarian": 90,
}  # fmt: skip
_DECADE = re.compile(rf"\b(?:{'|'.join(_DECADES)})|\b(?:19|20)?[2-9]0['’]?s\b", re.IGNORECASE)
_HOURS = {
    "minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0, "fortnight": 336.0,
    "month": 672.0, "quarter": 2016.0, "year": 8064.0, "decade": 80640.0, "century": 806400.0,
}  # fmt: skip
"""Hours of a span; a month counts as four weeks, a year as twelve of these months."""
_SPAN = re.compile(
    r"(?:\s(?:of\s)?(?:an?\s|the\s)?|-)(?:(?:more|full|whole|long|further|straight)\s)?"
    r"(minute|hour|day|week|fortnight|month|quarter|year|decade|centur(?:y|ies))s?\b",
    re.IGNORECASE,
)
_A_SPAN = re.compile(
    r"\b(?:an?|per|every|each)\s(?:\w+\s)?"
    r"(minute|hour|day|week|fortnight|month|year|decade|century)\b(?P<half>\sand\sa\shalf\b)?"
    r"|\b(?P<bare>fortnight)",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?P<minutes>[:.][0-5][0-9](?![0-9]))?(?:\s?(?P<half>[ap])\.?m\b)?", re.IGNORECASE
)
_BETWEEN = re.compile(r"\b(?:aged?|between|years? old|ages)\b", re.IGNORECASE)
_BESIDE = 60
"""Code points around a number in which its measure stands."""
_TIME, _HOUR, _AGE = "§time", "§hour", "§age"
"""Units of measures made comparable: hours of a span, the hour of the day, years of age."""
_ROUND = re.compile(
    r"\b(?:(?P<below>nearly|almost|just under|close to|up to|some)|(?P<above>over|above|more than"
    r"|just over|at least|well over|in excess of)|(?P<about>about|around|roughly|approximately"
    r"|some))\s[$€£¥₪]?$",
    re.IGNORECASE,
)


def read_amounts(text: str, numbers: Sequence[Number]) -> list[Number]:
    """The numbers of a text with those that it says in other words.

    Args:
        text: the text.
        numbers: its numbers, those of dates left out.
    """
    known = [*numbers, *(other for n in numbers for other in said_otherwise(text, n))]
    for match in _A_SPAN.finditer(text):
        known += _a_span(match)
    for match in _ONE_IN.finditer(text):
        known += _share(match)
    for match in _DECADE.finditer(text):
        low = float(_DECADES.get(match[0].lower(), 0) or match[0].strip("sS'’")[-2:])
        known += [Number(age, _AGE, False, *match.span()) for age in (low, low + 9, low + 10)]
    for match in re.finditer(r"\b(?:midnight|noon|midday)\b", text, re.IGNORECASE):
        hours = (0.0, 24.0) if match[0].lower() == "midnight" else (12.0,)
        known += [Number(hour, _HOUR, False, *match.span()) for hour in hours]
    return known


def said_otherwise(text: str, number: Number) -> Iterator[Number]:
    """The number as hours of a span, hour of the day, age or ordinal, where it may be one."""
    # Only what stands beside it counts.
    first = max(0, number.start - _BESIDE)
    near = text[first : number.end + _BESIDE]
    at = range(number.start - first, number.end - first)
    if span := _SPAN.match(text, number.end):
        yield from _spans(number, span[1].lower())
    for match in _A_SPAN.finditer(near):
        if match["half"] and match.start() <= at.start < match.end():
            yield from _a_span(match)
    clock = _CLOCK.match(text, number.end)
    if clock and clock["half"]:
        hour = number.value % 12 + (12 if clock["half"].lower() == "p" else 0)
        yield replace(number, value=hour, unit=_HOUR)
    elif clock and clock["minutes"]:
        yield replace(number, unit=_HOUR)
    if _BETWEEN.search(near):
        yield replace(number, unit=_AGE)
    # "A third, a student" is a third one as well as a third part.
    words = text[number.start : number.end]
    if 0 < number.value < 0.5 and re.match(r"(?i)an?\s\w+(?:rd|th)$", words):
        yield replace(number, value=float(round(1 / number.value)), ordinal=True)
    for match in _ONE_IN.finditer(near):
        if match.start() <= at.start < match.end():
            yield from _share(match)


def _spans(number: Number, name: str) -> Iterator[Number]:
    """The hours of a span; months and years also by the calendar, where they are longer."""
    name = "century" if name.startswith("centur") else name
    longer = {"month": (720.0, 744.0), "year": (8736.0, 8760.0)}.get(name, ())
    for hours in (_HOURS[name], *longer):
        yield replace(number, value=number.value * hours, unit=_TIME)


def _a_span(match: re.Match[str]) -> Iterator[Number]:
    """A fortnight; a year and a half."""
    value = 1.5 if match["half"] else 1.0
    yield from _spans(Number(value, "", False, *match.span()), (match[1] or match["bare"]).lower())


def _share(match: re.Match[str]) -> Iterator[Number]:
    def first(words: str) -> float:
        found = find_numbers(words)
        return found[0].value if found else 0.0

    a, b = (1.0, first(match["nth"])) if match["nth"] else (first(match["a"]), first(match["b"]))
    if 0 < a < b:
        yield Number(a / b, "", False, *match.span())


def is_carried(number: Number, other: Number) -> bool:
    """Whether one number says what the other does: equal, and no people where money stands."""
    if number.ordinal != other.ordinal or (number.unit[:1] == "§") != (other.unit[:1] == "§"):
        return False
    if not same_value(number, other):
        return _is_rounded_share(number, other)
    # "$67" is not carried by "67 people", but "half" is by "50%".
    return not number.unit or number.unit == other.unit or other.value != number.value


def _is_rounded_share(a: Number, b: Number) -> bool:
    """A third is 33 percent, two thirds are 66 or 67."""
    percent, plain = (a, b) if a.unit == "%" else (b, a)
    share = plain.value * 100
    thirds = not percent.ordinal and percent.unit == "%" and plain.unit == "" and 0 < share < 100
    return thirds and not share.is_integer() and abs(share - percent.value) < 1


def by_word(number: Number, claim: str, text: str, others: Sequence[Number]) -> bool:
    """Whether words carry it that are no number: "a" one, "both" two, "debut" the first.

    Args:
        number: a number of the claim.
        claim: where it stands.
        text: the cited words.
        others: the numbers in these.
    """
    after = claim[number.end :]
    if _is_rounded(number, claim, others):
        return True
    # "The two sides" is how they are called.
    if number.value == 2 and re.match(r"\s(?:sides|parties|camps)\b", after):
        return True
    if number.value == 0.5 or (number.value == 100 and number.unit == "%"):
        return _is_share(number, claim, text)
    words = (_PLACE if number.ordinal else _AMOUNT).get(int(min(number.value, 1e6)))
    whole = float(number.value).is_integer() and not number.unit
    if words is None or not whole or number.end - number.start > len("two hundredth"):
        return False
    if number.value == 1 and _in_idiom(number, claim):
        return True
    return bool(re.search(words, text, re.IGNORECASE))


def _in_idiom(number: Number, claim: str) -> bool:
    """Whether this one counts nothing: one by one, some one, first of all."""
    if number.ordinal:
        return bool(_ADVERB.search(claim))
    before = claim[: number.start].lower()
    return bool(
        any(m.start() <= number.start < m.end() for m in _IDIOM.finditer(claim))
        or re.match(r"\s(?:of|another)\b", claim[number.end :])
        or re.search(r"\b(?:no|any|every|some)[\s-]$", before)
    )


def _is_share(number: Number, claim: str, text: str) -> bool:
    """Whether most are more than half, equal parts halves, and all 100 percent."""
    if number.value == 100:
        return bool(_WHOLE.search(text))
    more = _MORE.search(claim[max(0, number.start - _BESIDE) : number.start])
    return bool(_MOST.search(text) if more else _EQUAL.search(text))


def _is_rounded(number: Number, claim: str, others: Sequence[Number]) -> bool:
    """Whether it is a number of the source rounded, and the claim says so: nearly 5,000."""
    said = _ROUND.search(claim[max(0, number.start - _BESIDE) : number.start])
    if said is None or number.ordinal or number.value < 100:
        return False
    zeros = _zeros(number.value)
    for other in others:
        # Rounding must leave fewer figures than the source has, and not be coarse.
        finer = other.value > 0 and _zeros(other.value) < zeros and other.unit == number.unit
        near = finer and abs(other.value - number.value) <= min(0.15 * other.value, zeros)
        close = near and abs(other.value - number.value) <= 0.05 * other.value
        if near and (
            (close and said["about"])
            or (close and said["below"] and other.value < number.value)
            or (said["above"] and other.value > number.value)
        ):
            return True
    return False


def _zeros(value: float) -> float:
    """The largest power of ten that divides a whole number; 1 for others."""
    power = 1.0
    while value and value % (power * 10) == 0 and power < 1e12:
        power *= 10
    return power
