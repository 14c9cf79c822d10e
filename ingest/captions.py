"""Picture captions, known by the credit they carry."""

from __future__ import annotations

import re

from ingest.lines import Line
from ingest.outlets import AGENCIES

__all__ = ["agency_sign_off", "is_caption"]

_PERSON = r"[A-Z][\w.’'-]*(?: (?:al-|de |van |von )?[A-Z][\w.’'-]*){0,3}"
_CREDIT = re.compile(
    "|".join(
        (
            # [Ibrahim Husseini/TNA], [File: Erik Holm/Reuters], [Courtesy of the family]
            rf"\[(?:File:\s?)?{_PERSON}\s?/\s?[^\]\n]{{1,60}}\]$",
            r"\[[^\[\]\n]{0,80}\b(?i:getty|photos?|reuters|AFP|EPA|courtesy|credit)\b"
            r"[^\[\]\n]{0,80}\]$",
            # (Photo: EPA), (Photo by X), (photo credit: X), (AP Photo/X), (Erik Holm/Flash90)
            r"\((?i:[^()\n]{0,40}\b)?(?i:photos?|image|picture|photograph|credit)(?i: credit)?\s?"
            r"(?:[:/]| (?i:by|courtesy)\b)[^()\n]{1,120}\)\.?$",
            rf"\(\s?{_PERSON}\s?/\s?[A-Z][\w .,/-]{{1,60}}\)\.?$",
            # Photo: EPA; Photograph: Erik Holm/AFP; Photo by Erik Holm
            r"\b(?:Photos?|PHOTOS?|Image|Picture|Photograph|Photo credit|Image credit|Credit)\s?"
            rf"(?::\s?| by ){_PERSON}(?:\s?[/,|]\s?[\w .,/-]{{1,60}})?$",
            # Erik Holm/Reuters, REUTERS/Erik Holm, | Erik Holm/NTB
            rf"(?:^|[\s|(–—-]){_PERSON}\s?/\s?(?:{AGENCIES})(?:/[\w .]{{1,40}})?$",
            rf"\b(?:REUTERS|AFP|EPA|AP Photo)/{_PERSON}(?:/[\w ]{{1,40}})?$",
            rf"[|–—]\s{_PERSON}\s?/\s?[A-Z]{{2,6}}$",
            r"(?:via |[/,]\s?)Getty Images$",
            r"©\s?[\w .,/-]{2,50}$",
        )
    )
)
_LABELLED = re.compile(
    r"(?:(?i:file\s+)?(?:photo|PHOTO|Photo)s?|Image|Picture|Caption|Photograph|Pictured"
    r"|(?:Photo|Image|Picture|PHOTO)\s+(?i:credit|caption|source))\s*[:,]\s*[^\Wa-z_]"
    r"|(?i:illustrative|illustration|file)(?i:\s+(?:photo|image|picture))?\s*:\s.*\)$"
)
_BARE = re.compile(rf"[.!?”\"’']\s*(\((?:{AGENCIES})(?:[/ ][^()\n]{{0,40}})?\))$")


def is_caption(line: Line, *, prose_follows: bool) -> bool:
    """Whether the line is a caption or a credit.

    Args:
        line: the line.
        prose_follows: whether the article goes on after it. `(Reuters)` at the end of the
            last paragraph signs the report.
    """
    raw, plain = line.raw.rstrip(" *_"), line.plain
    if line.words > 60 or len(raw) > 600 or line.bullet:
        return False
    if _CREDIT.search(plain) or _CREDIT.search(raw) or _LABELLED.match(plain):
        return True
    if re.fullmatch(rf"\(?(?:{AGENCIES})(?: (?:Photo|Images|Pictures))?\)?", plain):
        return True
    return prose_follows and line.words <= 30 and bool(_BARE.search(plain))


def agency_sign_off(line: Line) -> tuple[int, int] | None:
    """Where an agency's name in brackets ends the line's last sentence."""
    match = _BARE.search(line.raw[-80:])
    return (line.end - len(match[1]), line.end) if match else None
