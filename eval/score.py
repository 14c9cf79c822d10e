"""Scores: what one answer got right, and the sums over all of them with intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eval.cases import Case, Gold
from rag.reading import fold
from rag.types import Answer, Article
from rag.verify import fault_of

__all__ = ["Rate", "Scored", "rates_of", "score"]


class Rate(NamedTuple):
    """How often something was so: `hits` of `n`."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The rate, 0 to 1; not a number where there was nothing to count."""
        return self.hits / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        if not self.n:
            return math.nan, math.nan
        z, p, n = 1.96, self.value, self.n
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Scored:
    """One question's answer, judged."""

    case: Case
    answer: Answer | None
    error: str | None
    """Why there is no answer: a fault of the program, never counted as a refusal."""
    verbatim: Rate
    """Quotations, also the nearest ones of a refusal, that stand at their offsets."""
    right_sentence: bool
    every_article: bool
    """Where `need: all`: whether each article named is cited with a right sentence."""
    right_article: bool
    first_article_right: bool
    accepted: bool


def score(case: Case, answer: Answer, gold: Gold, article: Callable[[str], Article]) -> Scored:
    """Judge one answer."""
    every = (*answer.citations, *answer.nearest)
    sound = sum(fault_of(c, article(c.article_id)) is None for c in every)
    cited = [(gold.article_of(c.source), fold(c.quote)) for c in answer.citations]
    wanted = {s.article for s in case.support}
    supported = {
        s.article
        for s in case.support
        for name, quote in cited
        if name == s.article and s.matches(quote)
    }
    words = " ".join(quote for _, quote in cited)
    return Scored(
        case=case,
        answer=answer,
        error=None,
        verbatim=Rate(sound, len(every)),
        right_sentence=bool(supported),
        every_article=supported == wanted,
        right_article=any(name in wanted for name, _ in cited),
        first_article_right=bool(cited) and cited[0][0] in wanted,
        accepted=bool(cited) and all(_holds(words, group) for group in case.accept),
    )


def rates_of(scored: Sequence[Scored]) -> dict[str, Rate]:
    """Every rate by name. Questions with an error count in none but `errors`."""
    good = [s for s in scored if s.answer is not None]
    answerable = [s for s in good if not s.case.abstain]
    misses = [s for s in good if s.case.abstain]
    paraphrased = [s for s in answerable if "paraphrase" in s.case.tags]
    answered = [s for s in answerable if s.answer and s.answer.status != "not_found"]

    def rate(rows: Iterable[Scored], so: Callable[[Scored], bool]) -> Rate:
        results = [so(s) for s in rows]
        return Rate(sum(results), len(results))

    def refused(s: Scored) -> bool:
        return s.answer is not None and s.answer.status == "not_found"

    return {
        "quotes verbatim": Rate(
            sum(s.verbatim.hits for s in good), sum(s.verbatim.n for s in good)
        ),
        "right sentence": rate(answerable, lambda s: s.right_sentence),
        "right sentence, paraphrased": rate(paraphrased, lambda s: s.right_sentence),
        "right sentence, when answered": rate(answered, lambda s: s.right_sentence),
        "right article": rate(answerable, lambda s: s.right_article),
        "right article, when answered": rate(answered, lambda s: s.right_article),
        "right article first": rate(answerable, lambda s: s.first_article_right),
        "accepted answer": rate(answerable, lambda s: s.accepted),
        "all sides cited": rate(
            [s for s in answerable if s.case.need_all], lambda s: s.every_article
        ),
        "answered when answerable": rate(answerable, lambda s: not refused(s)),
        "refused when not": rate(misses, refused),
        "refused, near misses": rate([s for s in misses if "near" in s.case.tags], refused),
        "refused, far misses": rate([s for s in misses if "far" in s.case.tags], refused),
        "errors": Rate(sum(s.error is not None for s in scored), len(scored)),
    }


def _holds(words: str, group: Sequence[str]) -> bool:
    """Whether one of the strings stands in the words as whole words, without regard to case."""
    return any(
        re.search(rf"(?<!\w){re.escape(fold(s))}(?!\w)", words, re.IGNORECASE) for s in group
    )
