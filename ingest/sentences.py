"""Where sentences end: trained punkt, corrected by rules of English news prose.

`docs/sentences.md` has the comparison that led here.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nltk

from rag.errors import ModelError

__all__ = ["STOP", "punkt", "refine", "sentence_spans"]

_NEVER = (
    "Mrs?|Ms|Dr|Prof|Gen|Brig|Col|Lt|Maj|Capt|Sgt|Cpl|Adm|Cmdr|Sens?|Reps?|Gov|Rev|Hon|Messrs|"
    r"St|Mt|Ft|e\.g|i\.e|vs?|cf"
)
_BEFORE_DIGIT = "Nos?|pp?|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_UNSURE = "Inc|Corp|Co|Ltd|Bros|Jr|Sr|Esq|etc|approx|dept|govt|assn|est"
_INITIALS = r"[A-Z]|(?:[A-Za-z]\.)+[A-Za-z]"
_OPENER = (
    "(?:The|An?|Its?|He|She|They|We|I|You|His|Her|Their|Our|This|That|These|Those|There|Then|In|On|"
    "At|For|From|By|With|As|After|Before|When|While|If|But|And|Or|So|No|None|Nobody|Not|Some|Many|"
    "Most|Few|Both|Others|How|What|Why|Who|Where|Which),?"
)
_AFTER_TIME = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:[A-Z]{2,4}|Eastern|Central|Pacific)\b"
_LOWER_NAME = (
    r"[a-z]+[A-Z]|[a-z]{2}-[A-Z]|(?:(?:de|del|della|di|da|van|von|der|la|le|al|el|bin)\s+)+[A-Z]"
)
_SAID = r"(?:\S+\s+){1,4}?(?:said|says|asked|added|told|shouted|wrote|replied)\b"
STOP = re.compile("(\\.{3}|[.!?…])([\"'\u201d\u2019)\\]]*)(?=\\s+(\\S+))")
_PIECE = 10_000
"""Longest stretch that is split at once, in characters."""
_BREAK = re.compile("[\\s(\\[\"'\u201c\u2018—]")


def refine(text: str, ends: Iterable[int]) -> list[int]:
    """Corrects the ends that a splitter found by a few rules of English news prose."""
    kept = {_without_blanks(text, end) for end in ends}
    for match in STOP.finditer(text):
        verdict = _verdict(text, match)
        if verdict is not None:
            (kept.add if verdict else kept.discard)(match.end())
    return sorted(kept)


def _without_blanks(text: str, end: int) -> int:
    tail = text[max(0, end - 9) : end]
    return end - len(tail) + len(tail.rstrip())


def _verdict(text: str, match: re.Match[str]) -> bool | None:  # noqa: PLR0911
    """Tells whether a sentence ends at a stop; None leaves that to the splitter."""
    stop, close, following = match.groups()
    first, rest = following[0], text[match.start(3) : match.start(3) + 80]
    word = _BREAK.split(text[max(0, match.start() - 40) : match.start()])[-1]
    opener = re.fullmatch(_OPENER, following) is not None
    if stop == "." and not close:
        if re.fullmatch(_NEVER, word) or (re.fullmatch(_BEFORE_DIGIT, word) and first.isdigit()):
            return False
        if word in ("a.m", "p.m"):
            return first.isupper() and not re.match(_AFTER_TIME, rest)
        if re.fullmatch(_INITIALS, word) and first.isalpha():
            return opener
        if re.fullmatch(_UNSURE, word) and not first.islower():
            return opener or None
    if first.islower():
        return re.match(_LOWER_NAME, rest) is not None
    if first == "(":
        return None
    if stop in "?!" and close and re.match(_SAID, rest):
        return False
    return True if close or stop != "." or re.fullmatch("[a-z]{4,}", word) else None


@functools.cache
def punkt() -> Any:
    """The trained English punkt that llama-index-core carries.

    LlamaIndex's own splitters use an untrained one, which cuts after "U.S." and "Mr.".

    Raises:
        ModelError: the installed llama-index-core has no such model.
    """
    # Found without importing: llama_index takes more than a second to import.
    spec = importlib.util.find_spec("llama_index")
    for place in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(place) / "core" / "_static" / "nltk_cache"
        if (folder / "tokenizers" / "punkt_tab" / "english").is_dir():
            if str(folder) not in nltk.data.path:
                nltk.data.path.insert(0, str(folder))
            return nltk.tokenize.punkt.PunktTokenizer("english")
    raise ModelError(
        "The installed llama-index-core lacks nltk's punkt_tab model; install another version"
        " of it (0.14 has one)."
    )


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of a paragraph without line breaks, as half-open spans in order.

    They cover everything but white space. What goes on for 10,000 characters without an end is
    cut there.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    # nltk gives up a match that takes more than five seconds, all of a text's ends together.
    while len(text) - start > _PIECE:
        stop = text.rfind(" ", start, start + _PIECE) + 1 or start + _PIECE
        found = _spans_in(text[start:stop])
        # The piece's end may have cut the last one in two: it is taken up again.
        spans += [(start + a, start + b) for a, b in found[:-1] or found]
        start = start + found[-1][0] if len(found) > 1 else stop
    return spans + [(start + a, start + b) for a, b in _spans_in(text[start:])]


def _spans_in(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [*refine(text, (e for _, e in punkt().span_tokenize(text))), len(text)]:
        piece = text[start:end]
        if piece.strip():
            at = start + len(piece) - len(piece.lstrip())
            spans.append((at, start + len(piece.rstrip())))
        start = max(start, end)
    return spans
