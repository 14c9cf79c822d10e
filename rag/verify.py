"""Verification: nothing is shown as cited that its source does not carry.

Each citation is held against the article as it is stored at this moment: the words must
stand at the offsets, outside of furniture, and outlet and date must be the article's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from rag.claim_check import source_of
from rag.facts import missing_facts
from rag.reading import fold
from rag.types import Article, Citation, Claim
from rag.write import introduce

__all__ = ["Verified", "fault_of", "verify"]

Verified = tuple[tuple[Claim, ...], tuple[Citation, ...]]


def verify(
    claims: Sequence[Claim],
    citations: Sequence[Citation],
    article: Callable[[str], Article],
) -> Verified:
    """Keep what holds: claims all of whose citations hold, and the citations they use.

    Args:
        claims: the draft's.
        citations: the draft's.
        article: gives the stored article of an id.
    """
    sound = {c.n: c for c in citations if fault_of(c, article(c.article_id)) is None}
    kept: list[Claim] = []
    for claim in claims:
        rests_on = [sound.get(n) for n in claim.citations]
        cited = [c for c in rests_on if c is not None]
        if not cited or len(cited) < len(rests_on):
            continue
        if claim.support == "verbatim" and not all(_says(claim, c) for c in cited):
            continue
        if claim.support == "supported" and _lacks(claim, cited, article):
            continue
        kept.append(claim)
    used = {n for claim in kept for n in claim.citations}
    return tuple(kept), tuple(c for c in citations if c.n in used)


def fault_of(citation: Citation, article: Article) -> str | None:
    """What is wrong with a citation, or None."""
    if not 0 <= citation.start < citation.end <= len(article.text):
        return "its offsets lie outside the article"
    if article.text[citation.start : citation.end] != citation.quote:
        return "the words do not stand at its offsets"
    if hashlib.sha256(article.text.encode()).hexdigest() != article.content_hash:
        return "the stored article was altered"
    if any(s.start < citation.end and citation.start < s.end for s in article.skipped):
        return "it quotes furniture of the page"
    if (citation.outlet, citation.published) != (article.outlet, article.published):
        return "its outlet or date is not the article's"
    return None if _holds_answer(citation) else "its short answer lies outside the quotation"


def _holds_answer(citation: Citation) -> bool:
    first, last = citation.answer_start, citation.answer_end
    if first is None or last is None:
        return first is None and last is None
    return citation.start <= first < last <= citation.end


def _lacks(
    claim: Claim, cited: Sequence[Citation], article: Callable[[str], Article]
) -> tuple[str, ...]:
    return missing_facts(
        claim.text, [source_of(article(c.article_id), c.start, c.end) for c in cited]
    )


def _says(claim: Claim, citation: Citation) -> bool:
    """Whether a verbatim claim is the introduction of its citation and its very words."""
    lead = introduce(citation.outlet, citation.published, citation.source)
    return claim.text == f"{lead}: “{fold(citation.quote)}”"
