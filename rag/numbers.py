"""Numbers in English text, however they are written: `67`, `sixty-seven`, `1.2 million`, `½`.

The numbers within dates are found too: whoever wants none leaves out what `rag.days` finds.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise

__all__ = ["Number", "find_numbers", "parse_number", "same_value"]

_UNITS = "one two three four five six seven eight nine".split()
_TEENS = (
    "zero ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NTH = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split()
)
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT = {
    "k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "tn": 1e12, "trn": 1e12,
}  # fmt: skip
_ORDINALS = {
    **{word: float(n) for n, word in enumerate(_NTH, 1)},
    **{word[:-1] + "ieth": n * 10.0 for n, word in enumerate(_TENS, 2)},
    **{word + "th": n for word, n in _SCALES.items()},
    "hundredth": 100.0,
}
_WORDS = {
    **{word: float(n) for n, word in enumerate(_UNITS, 1)},
    **{word: float(n) for n, word in enumerate(_TEENS[1:], 10)},
    **{word: n * 10.0 for n, word in enumerate(_TENS, 2)},
    **_ORDINALS,
    "zero": 0.0,
    "couple": 2.0,
}
_LARGE = {**_SCALES, **_SHORT, "hundred": 100.0, "dozen": 12.0}
_PARTS = {"quarter": 4.0, "half": 2.0, **{word: float(n) for n, word in enumerate(_NTH[2:], 3)}}
_MONEY = {
    "$": "$ usd dollar", "€": "€ eur euro", "£": "£ gbp pound", "¥": "¥ jpy yen",
    "₪": "₪ nis ils shekel", "₹": "₹ inr rupee", "₽": "₽ rub rouble ruble", "₺": "₺ try lira",
}  # fmt: skip
_SIGN_OF = {name: sign for sign, names in _MONEY.items() for name in names.split()}
_SIGNS = "".join(_MONEY)
_GAP = "\u00a0\u2009\u202f"
_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"


def _any(words: list[str] | dict[str, float]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + r")(?![^\W_])"


_J = r"(?:\s{1,3}|[-\u2011])"
_ORDINAL = _any(_ORDINALS)
_BELOW_100 = (
    rf"(?:{_any(_TENS)}(?:{_J}(?:{_any(_UNITS)}|{_any(_NTH[:9])}))?"
    rf"|{_any(_TEENS)}|{_any(_UNITS)}|{_ORDINAL})"
)
# "One hundred and two hundred" is two numbers: the tail must not be counting hundreds itself.
_GROUP = (
    rf"(?:(?:an?|{_BELOW_100}){_J}hundred(?![a-z])"
    rf"(?:{_J}(?:and{_J})?{_BELOW_100}(?!{_J}hundred(?![a-z])))?"
    rf"|(?:{_BELOW_100}{_J})?hundredth\b|{_BELOW_100})"
)
_SCALE = _any([*_SCALES, *(f"{word}th" for word in _SCALES)])
_CHAIN = (
    rf"(?:an?{_J}{_SCALE}|{_GROUP}(?:{_J}{_SCALE})?)"
    # Behind a comma only hundreds go on: "two thousand, five of them" does not.
    rf"(?:(?<=thousand|.million|.billion|trillion)"
    rf"(?:{_J}(?:and{_J})?|,\s(?=(?:[a-z]+[\s-]){{1,4}}(?:hundred|thousand|million)(?![a-z])))"
    rf"{_GROUP}(?:{_J}{_SCALE})?){{0,4}}"
)
_INTEGER = rf"(?:[0-9]{{1,3}}(?:[,'’{_GAP}][0-9]{{3}})+(?![0-9])|[0-9]+)"
_FRACTION = (
    "(?:1/(?:10|[2-9])|2/[3579]|3/(?:10|[4578])|4/[579]|5/[6-9]|6/7|7/(?:10|[89])|8/9|9/10)"
    "(?![0-9/])"
)
_DIGITS = (
    rf"(?P<sign>(?<![\w.,)\]%])[-−])?"
    rf"(?P<money>(?<![A-Za-z])(?:(?:US|AU|CA|NZ|HK|[ACS])?[{_SIGNS}]|USD|EUR|GBP|JPY|NIS|ILS)"
    rf"[ {_GAP}]?)?"
    rf"(?:(?P<fraction>(?<![0-9/]){_FRACTION})"
    # Neither "13.02.2023" nor "1.2.3" is a decimal.
    rf"|(?P<digits>(?<![0-9]\.){_INTEGER}\.[0-9]+(?!\.?[0-9])|{_INTEGER}|(?<![\w.])\.[0-9]+)"
    rf"(?P<part>[ {_GAP}]?[{_VULGAR}]|[ -]{_FRACTION})?"
    rf"|(?P<vulgar>[{_VULGAR}]))(?P<glued>[A-Za-z]+)?"
)
_PART_ENDS = r"\s*(?:$|[^\w\s-]|(?:of|more|less|as|higher|lower|fewer)\b)"
_PART = (
    rf"(?:an?{_J}(?:quarter|half)\b(?!-)|an?{_J}{_any(_NTH[2:])}(?={_PART_ENDS})"
    rf"|one{_J}(?:quarter|half|{_any(_NTH[2:])})(?![^\W_])"
    rf"|(?:{_any(_UNITS)}|{_any(_TEENS)}){_J}(?:{'|'.join(_PARTS)})s\b)"
)
_NUMBER = re.compile(
    rf"{_DIGITS}|(?<!\w)(?:"
    rf"(?P<half>(?:an?\s)?half(?:{_J}an?)?(?={_J}(?:{_any(_SCALES)}|hundred\b|dozen\b)))"
    rf"|(?P<share>{_PART})"
    rf"|(?P<year>(?:{_any(_TEENS[6:])}|twenty){_J}(?:{_any(_TENS)}(?:{_J}{_any(_UNITS)})?"
    rf"|{_any(_TEENS[1:])})(?!{_J}(?:hundred|{_SCALE})))"
    rf"|(?P<dozen>(?:an?|{_BELOW_100}){_J}dozen\b)|(?P<couple>an?\scouple\b)"
    rf"|(?P<point>{_GROUP}\spoint(?:{_J}(?:zero\b|{_any(_UNITS)}))+)"
    rf"|(?P<chain>{_CHAIN})|(?P<bare>half\b))",
    re.IGNORECASE,
)
_TAIL = re.compile(
    # "5g" is a weight, "5G" a name.
    rf"(?P<nth>(?i:st|nd|rd|th))|(?P<scale>(?i:{'|'.join(_SHORT)}))|g"
    r"|(?i:s|[ap]m|km|cm|mm|kg|mg|lbs?|ft|in|mi|hrs?|h|mins?|sec|yrs?|kph|mph|kmh|ha|t|x|nm)"
)
_AND_PART = re.compile(rf"{_J}and{_J}(?:an?|one){_J}(?P<part>half|quarter)\b", re.IGNORECASE)
_TIMES = re.compile(
    rf"{_J}(?P<scale>{_any([*_SCALES, 'hundred', 'dozen', 'mn', 'bn', 'tn'])})", re.I
)
_UNIT = re.compile(
    r"[\s-]?(?P<percent>%|pct\b|per[\s-]?cent\b|percentage[\s-]points?\b)"
    rf"|\s?(?P<symbol>[{_SIGNS}])(?!\.?[0-9])"
    r"|[\s-](?:(?:US|U\.S\.|American|Australian|Canadian|New|Israeli|British)\s){0,2}"
    r"(?P<name>dollar|euro|pound|yen|shekel|rupee|rouble|ruble|lira|USD|EUR|GBP|JPY|NIS|ILS)s?\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s?[-–—\u2011]\s?|\s(?:to|or)\s")
_BEFORE = re.compile(r"[^\W_]*[-\u2011]$|\w$")
_TOKEN = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text."""

    value: float
    """The quantity, scale applied: `1.2 million` is 1_200_000, `67%` 67, `half` 0.5."""
    unit: str
    """`%` or a currency's sign, also where it is written as a word; else empty."""
    ordinal: bool
    """Whether it gives a place in an order, as `third` and `21st` do."""
    start: int
    end: int
    """Code points in the text: the whole expression with its scale and sign."""


