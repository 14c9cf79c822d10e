"""A changed number or name in an answer is caught, every time.

The cases are made from what the program says to the sample questions: one number or one
name of an answer is exchanged for another, as the quotation says it and as a model's own
sentence would.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from eval.questions.gold_file import load_gold
from eval.results import ClaimResult, Results
from eval.run import evaluate
from rag.engine import Engine
from rag.names import find_names
from rag.numbers import find_numbers
from rag.settings import Settings
from rag.types import Answer, Claim
from tests.conftest import ROOT

STRANGERS = ("Okonjo", "Lindqvist", "Varga", "Mbeki", "Tanaka", "Petrosyan", "Quispe", "Novak")
WORDS = ("four", "nineteen", "thirty-one", "eighty", "six hundred")


class Changed(NamedTuple):
    """One word of an answer exchanged."""

    before: str
    after: str
    start: int
    end: int

    def of(self, text: str) -> str:
        return text[: self.start] + self.after + text[self.end :]


def numbers_changed(text: str, rng: random.Random) -> Iterator[Changed]:
    for number in find_numbers(text):
        was = text[number.start : number.end]
        digits = re.search(r"\d(?=\D*$)", was)
        if digits:
            other = str((int(digits[0]) + rng.randint(1, 8)) % 10)
            now = was[: digits.start()] + other + was[digits.end() :]
        else:
            now = rng.choice([w for w in WORDS if w not in was.lower()])
        yield Changed(was, now, number.start, number.end)


def names_changed(text: str, rng: random.Random) -> Iterator[Changed]:
    for name in find_names(text):
        yield Changed(name.text, rng.choice(STRANGERS), name.start, name.end)


class Case(NamedTuple):
    """An answer of which one word was exchanged."""

    question: str
    change: Changed
    answer: Answer


@pytest.fixture(scope="module")
def cases(seeds_home: Path) -> list[Case]:
    """Both kinds of change, in quotations and in sentences a model might have written."""
    rng = random.Random(11)
    made: list[Case] = []
    gold = load_gold(ROOT / "eval" / "gold" / "seeds.yaml")
    # Questions that would be refused too: their quotations can be changed as well.
    with Engine(seeds_home, Settings(answer_threshold=0.0)) as engine:
        for case in gold.cases:
            answer = engine.ask(case.question)
            for at, claim in enumerate(answer.claims[:1]):
                quote = " ".join(answer.citations[at].quote.split())
                names = list(names_changed(quote, rng))
                changes = [*numbers_changed(quote, rng), *rng.sample(names, min(2, len(names)))]
                for change in changes:
                    as_quoted = replace(claim, text=claim.text.replace(quote, change.of(quote)))
                    in_own_words = Claim(change.of(quote), claim.citations, "supported")
                    made += [
                        Case(case.id, change, replace(answer, claims=(one, *answer.claims[1:])))
                        for one in (as_quoted, in_own_words)
                    ]
    return made


def evaluated(home: Path, answers: dict[str, Answer], monkeypatch: pytest.MonkeyPatch) -> Results:
    """The suite's verdict on a program that gives these answers."""
    gold = load_gold(ROOT / "eval" / "gold" / "seeds.yaml")
    asked = {c.question: c.id for c in gold.cases}
    kept = tuple(c for c in gold.cases if c.id in answers)
    monkeypatch.setattr(Engine, "ask", lambda _, question, *__: answers[asked[question]])
    return evaluate(home, replace(gold, cases=kept, thresholds={"claims carried": 1.0}), Settings())


def test_a_changed_number_or_name_is_caught_every_time(
    cases: list[Case], seeds_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(cases) >= 200
    assert len([c for c in cases if c.change.before[0].isdigit()]) >= 50
    missed: list[str] = []
    # One change a question at a time, so that each is scored by the suite itself.
    rounds: list[dict[str, Case]] = []
    for case in cases:
        free = next((r for r in rounds if case.question not in r), None)
        if free is None:
            rounds.append(free := {})
        free[case.question] = case
    for together in rounds:
        answers = {question: case.answer for question, case in together.items()}
        results = evaluated(seeds_home, answers, monkeypatch)
        monkeypatch.undo()
        assert not results.gate.passed
        for row in results.questions:
            changed: ClaimResult = row.claims[0]
            if not changed.missing or row.wrong != "citation":
                change = together[row.id].change
                missed.append(f"{row.id}: {change.before} -> {change.after}: {changed.text}")
    assert missed == []


def test_the_same_answers_unchanged_are_not_held_to_be_wrong(
    cases: list[Case], seeds_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentences themselves, as a model that copies them would write: nothing is missing."""
    answers: dict[str, Answer] = {}
    for case in cases:
        quote = " ".join(case.answer.citations[0].quote.split())
        first = Claim(quote, case.answer.claims[0].citations, "supported")
        answers[case.question] = replace(case.answer, claims=(first, *case.answer.claims[1:]))
    results = evaluated(seeds_home, answers, monkeypatch)
    assert [(q.id, q.claims[0].missing) for q in results.questions if q.claims[0].missing] == []
    assert results.gate.passed
