"""Answer correctness: whether the answer holds what the gold accepts.

Looked for in what the answer says: the quoted words where it only quotes, its own
sentences where a model wrote it. A refusal of an answerable question is wrong.
"""

from __future__ import annotations

import re

from eval.asked import Asked
from eval.metrics.metric import Metric, share
from eval.questions.answers import Words, all_held
from eval.results import Part
from rag.reading import fold

__all__ = ["METRICS", "answer_correct", "words_of"]


def answer_correct(asked: Asked) -> Part | None:
    """1 where every group of accepted answers is held."""
    case = asked.case
    if case.abstain or not (case.accept or case.yes_no):
        return None
    if case.yes_no:
        if asked.answer is None or asked.answer.writer == "quotes":
            # A quotation says neither; whether it is the right one is another metric's.
            return None
        return share(_yes_or_no(asked) == case.yes_no)
    return share(bool(asked.answered) and all_held(case.accept, words_of(asked)))


def words_of(asked: Asked) -> tuple[Words, ...]:
    """What the answer says, claim by claim, without the introductions of quotations."""
    if asked.answer is None:
        return ()
    cited = {c.n: c for c in asked.citations}
    words: list[Words] = []
    for claim in asked.answer.claims:
        own = [cited[n] for n in claim.citations if n in cited]
        published = next((c.published for c in own if c.published), None)
        if claim.support == "verbatim":
            words += [Words(fold(c.quote), c.published) for c in own]
        else:
            words.append(Words(claim.text, published))
    return tuple(words)


def _yes_or_no(asked: Asked) -> str | None:
    if not asked.answer or not asked.answer.claims or asked.answer.claims[0].support == "verbatim":
        return None
    first = re.match(r"\W*(yes|no)\b", asked.answer.claims[0].text, re.IGNORECASE)
    return first[1].lower() if first else "neither"


METRICS = (Metric("answer correct", "answer", answer_correct),)
