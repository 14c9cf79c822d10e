"""Putting a follow-up into words that stand alone: by a model, or by rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.conversation import Turn
from rag.draft import without_thoughts
from rag.errors import ProviderError
from rag.follow_up import by_rule, follows, is_asked
from rag.llm_request import Message
from rag.names import unnamed
from rag.prompts import rewrite_messages
from rag.reading import fold

__all__ = ["stand_alone"]

_LONGEST = 400
"""Characters of a rewritten question; longer ones answer instead of asking."""


def stand_alone(
    question: str, turns: Sequence[Turn], reply: Callable[[Sequence[Message]], str] | None
) -> str:
    """The question so that it can be understood without the conversation.

    By a model, or by rule from the last turn, where there is none, where it fails, where it
    asks nothing, and where it brings in names or figures that nobody mentioned.

    Args:
        question: as asked.
        turns: what came before it.
        reply: gives a model's reply to messages; None where there is no model.
    """
    if not turns or not follows(question):
        return question
    if reply is not None:
        try:
            messages = rewrite_messages(
                question, [(t.question, t.answer[:_LONGEST]) for t in turns]
            )
            text = reply(messages)
        except ProviderError:
            text = ""
        written = fold(without_thoughts(text)).strip('"“” ')
        if _is_rewording(written, [question, *(f"{t.question} {t.answer}" for t in turns)]):
            return written
    return by_rule(question, turns[-1])


def _is_rewording(written: str, known: Sequence[str]) -> bool:
    """Whether it is a question about nothing but what is known."""
    if not (0 < len(written) <= _LONGEST):
        return False
    if not is_asked(written):
        return False
    figures = set(re.findall(r"[0-9]+", " ".join(known)))
    return not unnamed(written, known) and set(re.findall(r"[0-9]+", written)) <= figures
