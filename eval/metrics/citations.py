"""Citation recall and precision as ALCE defines them (Gao et al. 2023, section 4.3).

- Recall: the share of an answer's claims that the sentences they cite support, together.
- Precision: the share of its citations that are not irrelevant. A citation is irrelevant
  where its claim is not supported; or where it does not support the claim alone and the
  claim's other citations do so without it.

Both are taken for each answer, then averaged over answers. ALCE asks a language model
whether words support a claim. Here it is decided against the gold, without a model: words
support a claim if a sentence the gold names is among them and every number, date, name and
quotation of the claim stands in them. So a true quotation that does not answer the question
counts as unsupported.

"Claims carried" needs no gold: the share of all claims of which nothing is missing from
what they cite. It falls with the first changed digit or name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.asked import Asked
from eval.metrics.metric import Metric
from eval.results import Part
from rag.facts import Source, missing_facts
from rag.reading import fold
from rag.types import Article, Citation, Claim

__all__ = ["METRICS", "citation_precision", "citation_recall", "not_carried"]


def citation_recall(asked: Asked) -> Part | None:
    """Share of the answer's claims that their citations support."""
    if asked.case.abstain or not asked.answered or not asked.answer:
        return None
    claims = asked.answer.claims
    return sum(_supported(c, _cited(c, asked), asked) for c in claims) / max(1, len(claims)), 1.0


def citation_precision(asked: Asked) -> Part | None:
    """Share of the answer's citations, claim by claim, that are not irrelevant."""
    if asked.case.abstain or not asked.answered or not asked.answer:
        return None
    relevant = total = 0
    for claim in asked.answer.claims:
        cited = _cited(claim, asked)
        total += len(claim.citations)
        if _supported(claim, cited, asked):
            relevant += sum(not _irrelevant(claim, c, cited, asked) for c in cited)
    return relevant / max(1, total), 1.0


def claims_carried(asked: Asked) -> Part | None:
    """Claims of which nothing is missing from what they cite, of all claims."""
    if not asked.answered or not asked.answer:
        return None
    claims = asked.answer.claims
    # An answer without a claim carries nothing; it must not vanish from the count.
    return float(sum(not not_carried(c, asked) for c in claims)), float(max(1, len(claims)))


def not_carried(claim: Claim, asked: Asked) -> tuple[str, ...]:
    """What of a claim its citations do not carry, in phrases for people."""
    cited = _cited(claim, asked)
    if len(cited) < len(claim.citations) or not cited:
        return ("a citation that is there",)
    if claim.support == "verbatim":
        said = [_introduced(c, asked.articles[c.article_id]) for c in cited]
        return () if fold(claim.text) in said else ("the very words of its source",)
    return missing_facts(claim.text, [_source(c, asked) for c in cited])


def _supported(claim: Claim, cited: Sequence[Citation], asked: Asked) -> bool:
    if not any(c.n in asked.gold_numbers for c in cited):
        return False
    if claim.support == "verbatim":
        return not not_carried(claim, asked)
    return not missing_facts(claim.text, [_source(c, asked) for c in cited])


def _irrelevant(claim: Claim, one: Citation, cited: Sequence[Citation], asked: Asked) -> bool:
    if len(cited) == 1 or _supported(claim, [one], asked):
        return False
    return _supported(claim, [c for c in cited if c.n != one.n], asked)


def _cited(claim: Claim, asked: Asked) -> tuple[Citation, ...]:
    by_number = {c.n: c for c in asked.citations if c.article_id in asked.articles}
    return tuple(by_number[n] for n in claim.citations if n in by_number)


def _words(citation: Citation, article: Article) -> str:
    # Cut anew from the article: what the answer says of itself is not believed.
    return fold(article.text[max(0, citation.start) : max(0, citation.end)])


def _source(citation: Citation, asked: Asked) -> Source:
    article = asked.articles[citation.article_id]
    about = " ".join(filter(None, (article.title, article.outlet, article.byline)))
    return Source(_words(citation, article), article.published, about)


def _introduced(citation: Citation, article: Article) -> str:
    """What a quotation has to read like, worked out without the writer's own code."""
    outlet = article.outlet or f"Unknown outlet ({Path(article.source).name})"
    day = article.published
    when = f"{day.day} {day:%B %Y}" if day else "undated"
    return fold(f"{outlet}, {when}: “{_words(citation, article)}”")


def quotations(asked: Asked) -> Part | None:
    """How many quotations an answer has."""
    return (float(len(asked.citations)), 1.0) if asked.answered else None


METRICS = (
    Metric("citation precision", "citations", citation_precision),
    Metric("citation recall", "citations", citation_recall),
    Metric("claims carried", "citations", claims_carried),
    Metric(
        "quotations an answer",
        "citations",
        quotations,
        gated=False,
        better="lower",
        unit="quotations",
    ),
)
