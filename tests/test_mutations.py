"""The gate is worth something only if it closes on a broken program.

Each fault breaks one part on purpose, for the time of one run over the sample gold, and the
run is held to thresholds and to the baseline that the repository keeps.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import rag.answering
import rag.engine
import rag.finder
from eval.gate import with_verdict
from eval.questions.cases import Gold
from eval.questions.gold_file import load_gold
from eval.results import Results
from eval.results_file import read_results
from eval.run import evaluate
from rag.evidence import Found, find_evidence
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.types import Answer, Citation, Claim, Evidence, Hit
from rag.write import cite, quote_claims
from tests.conftest import ROOT

BASELINE = ROOT / "eval" / "baselines" / "seeds.json"
NEXT_DIGIT = str.maketrans("0123456789", "1234567890")
Patch = tuple[str, Callable[..., Any]]


def hits_changed(change: Callable[[list[Hit]], Sequence[Hit]]) -> Patch:
    def broken(*args: Any, **options: Any) -> tuple[Hit, ...]:
        return tuple(change(list(retrieve(*args, **options))))

    return "retrieve", broken


def asked_the_same_always() -> Patch:
    def broken(question: str, *args: Any, **options: Any) -> tuple[Hit, ...]:
        return retrieve("news", *args, **{**options, "dense_weight": 0.0})

    return "retrieve", broken


def asked_of_the_wrong_vector() -> Patch:
    def broken(question: str, vector: Any, *args: Any, **options: Any) -> tuple[Hit, ...]:
        return retrieve(question, -vector, *args, **options)

    return "retrieve", broken


def evidence_changed(change: Callable[[Found], Found]) -> Patch:
    def broken(*args: Any) -> Found:
        return change(find_evidence(*args))

    return "find_evidence", broken


def shuffled(found: Found) -> Found:
    rows = list(found.evidence)
    random.Random(1).shuffle(rows)
    return found._replace(evidence=tuple(rows))


def citations_changed(change: Callable[[Citation], Citation]) -> Patch:
    def broken(*args: Any) -> tuple[Citation, ...]:
        return tuple(map(change, cite(*args)))

    return "cite", broken


def claims_changed(change: Callable[[Claim], Claim]) -> Patch:
    def broken(citations: Sequence[Citation]) -> tuple[Claim, ...]:
        return tuple(map(change, quote_claims(citations)))

    return "quote_claims", broken


def answer_changed(change: Callable[[Answer], Answer]) -> Patch:
    """Past verification: what a program would say that has lost its check as well."""
    asking = rag.engine.Engine.ask

    def broken(self: rag.engine.Engine, *args: Any) -> Answer:
        answer = asking(self, *args)
        return change(answer) if answer.claims else answer

    return "Engine.ask", broken


def said(change: Callable[[str], str]) -> Patch:
    return answer_changed(
        lambda a: replace(a, claims=tuple(replace(c, text=change(c.text)) for c in a.claims))
    )


def moved(answer: Answer, by: Callable[[Citation], Citation]) -> Answer:
    return replace(answer, citations=tuple(map(by, answer.citations)))


def shifted(citation: Citation) -> Citation:
    return replace(citation, start=citation.start + 3, end=citation.end + 3)


def renumbered(answer: Answer, number: Callable[[int], int]) -> Answer:
    claims = tuple(replace(c, citations=tuple(map(number, c.citations))) for c in answer.claims)
    return replace(answer, claims=claims)


def resized(found: Found, start: int, end: int) -> Found:
    """Sentences cut otherwise, as a fault of the splitter would, the same everywhere."""

    def cut(item: Evidence) -> Evidence:
        low = max(0, item.sentence.start + start)
        high = min(len(item.article.text), item.sentence.end + end)
        return replace(
            item,
            sentence=replace(item.sentence, start=low, end=high),
            context_start=min(low, item.context_start),
            context_end=max(high, item.context_end),
        )

    return found._replace(evidence=tuple(map(cut, found.evidence)))


def repeated(answer: Answer) -> Answer:
    first, more = answer.citations[0], len(answer.citations) + 1
    return replace(
        answer,
        citations=(*answer.citations, replace(first, n=more)),
        claims=(*answer.claims, replace(answer.claims[0], citations=(more,))),
    )


def sure(confidence: Callable[[float], float]) -> Patch:
    return evidence_changed(lambda f: f._replace(confidence=confidence(f.confidence)))


def no_check(claims: Sequence[Claim], citations: Sequence[Citation], _: object) -> Any:
    return tuple(claims), tuple(citations)


FAULTS: dict[str, tuple[Patch, ...]] = {
    "retrieval: the worst first": (hits_changed(lambda h: h[::-1][:3]),),
    "retrieval: the best are lost": (hits_changed(lambda h: h[4:]),),
    "retrieval: one passage only": (hits_changed(lambda h: h[:1]),),
    "retrieval: the vector points away": (asked_of_the_wrong_vector(),),
    "retrieval: every question is the same": (asked_the_same_always(),),
    "evidence: the worst first": (
        evidence_changed(lambda f: f._replace(evidence=f.evidence[::-1])),
    ),
    "evidence: by chance": (evidence_changed(shuffled),),
    "evidence: the best is lost": (
        evidence_changed(lambda f: f._replace(evidence=f.evidence[1:])),
    ),
    "evidence: the order of retrieval": (
        evidence_changed(
            lambda f: f._replace(evidence=tuple(sorted(f.evidence, key=lambda e: e.sentence.id)))
        ),
    ),
    "numbering: one too many": (answer_changed(lambda a: renumbered(a, lambda n: n + 1)),),
    "numbering: all say one": (answer_changed(lambda a: renumbered(a, lambda _: 1)),),
    "numbering: backwards": (
        answer_changed(lambda a: renumbered(a, lambda n: len(a.citations) + 1 - n)),
    ),
    "numbering: citations from zero": (citations_changed(lambda c: replace(c, n=c.n - 1)),),
    "offsets: one late": (citations_changed(lambda c: replace(c, start=c.start + 1)),),
    "offsets: one short": (citations_changed(lambda c: replace(c, end=c.end - 1)),),
    "offsets: unchecked and shifted": (answer_changed(lambda a: moved(a, shifted)),),
    "offsets: unchecked and one short": (
        citations_changed(lambda c: replace(c, end=c.end - 1)),
        ("verify", no_check),
    ),
    "offsets: white space tidied in the quotation": (
        citations_changed(lambda c: replace(c, quote=" ".join(c.quote.split()) + " ")),
        ("verify", no_check),
    ),
    "offsets: every sentence one short": (evidence_changed(lambda f: resized(f, 0, -1)),),
    "offsets: every sentence one late": (evidence_changed(lambda f: resized(f, 1, 0)),),
    "offsets: every sentence swallows its neighbours": (
        evidence_changed(lambda f: resized(f, -500, 500)),
        ("verify", no_check),
    ),
    "abstention: never": (sure(lambda _: 1.0),),
    "abstention: always": (sure(lambda _: 0.0),),
    "abstention: turned round": (sure(lambda c: 1 - c),),
    "abstention: much too careful": (sure(lambda c: c / 6),),
    "answer: a digit changed": (said(lambda t: t.translate(NEXT_DIGIT)),),
    "answer: in lower case": (said(str.lower),),
    "answer: a name changed": (said(lambda t: t.replace("Israel", "Jordan")),),
    "answer: the outlet dropped": (said(lambda t: t.split(": ", 1)[-1]),),
    "answer: a number changed in a few": (
        said(lambda t: t.replace("ixty-seven", "ixty-eight")),
    ),
    "answer: said twice": (answer_changed(repeated),),
    "answer: dated a year late": (
        citations_changed(
            lambda c: replace(c, published=c.published and c.published.replace(year=2030))
        ),
        ("verify", no_check),
    ),
    "answer: cut short": (claims_changed(lambda c: replace(c, text=c.text[:-20])),),
}  # fmt: skip


@pytest.fixture(scope="module")
def gold() -> Gold:
    return load_gold(ROOT / "eval" / "gold" / "seeds.yaml")


@pytest.fixture(scope="module")
def baseline() -> Results:
    return read_results(BASELINE)


def test_the_gate_passes_on_the_unbroken_program(
    gold: Gold, baseline: Results, seeds_home: Path
) -> None:
    gate = with_verdict(evaluate(seeds_home, gold, Settings()), baseline, max_drop=0.02).gate
    assert gate.reasons == ()


@pytest.mark.parametrize("name", FAULTS)
def test_the_gate_closes_on_every_fault(
    name: str,
    gold: Gold,
    baseline: Results,
    seeds_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for target, broken in FAULTS[name]:
        rooms = (rag.finder, rag.answering, rag.engine)
        room = next(r for r in rooms if hasattr(r, target.split(".")[0]))
        monkeypatch.setattr(f"{room.__name__}.{target}", broken)
    results = with_verdict(evaluate(seeds_home, gold, Settings()), baseline, max_drop=0.02)
    # A fault that only made the program stumble would close the gate for another reason.
    assert (results.errors, results.unscored) == (0, 0)
    assert not results.gate.passed
    assert all(" is " in r or " fell " in r or "no value" in r for r in results.gate.reasons)


def test_there_are_six_kinds_of_fault_and_three_of_each() -> None:
    kinds = [name.split(":")[0] for name in FAULTS]
    assert len(set(kinds)) == 6
    assert min(kinds.count(kind) for kind in kinds) >= 3
