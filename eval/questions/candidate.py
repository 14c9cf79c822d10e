"""What a rated answer is worth as gold: what is known by its reader's word, and what is missing."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from eval.questions.answers import Text, Words, holds
from eval.questions.cases import Kind
from rag.history import KeptTurn
from rag.reading import fold
from rag.signals import analyse
from rag.types import Answer, Citation

__all__ = ["Candidate", "candidate_of"]

_WRITE = "write `accept` and `support` from the articles, or `abstain: true`, or delete it"
_YES_NO = re.compile(
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might"
    r"|must)(?:n['’]t)?\b",
    re.IGNORECASE,
)


class Candidate(NamedTuple):
    """A question for a gold file."""

    turn: KeptTurn
    """Where it comes from."""
    question: str
    """As it stands alone."""
    kind: Kind
    as_of: date | None
    accept: tuple[str, ...]
    """The short answers that the answer itself holds."""
    support: tuple[Citation, ...]
    """What was cited, where that is right."""
    missing: str
    """What a person has to write before it is gold; empty where nothing is missing."""


def candidate_of(turn: KeptTurn) -> Candidate:
    """The candidate that a rated turn makes.

    With a thumb up, what was cited is right, or it is right that nothing was claimed; else
    only the question is taken over.
    """
    answer = turn.answer
    question = answer.standalone or answer.question
    kind = _kind(question)
    liked = turn.thumb == 1
    support = answer.citations if liked and answer.status != "not_found" else ()
    accept = _short_answers(answer) if support and kind != "yes-no" else ()
    if support:
        missing = "" if accept else "write `accept`, what a right answer holds"
        if kind == "yes-no":
            missing = 'write `answer: "yes"` or `answer: "no"`'
    elif liked:
        missing = _missing_of_refusal(answer)
    elif turn.thumb:
        missing = f"the answer is not right; {_WRITE}"
    else:
        missing = f"nobody said whether the answer is right; {_WRITE}"
    return Candidate(turn, question, kind, answer.as_of, accept, support, missing)


def _missing_of_refusal(answer: Answer) -> str:
    # A day stands in the gold too. Other filters do not, and without them the articles may say.
    if answer.as_of is None and "filters" in (answer.reason or ""):
        return f"it was asked under filters, which gold has no field for; {_WRITE}"
    return ""


def _short_answers(answer: Answer) -> tuple[str, ...]:
    said = [Words(claim.text, None) for claim in answer.claims if claim.support != "unsupported"]
    found = [
        fold(c.quote[c.answer_start - c.start : c.answer_end - c.start])
        for c in answer.citations
        if c.answer_start is not None and c.answer_end is not None
    ]
    # A model may cite a sentence for other words than those that the reader marked in it.
    told = (text for text in found if any(map(str.isalnum, text)) and holds(Text((text,)), said))
    return tuple(dict.fromkeys(told))


def _kind(question: str) -> Kind:
    kind = analyse(question).kind
    if kind != "other":
        return kind
    if _YES_NO.match(question):
        return "yes-no"
    return "how" if re.match(r"how\b", question, re.IGNORECASE) else "what"
