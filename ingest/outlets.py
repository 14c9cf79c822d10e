"""Which outlet published an article, where its footers and credits say so."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.lines import Line

__all__ = ["AGENCIES", "house_name", "is_agency", "is_outlet"]

AGENCIES = (
    "AP|Associated Press|AFP|Agence France-Presse|Reuters|EPA|EFE|ANSA|dpa|UPI|PA|PA Media"
    "|Press Association|Xinhua|TASS|Anadolu|Anadolu Agency|AA|Getty|Getty Images|Flash ?90"
    "|Bloomberg|NurPhoto|Shutterstock|iStock|Alamy|WAFA|Maan|JTA|NTB|TT|APA|Kyodo|Yonhap|PTI|ANI"
    "|Zuma|SIPA"
)
"""Picture and wire agencies, as an alternation: a credit to one does not name the outlet."""

_AGENCY = re.compile(
    rf"(?:the\s+)?(?:thomson\s+)?(?:{AGENCIES})(?:\s+(?:news|news\s+agency|images))?", re.IGNORECASE
)
_OUTLET_WORD = re.compile(
    r"news|post|times|daily|weekly|herald|tribune|press|journal|gazette|guardian|telegraph|today"
    r"|media|\btv\b|radio|network|online|magazine|review|standard|observer|chronicle|\bstar\b"
    r"|\bsun\b|mirror|globe|independent|courier|\becho\b|\bmail\b|express|report|\bwire\b"
    r"|foundation|broadcast|monitor|\.com\b|\.org\b|publish|\b(?:ltd|inc|llc|corp|group)\b|^the\s",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"(?:him|her|them|us|me|it|you|our|my|his|their|all|this)\b", re.IGNORECASE)
_FOLLOW = re.compile(
    r"(?i:please\s+)?(?i:follow)\s+@?([A-Z][\w.’']*(?: [A-Z&][\w.’']*){0,5})\s+on\s+(?P<where>.*)"
)
_CREATED = re.compile(
    r"(?i:all\s+)?(?i:content|material|article)s?\s+(?:created|produced|published)\s+by\s+"
    r"((?:the\s+)?[A-Z][\w.&’' -]{2,60}?)\s*(?:,|\(|\.(?:\s|$)| is\b| and\b| are\b|$)",
)
_COPYRIGHT = re.compile(
    r"(?:©|\([cC]\)|(?i:copyright))\s*(?:©|\([cC]\))?\s*(?P<year>\d{4}(?:\s*[-–]\s*\d{2,4})?)?,?\s*"
    r"(?:by\s+)?([A-Z][\w.&’' -]{1,60}?)\s*(?:[,|;]|\.(?:\s|$)|(?i:all\s+rights)|$)"
)
_HOUSE_CREDIT = re.compile(r"\[[A-Z][\w .’'-]{1,60}/([A-Z][A-Za-z]{1,20})\]$")


def is_agency(name: str) -> bool:
    """Whether this is an agency, whose text and pictures many outlets print."""
    return bool(_AGENCY.fullmatch(name.strip()))


def is_outlet(name: str) -> bool:
    """Whether a word in it says that this is no person: "Post", "News", "Ltd"."""
    return bool(_OUTLET_WORD.search(name))


def house_name(text: str, lines: Sequence[Line]) -> str | None:
    """The outlet that a syndication footer, a follow-us line or a copyright line names.

    Never an agency, nor what may be a person: such lines name those as well.
    """
    for pattern in (_CREATED, _FOLLOW, _COPYRIGHT):
        for line in lines:
            match = pattern.match(line.plain[:300])
            if match and (name := _house(match)):
                return name
    # A staff credit on a picture names the house only if people also spoke to that house.
    for line in lines:
        credit = _HOUSE_CREDIT.search(line.raw[-90:])
        if credit and not is_agency(credit[1]) and f" told {credit[1]}" in text:
            return credit[1]
    return None


def _house(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    name = match[2 if "year" in parts else 1]
    name = re.sub(r"^the\s+(?=[A-Z])", "", name).strip(" .,'’-")
    if is_agency(name) or _NO_NAME.match(name) or len(name) < 2 or re.search(r"['’]s ", name):
        return None
    if is_outlet(name):
        return name
    single = " " not in name
    # One word may be a first name, but people have no page on Facebook to be followed,
    # and "© Haaretz" stands with a year where a photographer's does not.
    stated = "facebook" in parts.get("where", "").lower() or bool(parts.get("year"))
    return name if single and stated else None
