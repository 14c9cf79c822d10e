"""The chat's messages: questions as plain words, answers as HTML, and which turn each is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rag.history import KeptTurn
from ui.chat.answer_html import NOTHING, Changes, answer_html
from ui.chat.words import Words

__all__ = ["answered", "asked", "of_turns", "question_of", "text_of", "thumbs_of", "turn_of"]

_SIGN = re.compile(r"[\\`*_\[\]{}<>#|~$&!:@]|^[-+=]|(?<=www)\.", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\d+)(?=[.)])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_TURN = re.compile(r'id="turn-([0-9a-z]+)"')


def asked(question: str) -> dict[str, Any]:
    """A question as a message.

    The chat takes messages for Markdown; a person's words are to stand as they were typed.
    """
    # A line that begins with blanks may be taken for code; they mean nothing in a question.
    lines = (line.strip() for line in question.splitlines())
    return {"role": "user", "content": "\n".join(map(_literal, lines))}


def answered(html: str) -> dict[str, Any]:
    """An answer as a message. A blank line would end the HTML in it."""
    return {"role": "assistant", "content": " ".join(html.splitlines())}


def of_turns(
    turns: Sequence[KeptTurn], words: Words, changed: Changes = NOTHING
) -> list[dict[str, Any]]:
    """A conversation as it was; of citations whose articles have changed since, that is told."""
    rows: list[dict[str, Any]] = []
    for turn in turns:
        html = answer_html(turn.answer, turn.id, words, changed)
        rows += [asked(turn.answer.question), answered(html)]
    return rows


def text_of(message: dict[str, Any]) -> str:
    """A message's text, in whichever form the chat gives it."""
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content if isinstance(part, dict))


def _literal(line: str) -> str:
    return _NUMBERED.sub(r"\1\\", _SIGN.sub(r"\\\g<0>", line))


def question_of(message: str) -> str:
    """The question as it was typed, from the text of its message."""
    return _ESCAPED.sub(r"\1", message)


def turn_of(message: dict[str, Any]) -> str | None:
    """The id of the turn that an answer is kept as; None for what is not kept."""
    if message["role"] != "assistant":
        return None
    found = _TURN.search(text_of(message))
    return found[1] if found else None


def thumbs_of(turns: Sequence[KeptTurn]) -> list[str | None]:
    """How each answer was rated, as the chat shows it."""
    return [{1: "Like", -1: "Dislike"}.get(turn.thumb) for turn in turns]
