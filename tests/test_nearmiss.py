"""The questions written for the evidence reader: sound, founded, and as hard as they claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.questions.cases import Case
from eval.questions.check import sentences_in_folder, unfounded
from eval.questions.gold_file import load_gold
from rag.index_words import STOP_WORDS, stems
from rag.settings import Settings
from tests.conftest import ROOT

FILES = sorted((ROOT / "eval" / "gold" / "nearmiss").glob("*.yaml"))
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


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_question_is_sound_and_its_words_are_in_its_story(path: Path) -> None:
    gold = load_gold(path)
    problems, _ = unfounded(gold, sentences_in_folder(path.with_suffix(""), Settings()))
    assert problems == []
    assert len(list(path.with_suffix("").iterdir())) == len(gold.articles)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_near_miss_says_what_is_not_given(path: Path) -> None:
    near = [c for c in load_gold(path).cases if c.abstain]
    assert {c.notes for c in near} <= KINDS
    assert all("near" in c.tags for c in near)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_paraphrase_shares_no_content_word_with_its_sentence(path: Path) -> None:
    sharing = {c.id: shared for c in load_gold(path).cases if (shared := _shared(c))}
    assert sharing == {}


def _shared(case: Case) -> set[str]:
    if "paraphrase" not in case.tags:
        return set()
    asked = {s for s in stems(case.question) if s not in STOP_WORDS and len(s) > 3}
    said = {s for support in case.support for s in stems(support.quote or "")}
    return asked & said


def test_no_question_is_asked_twice() -> None:
    cases = [case for path in FILES for case in load_gold(path).cases]
    assert len({c.id for c in cases}) == len({c.question for c in cases}) == len(cases)