@functools.lru_cache(maxsize=256)
def find_numbers(text: str) -> tuple[Number, ...]:
    """All numbers of a text, in order, not overlapping.

    Digits glued to letters are part of a name (`F-16`, `G7`, `4G`) unless the letters are a
    unit or a scale (`$5m`, `5km`, `30th`). `Dozens`, `hundreds`, `several` are vague and no
    numbers. In `5-6 million` both numbers have the scale, and so with units.
    """
    found: list[tuple[Number, float]] = []
    at = 0
    while match := _NUMBER.search(text, at):
        at = match.end()
        read = _read(text, match)
        if read is None:
            continue
        number, scale = _scaled(text, *read)
        whole = _with_unit(text, number, match["money"] or "")
        # Past the unit: in "5$ 6" the sign belongs to one of the two.
        at = whole.end
        if not (found and _is_no_number(text, found[-1][0], number)):
            found.append((whole, scale))
    return _shared(text, found)


def same_value(a: Number, b: Number) -> bool:
    """Whether two numbers are equal within float rounding and their units can be one.

    An empty unit fits any; a fraction fits its percentage (`half` and `50%`). Whether they
    are ordinal is not compared.
    """
    if {a.unit, b.unit} == {"", "%"}:
        percent, plain = (a, b) if a.unit == "%" else (b, a)
        if 0 < plain.value < 1 and _close(plain.value * 100, percent.value):
            return True
    return _close(a.value, b.value) and (a.unit == b.unit or not a.unit or not b.unit)


