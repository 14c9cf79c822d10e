"""The questions written for the evidence reader: sound, founded, and as hard as they claim."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from eval.learning.stories import folder_of
from eval.questions.cases import Case
from eval.questions.check import sentences_in_folder, unfounded
from eval.questions.gold_file import load_gold
from rag.index_words import STOP_WORDS, stems
from rag.settings import Settings
from tests.conftest import ROOT

HERE = ROOT / "eval" / "gold" / "nearmiss"
BATCHES = sorted(HERE.glob("*.yaml"))
MORE = sorted([*HERE.glob("pairs/*.yaml"), *HERE.glob("para/*.yaml")])
FILES = [*BATCHES, *MORE]
TRAINED_ON = {f"{n:02}" for n in range(1, 15)}
KINDS = {
    "reason not given",
    "number not given",
    "date not given",
    "name not given",
    "place not given",
    "outcome not given",
    "second party not given",
    "false premise",
    "fact of another date",
    "said by someone else",
}


def name(path: Path) -> str:
    return str(path.relative_to(HERE).with_suffix(""))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_question_is_sound_and_its_words_are_in_its_story(path: Path) -> None:
    gold = load_gold(path)
    problems, _ = unfounded(gold, sentences_in_folder(folder_of(path), Settings()))
    assert problems == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_near_miss_says_what_is_not_given(path: Path) -> None:
    near = [c for c in load_gold(path).cases if c.abstain]
    assert {c.notes for c in near} <= KINDS
    assert all("near" in c.tags for c in near)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_paraphrase_shares_no_content_word_with_its_sentence(path: Path) -> None:
    sharing = {c.id: shared for c in load_gold(path).cases if (shared := _shared(c))}
    assert sharing == {}


def _shared(case: Case) -> set[str]:
    if "paraphrase" not in case.tags:
        return set()
    asked = {s for s in stems(case.question) if s not in STOP_WORDS and len(s) > 3}
    said = {s for support in case.support for s in stems(support.quote or "")}
    return asked & said


@pytest.mark.parametrize("path", BATCHES, ids=name)
def test_a_batch_asks_nine_questions_of_each_of_its_stories(path: Path) -> None:
    gold = load_gold(path)
    assert len(list(folder_of(path).iterdir())) == len(gold.articles) == 22
    kinds = Counter(c.id.rsplit("-", 1)[1] for c in gold.cases)
    assert kinds == {"text": 66, "para": 66, "near": 66}
    assert {n for _, n in Counter(c.id.split("-")[1] for c in gold.cases).items()} == {9}


@pytest.mark.parametrize("path", MORE, ids=name)
def test_what_is_only_trained_on_asks_nothing_of_the_other_stories(path: Path) -> None:
    own = folder_of(path).parent.name == "pairs"
    cases = load_gold(path).cases
    asked = {s.article for c in cases for s in c.support} | {c.id.split("-")[1] for c in cases}
    assert own or asked <= TRAINED_ON


@pytest.mark.parametrize("path", sorted(HERE.glob("pairs/*.yaml")), ids=name)
def test_of_a_pair_one_is_answered_and_one_is_not(path: Path) -> None:
    cases = [c for c in load_gold(path).cases if c.id.endswith(("-yes", "-no"))]
    answered = {c.id.removesuffix("-yes") for c in cases if c.id.endswith("-yes")}
    unanswered = {c.id.removesuffix("-no") for c in cases if c.id.endswith("-no")}
    assert answered == unanswered
    assert all(c.abstain == c.id.endswith("-no") for c in cases)


def test_no_question_is_asked_twice() -> None:
    cases = [case for path in FILES for case in load_gold(path).cases]
    assert len({c.id for c in cases}) == len(cases)
    asked = Counter((c.id.split("-")[0][-3:], c.id.split("-")[1], c.question) for c in cases)
    assert [question for question, n in asked.items() if n > 1] == []
