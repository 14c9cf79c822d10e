"""What a history keeps, as values, and how its texts are cut and folded."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rag.answer_json import answer_of
from rag.errors import LibraryError
from rag.types import Answer

__all__ = [
    "Kept",
    "KeptTurn",
    "conversation_of",
    "folded",
    "short_title",
    "time_text",
    "turn_of",
    "words_of",
]

_TITLE = 80


class Kept(NamedTuple):
    """A conversation, as a list of them shows it."""

    id: str
    title: str
    turns: int
    """How many it has."""
    started: datetime
    changed: datetime
    """When it last gained or lost a turn; both in UTC."""


class KeptTurn(NamedTuple):
    """A question with its answer, and what the reader thought of it."""

    id: str
    conversation: str
    n: int
    """Its position in the conversation, from 0."""
    answer: Answer
    """As it was given, but for `hits`, which are not kept."""
    asked_at: datetime
    """In UTC."""
    thumb: int
    """1 up, -1 down, 0 none."""
    comment: str


def conversation_of(row: tuple[Any, ...]) -> Kept:
    """The conversation of a row with `Kept`'s fields.

    Raises:
        LibraryError: the row can't be read.
    """
    conversation_id, title, turns, started, changed = row
    try:
        return Kept(conversation_id, title, turns, _time(started), _time(changed))
    except (ValueError, TypeError) as exc:
        raise LibraryError(
            f"The conversation {conversation_id} can't be read back ({_first_line(exc)}); delete"
            " it. The others are as they were."
        ) from exc


def turn_of(row: tuple[Any, ...]) -> KeptTurn:
    """The turn of a row with `KeptTurn`'s fields, the answer as JSON.

    Raises:
        LibraryError: the row can't be read.
    """
    turn_id, conversation, n, answer, asked_at, thumb, comment = row
    try:
        read, asked = answer_of(answer), _time(asked_at)
    except (ValueError, TypeError) as exc:
        raise LibraryError(
            f"The answer {turn_id}, number {n + 1} of the conversation {conversation}, can't be"
            f" read back ({_first_line(exc)}); delete that conversation. The others are as they"
            " were."
        ) from exc
    return KeptTurn(turn_id, conversation, n, read, asked, thumb, comment)


def time_text(time: datetime) -> str:
    """A time in UTC as it is kept: all of one length, so that texts sort as times do."""
    return time.isoformat(timespec="microseconds")


def short_title(title: str) -> str:
    """A title of at most 80 characters, cut at a word, white space folded."""
    title = " ".join(title.split())
    if len(title) <= _TITLE:
        return title or "Untitled"
    # One long word has to be cut within.
    return (title[:_TITLE].rpartition(" ")[0] or title[: _TITLE - 1]) + "…"


def folded(text: str) -> str:
    """A text as it is searched: without case, and accents written one way."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Half a surrogate pair, as a model may write it, has no UTF-8.
    return re.sub("[\ud800-\udfff]", "\ufffd", plain)


def words_of(answer: Answer) -> str:
    """What of an answer is searched: the question, what was said, and the quotations."""
    quotes = (citation.quote for citation in (*answer.citations, *answer.nearest))
    return "\n".join((answer.question, answer.standalone or "", answer.text, *quotes))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _first_line(exc: Exception) -> str:
    # pydantic's message goes over several lines.
    return " ".join(" ".join(str(exc).splitlines()[:3]).split())