def parse_number(text: str) -> Number | None:
    """The number that the whole text is, white space aside; None where it is not one."""
    found = find_numbers(text)
    if len(found) != 1 or text[found[0].start : found[0].end] != text.strip():
        return None
    return found[0]


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def _read(text: str, match: re.Match[str]) -> tuple[Number, float] | None:  # noqa: PLR0911
    """The number of a match with the last scale in it; None where it is part of a name."""
    start, end = match.span()
    if match["chain"] or match["dozen"]:
        end = _between(text, start, start + _count(match[0])[3])
        value, ordinal, scale, _ = _count(text[start:end])
        return Number(value, "", ordinal, start, end), scale
    if match["half"] or match["bare"]:
        return Number(0.5, "", False, start, end), 1.0
    if match["couple"]:
        return Number(2.0, "", False, start, end), 1.0
    words = _TOKEN.findall(match[0].lower())
    if match["share"]:
        part = words[-1] if words[-1] in _PARTS else words[-1].removesuffix("s")
        return Number(_WORDS.get(words[0], 1.0) / _PARTS[part], "", False, start, end), 1.0
    if match["year"]:
        value = _WORDS[words[0]] * 100 + sum(_WORDS[w] for w in words[1:])
        return Number(value, "", False, start, end), 1.0
    if match["point"]:
        at = words.index("point")
        digits = "".join(str(int(_WORDS[w])) for w in words[at + 1 :])
        whole = _count(match[0][: match[0].lower().index("point")])[0]
        return Number(whole + float(f"0.{digits}"), "", False, start, end), 1.0
    return _in_digits(text, match)


def _count(words: str) -> tuple[float, bool, float, int]:
    """Value, whether ordinal, last scale and length used of number words.

    Reading stops where a scale does not fall: "two thousand" of "two thousand five million".
    """
    total = group = 0.0
    limit, used = math.inf, 0
    for token in _TOKEN.finditer(words):
        word = token[0].lower()
        if word in ("and", "a", "an"):
            continue
        scale = _SCALES.get(word) or _SCALES.get(word.removesuffix("th"))
        if scale and scale >= limit:
            return total, False, limit, used
        if scale:
            total, group, limit, used = total + (group or 1.0) * scale, 0.0, scale, token.end()
        elif word.startswith("hundred") or word == "dozen":
            group = (group or 1.0) * _LARGE[word.removesuffix("th")]
        else:
            group += _WORDS[word]
        if word in _ORDINALS:
            return total + group, True, 1.0, token.end()
    return total + group, False, limit if limit < math.inf else 1.0, len(words)


