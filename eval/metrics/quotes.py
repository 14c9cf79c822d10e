"""Quote validity: whether quotations stand in their articles as cited, and are numbered so.

Held against the article as the library holds it, by code of its own: a fault in the
program's verification must not hide itself.
"""

from __future__ import annotations

import hashlib
import re

from eval.asked import Asked
from eval.metrics.metric import Metric
from eval.questions.gold_words import Span
from eval.results import Part
from rag.types import Article, Citation

__all__ = ["METRICS", "fault_of", "misnumbered"]


def quotes_verbatim(asked: Asked) -> Part | None:
    """Quotations without a fault, of all; a refusal's nearest sentences count too."""
    if asked.answer is None:
        return None
    every = (*asked.answer.citations, *asked.answer.nearest)
    sound = sum(fault_of(c, asked.articles.get(c.article_id)) is None for c in every)
    return (float(sound), float(len(every))) if every else None


def fault_of(citation: Citation, article: Article | None) -> str | None:  # noqa: PLR0911
    """What is wrong with a quotation, in words for people, or None."""
    if article is None:
        return "no such article"
    if not 0 <= citation.start < citation.end <= len(article.text):
        return "its offsets lie outside the article"
    if article.text[citation.start : citation.end] != citation.quote:
        return "other words stand at its offsets"
    if _cuts_a_word(article.text, citation.start) or _cuts_a_word(article.text, citation.end):
        return "it begins or ends within a word or before a mark that belongs to it"
    if not 0 <= citation.context_start <= citation.start:
        return "its context begins after it"
    if not citation.end <= citation.context_end <= len(article.text):
        return "its context ends before it"
    if hashlib.sha256(article.text.encode()).hexdigest() != article.content_hash:
        return "the stored article was altered"
    if any(s.start < citation.end and citation.start < s.end for s in article.skipped):
        return "it quotes furniture of the page"
    named = (citation.outlet, citation.published, citation.title, citation.source)
    if named != (article.outlet, article.published, article.title, article.source):
        return "its outlet, date, title or file is not the article's"
    return None


def _cuts_a_word(text: str, at: int) -> bool:
    """Whether two characters stand on either side that belong together: `said|.`, `wo|rd`."""
    before, after = text[at - 1 : at], text[at : at + 1]
    return before.isalnum() and bool(after) and (after.isalnum() or after in ".,;!?")


def markers_sound(asked: Asked) -> Part | None:
    """1 where the answer's markers and its citations fit together."""
    if not asked.answered:
        return None
    return (0.0 if misnumbered(asked) else 1.0), 1.0


def misnumbered(asked: Asked) -> str | None:  # noqa: PLR0911
    """What is wrong with the numbering of an answer, or None."""
    answer = asked.answer
    if answer is None or not answer.claims:
        return "there is no claim"
    if " ".join(asked.case.question.split()) != answer.question:
        return "it answers another question"
    cited = [Span(c.article_id, c.start, c.end) for c in answer.citations]
    for n, one in enumerate(cited):
        if any(one.overlap(other) > 0 for other in cited[:n]):
            return f"citation {n + 1} repeats words of another"
    numbers = [c.n for c in answer.citations]
    if numbers != list(range(1, len(numbers) + 1)):
        return f"the citations are numbered {numbers}"
    for claim in answer.claims:
        if not claim.citations:
            return f"a claim cites nothing: {claim.text[:60]!r}"
        if unknown := set(claim.citations) - set(numbers):
            return f"a claim cites {min(unknown)}, which is not there"
    if unused := set(numbers) - {n for claim in answer.claims for n in claim.citations}:
        return f"nothing rests on citation {min(unused)}"
    # Markers stand at the ends of the claims' lines; a bracketed number in a quotation does not.
    shown = [re.findall(r"\[(\d+)\]", tail) for tail in _tails(answer.text)]
    meant = [[str(n) for n in claim.citations] for claim in answer.claims]
    return None if shown == meant else "the text's markers are not those of its claims"


def _tails(text: str) -> list[str]:
    return [
        match[0] for line in text.split("\n") if (match := re.search(r"(?: ?\[\d+\])+\s*$", line))
    ]


METRICS = (
    Metric("quotes verbatim", "quotes", quotes_verbatim),
    Metric("markers sound", "quotes", markers_sound),
)
