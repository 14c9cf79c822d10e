"""Why a question gets no answer, in one line for people."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.decision import NOTHING_NEAR
from rag.reading import context_line
from rag.signals import Question, names_of
from rag.types import Article, Evidence

__all__ = ["reason_of"]

_HOW = re.compile(r"\bhow\s+[a-z]+", re.IGNORECASE)
_NAMES_SHOWN = 2


def reason_of(
    question: Question,
    evidence: Sequence[Evidence],
    nearest: float,
    *,
    filtered: bool,
) -> str:
    """What is not there: the articles, the name, the matter, or only what is asked of it.

    Args:
        question: the question.
        evidence: the best sentences first; empty where no passage was found.
        nearest: the best sentence's cosine with the question.
        filtered: whether filters kept articles out.
    """
    if filtered and not evidence:
        return "No article passes the date and outlet filters."
    where = "The articles that pass the filters" if filtered else "The articles"
    unknown = [repr(w) for w in question.unknown_names[:3]]
    if unknown:
        return f"{where} do not say; none of them mentions {' or '.join(unknown)}."
    if not evidence or nearest < NOTHING_NEAR:
        return f"{where} do not say; nothing in them comes near the question."
    mentioned = _mentioned(question.text, evidence[0].article)
    report = f"{where} mention {mentioned}, but do" if mentioned else f"{where} do"
    return f"{report} not say {_asked(question)}."


def _asked(question: Question) -> str:
    match question.kind:
        case "how-many":
            found = _HOW.search(question.text)
            return found[0].casefold() if found else "how many"
        case "other":
            return "this"
    return question.kind


def _mentioned(text: str, article: Article) -> str:
    """The question's names that the article has, words that stand together as one name."""
    there = f"{article.text} {context_line(article)}"
    phrases: list[str] = []
    at = -1
    for word in names_of(text):
        start = text.index(word, at + 1)
        plain = re.sub(r"['’]s$", "", word)
        if plain in there:
            joined = f"{phrases[-1]} {plain}" if phrases and start == at + 1 else plain
            if joined != plain and joined in there:
                phrases[-1] = joined
            elif plain not in phrases:
                phrases.append(plain)
        at = start + len(word)
    return " and ".join(phrases[:_NAMES_SHOWN])