def _in_digits(text: str, match: re.Match[str]) -> tuple[Number, float] | None:
    glued = match["glued"] or ""
    tail = _TAIL.fullmatch(glued)
    if (glued and not tail) or (not match["money"] and _in_name(text, match.start())):
        return None
    parts = (match["fraction"], match["digits"], match["part"], match["vulgar"])
    value = sum(_plain(part) for part in parts if part)
    scale = _SHORT[tail["scale"].lower()] if tail and tail["scale"] else 1.0
    end = match.end() if tail and tail.lastgroup else match.end() - len(glued)
    value = (-value if match["sign"] else value) * scale
    return Number(value, "", bool(tail and tail["nth"]), match.start(), end), scale


def _plain(digits: str) -> float:
    """The value of digits, of a fraction such as `3/4`, or of one in a single sign."""
    digits = digits.strip(f" -{_GAP}")
    if "/" in digits:
        above, below = digits.split("/")
        return int(above) / int(below)
    if digits in _VULGAR:
        return unicodedata.numeric(digits)
    # Never by int(): it refuses more than 4,300 digits.
    return float(re.sub(rf"[,'’{_GAP}]", "", digits))


def _in_name(text: str, start: int) -> bool:
    """Whether the digits from `start` on continue a name: `G7`, `F-16`, `COVID-19`."""
    before = _BEFORE.search(text[max(0, start - 30) : start])
    if before is None:
        return False
    joined = before[0][-1] in "-\u2011"
    return not joined or any(c.isupper() for c in before[0]) or before[0] == "covid-"


def _between(text: str, start: int, end: int) -> int:
    """Where words from `start` end if "between" stands before: its "and" joins two numbers."""
    if text[max(0, start - 8) : start].lower() == "between " and text[end : end + 4] != " and":
        return start + len(re.split(r"\sand\s", text[start:end])[0])
    return end


def _scaled(text: str, number: Number, scale: float) -> tuple[Number, float]:
    """With "minus" before it, and "and a half" and the scale behind: `two and a half million`."""
    if number.ordinal:
        return number, scale
    if more := _AND_PART.match(text, number.end):
        value = number.value + scale / _PARTS[more["part"].lower()]
        number = replace(number, value=value, end=more.end())
    if scale == 1.0 and (times := _TIMES.match(text, number.end)):
        scale = _LARGE[times["scale"].lower()]
        number = replace(number, value=number.value * scale, end=times.end())
    if text[max(0, number.start - 6) : number.start].lower() == "minus ":
        number = replace(number, value=-number.value, start=number.start - 6)
    return number, scale


def _with_unit(text: str, number: Number, money: str) -> Number:
    if money:
        sign = money.strip()[-1]
        return replace(number, unit=sign if sign in _SIGNS else _SIGN_OF[money.strip().lower()])
    if number.ordinal or not (unit := _UNIT.match(text, number.end)):
        return number
    sign = "%" if unit["percent"] else unit["symbol"] or _SIGN_OF[unit["name"].lower()]
    return replace(number, unit=sign, end=unit.end())


def _is_no_number(text: str, before: Number, number: Number) -> bool:
    """The seconds of "one second" and the half of "the first half"."""
    if not re.fullmatch(_J, text[before.end : number.start]):
        return False
    word = text[number.start : number.end].lower()
    return word == ("half" if before.ordinal else "second")


def _shared(text: str, found: list[tuple[Number, float]]) -> tuple[Number, ...]:
    """The numbers, those of a pair such as `5-6 million` or `10 to 12%` alike in scale and unit."""
    numbers = [number for number, _ in found]
    for n, ((_, a_scale), (b, b_scale)) in enumerate(pairwise(found)):
        a = numbers[n]
        between = text[a.end : b.start]
        lead = text[max(0, a.start - 8) : a.start].lower()
        if not _RANGE.fullmatch(between) and not (between == " and " and lead == "between "):
            continue
        if a_scale == 1.0 < b_scale and a.value < b.value / b_scale:
            a = replace(a, value=a.value * b_scale)
        numbers[n] = replace(a, unit=a.unit or b.unit)
        numbers[n + 1] = replace(b, unit=b.unit or numbers[n].unit)
    return tuple(numbers)
