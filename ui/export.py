"""Answers taken away: as Markdown, as a page to keep or print, as JSON, or a claim as text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from unicodedata import normalize

from rag.errors import NotFound
from rag.types import NOT_CARRIED, Answer
from ui.export_markdown import as_markdown
from ui.export_page import as_page
from ui.export_transcript import Quoted, transcript_of
from ui.export_words import isolated
from ui.render import answer_json

__all__ = ["as_json", "as_markdown", "as_page", "claim_text", "file_name"]

_UNSAFE_TO_SHOW = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SPELT_OUT = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l"}
    | {"Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "Þ": "Th", "ı": "i", "’": "", "'": ""}
)
_RESERVED = re.compile(r"con|conin|conout|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
_LONGEST_NAME = 60


def as_json(answers: Sequence[Answer], title: str) -> str:
    """The answers as one JSON object, each in the form of `ask --json`, with its own numbers.

    Texts are those of the articles to the letter; what would reorder the words beside it is
    written as an escape.
    """
    told = json.dumps(
        {
            "title": title,
            "exported_with": "citewire",
            "version": _version(),
            "answers": [answer_json(answer) for answer in answers],
        },
        ensure_ascii=False,
        indent=2,
        default=_plain,
    )
    return _UNSAFE_TO_SHOW.sub(lambda found: f"\\u{ord(found[0]):04x}", told) + "\n"


def claim_text(answer: Answer, n: int) -> str:
    """A claim as plain text, then each sentence it rests on and where that stands.

    Args:
        answer: whose claim.
        n: which one; 0 is the first.

    Raises:
        NotFound: there is no such claim.
    """
    if not 0 <= n < len(answer.claims):
        count = len(answer.claims)
        raise NotFound(f"The answer has no claim {n}; it has {count}, counted from 0.")
    transcript = transcript_of([answer], answer.question)
    said = transcript.answers[0].said[n]
    if said.quoted:
        return _cited(said.quoted)
    quoted = {one.n: one for _, sentences in transcript.sources for one in sentences}
    carried = "" if said.numbers else f" ({NOT_CARRIED})"
    return "\n\n".join(
        (f"{isolated(said.text)}{carried}", *(_cited(quoted[number]) for number in said.numbers))
    )


def file_name(title: str, suffix: str) -> str:
    """A short name for a download, of plain letters and digits, that any system can store.

    Args:
        title: what it is about; in no Latin letters, the name is `answers`.
        suffix: such as `md`, with or without its dot.
    """
    stem = _plain_letters(title)
    if len(stem) > _LONGEST_NAME:
        # Cut between words, unless the first is longer than all there may be.
        stem = stem[: _LONGEST_NAME + 1].rpartition("-")[0] or stem[:_LONGEST_NAME]
    if _RESERVED.fullmatch(stem):
        stem = f"answers-{stem}"
    ending = re.sub(r"[^A-Za-z0-9]+", "", suffix)[:8]
    return ".".join(part for part in (stem or "answers", ending) if part)


def _plain_letters(title: str) -> str:
    latin = normalize("NFKD", title.translate(_SPELT_OUT)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", latin).strip("-")


def _cited(one: Quoted) -> str:
    article = one.article
    lead = f"{isolated(article.outlet)}, {article.day}: “{isolated(one.quotation.words)}”"
    place = (isolated(article.title or ""), f"({isolated(article.file)})" if article.file else "")
    return "\n".join(line for line in (lead, " ".join(filter(None, place))) if line)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON form for {value!r}")


def _version() -> str:
    try:
        return version("citewire")
    except PackageNotFoundError:
        return "not installed"
