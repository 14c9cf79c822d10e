"""Conversations: what was asked before a question, and answered.

A conversation is a value; each answer makes a new one. Nothing an earlier answer said is
evidence for a later one: only the question is completed, and then asked of the articles like
any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rag.reading import fold
from rag.types import Answer

__all__ = ["Conversation", "Turn"]

_KEPT = 6
"""Turns remembered: what was asked longer ago is hardly ever meant."""


class Turn(NamedTuple):
    """A question with its answer."""

    question: str
    """As it stood alone."""
    answer: str
    """Without markers; empty where it was refused."""
    short: str
    """The words in a quotation that answer; empty where they could not be told."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was asked and answered so far, the last turn last."""

    turns: tuple[Turn, ...] = ()

    def after(self, answer: Answer) -> Conversation:
        """The conversation with one more turn."""
        said = " ".join(claim.text for claim in answer.claims)
        turn = Turn(answer.standalone or answer.question, said, _short(answer))
        return Conversation((*self.turns, turn)[-_KEPT:])


def _short(answer: Answer) -> str:
    for c in answer.citations:
        if c.answer_start is not None and c.answer_end is not None:
            return fold(c.quote[c.answer_start - c.start : c.answer_end - c.start])
    return ""
