from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eval.learning.evidence_weights import learn, learn_confidence, learn_sentences
from eval.learning.learning_sets import Asked, Item, gather
from eval.questions.gold_file import load_gold
from rag.errors import ModelError, SettingsError
from rag.evidence import (
    CONFIDENCE_SIGNALS,
    NOTHING_NEAR,
    SENTENCE_SIGNALS,
    SHARED_WORDING,
    _weights,
    shares_wording,
)
from rag.signals import analyse, coverage, match
from tests.conftest import ROOT, STORY

RNG = np.random.default_rng(3)


def asked(right: int, signal: int, kind: str = "text") -> Asked:
    """A made-up question whose right sentence stands out in one signal."""
    signals = RNG.random((8, len(SENTENCE_SIGNALS))).astype(np.float32)
    signals[right, signal] += 1
    truth = np.arange(8) == right
    return Asked(Item("?", kind), analyse("Who?"), [], signals, truth, "shared")


def test_the_signal_that_tells_the_right_sentence_gets_the_weight() -> None:
    sets = [[asked(int(RNG.integers(8)), signal=2) for _ in range(60)] for _ in range(2)]
    weights = learn_sentences(sets)
    assert int(np.argmax(weights)) == 2
    hits = [a.right[np.argmax(a.signals @ weights)] for s in sets for a in s]
    assert np.mean(hits) > 0.9


def test_learning_twice_gives_the_same_weights() -> None:
    sets = [[asked(n % 8, signal=1) for n in range(30)]]
    assert (learn_sentences(sets) == learn_sentences(sets)).all()


def test_confidence_learns_what_sets_answerable_questions_apart() -> None:
    rows = RNG.random((200, len(CONFIDENCE_SIGNALS))).astype(np.float32)
    kinds = ["text" if row[0] > 0.5 else "near" for row in rows]
    weights = learn_confidence([(rows, kinds)])
    sure = 1 / (1 + np.exp(-(rows @ weights[:-1] + weights[-1])))
    assert np.mean((sure > 0.5) == [k == "text" for k in kinds]) > 0.9


def test_the_shipped_weights_name_every_signal_and_nothing_else() -> None:
    table = json.loads((ROOT / "rag" / "models" / "evidence.json").read_text())
    assert set(table) == {"shared", "other"}
    for weights in table.values():
        assert set(weights["sentence"]) == set(SENTENCE_SIGNALS)
        assert set(weights["confidence"]) == {*CONFIDENCE_SIGNALS, "intercept"}


def test_a_damaged_weights_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("rag.evidence.__file__", str(tmp_path / "evidence.py"))
    _weights.cache_clear()
    try:
        with pytest.raises(ModelError, match="reinstall"):
            _weights()
    finally:
        _weights.cache_clear()


def test_a_question_without_the_articles_words_gets_the_other_weights() -> None:
    signals = np.zeros((3, len(SENTENCE_SIGNALS)), dtype=np.float32)
    words = SENTENCE_SIGNALS.index("words in the sentence")
    assert not shares_wording(signals)
    signals[1, words] = SHARED_WORDING
    assert shares_wording(signals)
    assert 0 < NOTHING_NEAR < 1


def test_rarer_words_weigh_more() -> None:
    counts = {"ferri": 9, "pier": 1}
    question = analyse("Which ferry struck the pier?", lambda stem: counts.get(stem, 0), 10)
    assert question.weights["pier"] > question.weights["ferri"]
    assert coverage(question, match(question, "The piers")) > coverage(
        question, match(question, "The ferries")
    )
    assert question.unknown == ("struck",)
    assert question.unknown_names == ()


def test_months_and_days_are_no_unknown_names() -> None:
    question = analyse("What did Quill say in December on a Monday?", lambda _: 0, 10)
    assert question.unknown_names == ("Quill",)


def test_a_gold_file_with_its_articles_can_be_learned_from(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "ferry.txt").write_text(STORY)
    gold = tmp_path / "tiny.yaml"
    rows = "".join(
        f"- {{id: q{n}, question: 'Who was at the helm of the ferry {n}?', kind: who,"
        " accept: [Brandt], support: [{article: ferry, sentence: [Brandt]}]}\n"
        f"- {{id: m{n}, question: 'What is the price of {n} kilos of rice?', kind: how-many,"
        " abstain: true, miss: far}\n"
        for n in range(12)
    )
    gold.write_text("articles: {ferry: 'ferry*'}\nquestions:\n" + rows)
    assert len(load_gold(gold).cases) == 24
    (found,) = gather([], [gold], 10, tmp_path / "work").values()
    assert all(a.right.sum() == 1 for a in found if a.item.kind == "text")
    assert not any(a.right.any() for a in found if a.item.kind == "far")
    with pytest.raises(SettingsError, match="wording to learn from"):
        learn([found])
