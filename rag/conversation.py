"""Conversations: a question that follows others, put into words that stand alone.

A conversation is a value; each answer makes a new one. Nothing an earlier answer said is
evidence for a later one: only the question is completed, and then asked of the articles like
any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rag.errors import ProviderError
from rag.llm import Model
from rag.names import find_names, unnamed
from rag.prompts import rewrite_messages
from rag.reading import fold
from rag.types import Answer

__all__ = ["Conversation", "Turn", "follows", "stand_alone"]

_KEPT = 6
"""Turns remembered: what was asked longer ago is hardly ever meant."""
_LONGEST = 400
"""Characters of a rewritten question; longer ones answer instead of asking."""
_ASKS = r"(?:who|whom|whose|when|where|why|how|what|which)"
_OPENS = re.compile(r"^(?:and|but|so|then|also|ok(?:ay)?)\b,?\s*", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:what|how)\s+about\s+(.+?)\s*\??$", re.IGNORECASE)
_PERSON = re.compile(r"\b(he|him|his|she|her|hers)\b", re.IGNORECASE)
_THING = re.compile(
    r"\b(?:it|its|they|them|their|theirs|there|these|those|then)\b"
    r"|\b(?:this|that)\b(?!\s+(?:was|is|were|are)\b.*\bby\b)",
    re.IGNORECASE,
)
_FRAME = re.compile(
    rf"^{_ASKS}(?:\s+(?:many|much|long|old|far|often|year|day|date|person|city|country))?"
    r"(?:\s+(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should))?\s+",
    re.IGNORECASE,
)
_VERB_FIRST = re.compile(
    rf"(?:{_ASKS}|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    re.IGNORECASE,
)
_FEW_WORDS = 3


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


def follows(question: str) -> bool:
    """Whether a question means something that it does not name."""
    rest = _OPENS.sub("", question)
    if rest != question or _ABOUT.match(rest):
        return True
    # A name before a pronoun is what the pronoun means.
    first = min((name.start for name in find_names(rest)), default=len(rest))
    pronoun = _PERSON.search(rest) or _THING.search(rest)
    if pronoun:
        return pronoun.start() < first
    return first == len(rest) and len(rest.split()) <= _FEW_WORDS


def stand_alone(question: str, turns: Sequence[Turn], model: Model | None, max_tokens: int) -> str:
    """The question so that it can be understood without the conversation.

    By the model, or by rule from the last turn, where there is none, where it fails, and where
    it brings in names that nobody mentioned.

    Args:
        question: as asked.
        turns: what came before it.
        model: one that rewrites, or None.
        max_tokens: most it may write for that.
    """
    if not turns or not follows(question):
        return question
    if model is not None:
        try:
            messages = rewrite_messages(question, [(t.question, t.answer) for t in turns])
            written = fold(model.complete(messages, max_tokens=max_tokens).text).strip('"“” ')
        except ProviderError:
            written = ""
        known = [question, *(f"{t.question} {t.answer}" for t in turns)]
        if written and len(written) <= _LONGEST and not unnamed(written, known):
            return written
    return _by_rule(question, turns[-1])


def _by_rule(question: str, last: Turn) -> str:
    rest = _OPENS.sub("", question)
    about = _ABOUT.match(rest) or (
        None if _VERB_FIRST.match(rest) else re.match(r"(.+?)\s*\??$", rest)
    )
    if about and len(about[1].split()) <= 2 * _FEW_WORDS:
        return _of_another(last.question, about[1])
    asked = rest[:1].upper() + rest[1:].rstrip(" ?")
    person = _person(last)
    if person and _PERSON.search(asked):

        def named(match: re.Match[str]) -> str:
            return f"{person}’s" if match[1].lower() in ("his", "hers") else person

        return f"{_PERSON.sub(named, asked, count=1)}?"
    return f"{asked} ({_matter(last)})?"


def _of_another(question: str, subject: str) -> str:
    """The same question of something else: its last name gives way."""
    plain = question.rstrip(" ?")
    preposition = re.match(r"(?:in|at|on|for|with|by|from|to|of|after|before)\s+", subject, re.I)
    bare = subject[preposition.end() :] if preposition else subject
    names = find_names(plain)
    if not names:
        return f"{plain}, {subject}?"
    name = names[-1]
    before = re.sub(r"\b[Tt]he\s+$", "", plain[: name.start])
    return f"{before}{bare}{plain[name.end :]}?"


def _matter(last: Turn) -> str:
    """What the last question was about: its words without those that ask."""
    return _FRAME.sub("", last.question.rstrip(" ?"))


def _person(last: Turn) -> str:
    """Whom "he" or "she" means: the answer to "who", else the last person that was asked about."""
    if re.match(r"\W*who\b", last.question, re.IGNORECASE):
        names = find_names(last.short)
        if names:
            return names[0].text
    names = find_names(last.question)
    return names[-1].text if names else ""


def _short(answer: Answer) -> str:
    for c in answer.citations:
        if c.answer_start is not None and c.answer_end is not None:
            return fold(c.quote[c.answer_start - c.start : c.answer_end - c.start])
    return ""
