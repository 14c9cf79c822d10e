from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from eval.learning.evidence_weights import learn, learn_confidence, learn_sentences
from eval.learning.learning_sets import Asked, Item, gather
from eval.learning.reader_table import calibration_error, ranks_of, sentence_bm25
from eval.learning.stories import stories_of
from eval.questions.gold_file import load_gold
from rag.candidates import NEAR_SIGNALS, Candidate, shares_wording
from rag.decision import CONFIDENCE_SIGNALS, confidence, confidence_signals
from rag.errors import ModelError
from rag.evidence import SENTENCE_SIGNALS, UNREAD, read_best, signals_of
from rag.evidence_weights import load_weights
from rag.reader import Read, Reader, Window
from rag.refusal import reason_of
from rag.signals import analyse, coverage, match
from rag.types import Article, Evidence, Sentence
from tests.conftest import STORY

RNG = np.random.default_rng(3)
ARTICLE = Article(
    id="a1b2c3d4e5f",
    source="/news/ferry.txt",
    text="The ferry  *Alma* sank on Tuesday. Jonas Brandt was at the helm. It rained. Nobody died.",
    content_hash="0" * 64,
    title="Ferry sinks",
    outlet="The Harbour Post",
    published=None,
    byline=None,
    url=None,
    skipped=(),
)


def candidate(n: int, text: str, start: int, end: int) -> Candidate:
    """The n-th sentence of the article; its signals are all n / 10."""
    return Candidate(
        Sentence(f"{ARTICLE.id}.9f86d081.{n}", start, end),
        ARTICLE,
        text,
        (max(0, start - 30), end + 30),
        np.full(len(NEAR_SIGNALS), n / 10, dtype=np.float32),
    )


CANDIDATES = [
    candidate(0, "The ferry Alma sank on Tuesday.", 0, 34),
    candidate(1, "Jonas Brandt was at the helm.", 35, 64),
    candidate(2, "It rained.", 65, 75),
    candidate(3, "Nobody died.", 76, 88),
]


class Scripted(Reader):
    """A reader that says what it is told, and remembers what it was given."""

    def __init__(self, margins: dict[str, float]) -> None:
        self.margins = margins
        self.windows: list[Window] = []

    def read(self, question: str, windows: Sequence[Window]) -> list[tuple[Read, ...]]:
        self.windows += windows
        return [tuple(Read(self.margins.get(s, -3.0), 0, 5) for s in w.sentences) for w in windows]


def asked(right: int, signal: int, kind: str = "text") -> Asked:
    """A made-up question whose right sentence stands out in one signal."""
    signals = RNG.random((8, len(SENTENCE_SIGNALS))).astype(np.float32)
    signals[right, signal] += 1
    truth = np.arange(8) == right
    return Asked(Item("?", kind), analyse("Who?"), CANDIDATES * 2, {}, signals, truth)


def test_the_signal_that_tells_the_right_sentence_gets_the_weight() -> None:
    sets = [[asked(int(RNG.integers(8)), signal=2) for _ in range(60)] for _ in range(2)]
    weights = learn_sentences(sets, len(SENTENCE_SIGNALS))
    assert int(np.argmax(weights)) == 2
    hits = [a.right[np.argmax(a.signals @ weights)] for s in sets for a in s]
    assert np.mean(hits) > 0.9
    assert len(learn_sentences(sets, len(NEAR_SIGNALS))) == len(NEAR_SIGNALS)


def test_learning_twice_gives_the_same_weights() -> None:
    sets = [[asked(n % 8, signal=1) for n in range(30)]]
    assert (learn_sentences(sets, 9) == learn_sentences(sets, 9)).all()


def test_each_wording_gets_weights_of_its_own() -> None:
    shared, other = (
        [c._replace(signals=np.full(len(NEAR_SIGNALS), v, dtype=np.float32)) for c in CANDIDATES]
        for v in (0.9, 0.1)
    )
    assert shares_wording(shared)
    assert not shares_wording(other)
    told = [
        asked(int(RNG.integers(8)), signal, kind)._replace(candidates=these * 2)
        for these, signal in ((shared, 2), (other, 0))
        for kind in ("text", "near")
        for _ in range(60)
    ]
    told = [a._replace(right=a.right & (a.item.kind == "text")) for a in told]
    learned = learn([told])
    assert int(np.argmax(learned[True].sentence)) == 2
    assert int(np.argmax(learned[False].sentence)) == 0


def test_confidence_learns_what_sets_answerable_questions_apart() -> None:
    rows = RNG.random((200, len(CONFIDENCE_SIGNALS))).astype(np.float32)
    kinds = ["text" if row[0] > 0.5 else "near" for row in rows]
    weights = learn_confidence([(rows, kinds)])
    sure = 1 / (1 + np.exp(-(rows @ weights[:-1] + weights[-1])))
    assert np.mean((sure > 0.5) == [k == "text" for k in kinds]) > 0.9


@pytest.mark.parametrize("shared", [True, False])
def test_the_shipped_weights_name_every_signal_and_nothing_else(shared: bool) -> None:
    names = load_weights(shared).names
    assert names == {
        "near": NEAR_SIGNALS,
        "sentence": SENTENCE_SIGNALS,
        "confidence": (*CONFIDENCE_SIGNALS, "intercept"),
    }


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"near": {}}', '{"shared wording": {"near": {"a": "b"}}}']
)
def test_a_damaged_weights_file_is_told(
    content: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    if content is not None:
        (tmp_path / "models" / "evidence.json").write_text(content)
    monkeypatch.setattr("rag.evidence_weights.__file__", str(tmp_path / "evidence_weights.py"))
    load_weights.cache_clear()
    try:
        with pytest.raises(ModelError, match="reinstall"):
            load_weights(True)
    finally:
        load_weights.cache_clear()


def test_the_reader_reads_around_the_best_sentences_each_only_once() -> None:
    reader = Scripted({"Nobody died.": 4.0})
    weights = np.ones(len(NEAR_SIGNALS), dtype=np.float32)
    reads = read_best("Who died?", CANDIDATES, weights, reader, 10)
    assert [w.sentences for w in reader.windows] == [tuple(c.text for c in CANDIDATES)]
    assert reader.windows[0].title == "Ferry sinks"
    assert reads[3].margin == 4.0
    assert set(reads) == {0, 1, 2, 3}


def test_no_more_windows_are_read_than_asked_for() -> None:
    apart = [c._replace(context=(c.sentence.start, c.sentence.end)) for c in CANDIDATES]
    reader = Scripted({})
    weights = np.ones(len(NEAR_SIGNALS), dtype=np.float32)
    reads = read_best("Who died?", apart, weights, reader, 2)
    assert [w.sentences for w in reader.windows] == [("Nobody died.",), ("It rained.",)]
    signals = signals_of(apart, reads)
    assert signals.shape == (4, len(SENTENCE_SIGNALS))
    assert signals[:, -1].tolist() == [UNREAD, UNREAD, -3.0, -3.0]


def test_a_window_does_not_outgrow_its_words() -> None:
    long = [c._replace(text=" ".join(["word"] * 60), sentence=c.sentence) for c in CANDIDATES]
    reader = Scripted({})
    read_best("?", long, np.ones(len(NEAR_SIGNALS), dtype=np.float32), reader, 10)
    assert [len(w.sentences) for w in reader.windows] == [1, 1, 1, 1]


def test_margins_are_cut_off_on_both_sides() -> None:
    reads = {0: Read(99.0, 0, 1), 1: Read(-99.0, 0, 1)}
    assert signals_of(CANDIDATES[:2], reads)[:, -1].tolist() == [-UNREAD, UNREAD]


def test_names_and_numbers_that_the_article_lacks_are_counted() -> None:
    def of(question: str) -> dict[str, float]:
        signals = signals_of(CANDIDATES, {0: Read(1.0, 0, 3)})
        found = confidence_signals(analyse(question), CANDIDATES, signals)
        return dict(zip(CONFIDENCE_SIGNALS, map(float, found), strict=True))

    known, half = of("What did Jonas Brandt do?"), of("What did Brandt tell Quill of the 12?")
    assert known["names missing in the article"] == 0
    assert half["names missing in the article"] == 0.5
    assert half["numbers missing in the article"] == 1
    assert known["reader's margin"] == 1.0
    assert known["gap to the second"] == 1.0 - UNREAD
    assert known["typed as a search"] == 0
    assert of("who was at the helm of the alma")["typed as a search"] == 1
    assert of("who was at the helm?")["typed as a search"] == 0


def test_the_confidence_is_a_probability_however_extreme_the_signals() -> None:
    for value in (-1e6, 0.0, 1e6):
        signals = np.full(len(CONFIDENCE_SIGNALS), value, dtype=np.float32)
        assert 0 <= confidence(signals, load_weights(False)) <= 1


@pytest.mark.parametrize(
    ("question", "nearest", "filtered", "reason"),
    [
        ("Why was Jonas Brandt at the helm?", 0.6, False,
         "The articles mention Jonas Brandt, but do not say why."),
        ("How long was the Alma under way with Brandt?", 0.6, True,
         "The articles that pass the filters mention Alma and Brandt, but do not say how long."),
        ("When did the ship go down?", 0.6, False, "The articles do not say when."),
        ("Did Brandt survive?", 0.6, False,
         "The articles mention Brandt, but do not say this."),
        ("Where is rice grown?", 0.1, False,
         "The articles do not say; nothing in them comes near the question."),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_not_there(
    question: str, nearest: float, filtered: bool, reason: str
) -> None:
    first = Evidence(CANDIDATES[1].sentence, ARTICLE, 0, 88, 1.0, 1.0)
    assert reason_of(analyse(question), [first], nearest, filtered=filtered) == reason


def test_a_refusal_names_what_no_article_mentions_and_filters_that_leave_nothing() -> None:
    unknown = analyse("Who rules in Sweden?", lambda _: 0, 5)
    said = "The articles do not say; none of them mentions 'Sweden'."
    assert reason_of(unknown, [], 0.0, filtered=False) == said
    assert "No article passes" in reason_of(unknown, [], 0.0, filtered=True)


def test_bm25_and_ranks_tell_the_sentence_with_the_words() -> None:
    signals = signals_of(CANDIDATES, {1: Read(5.0, 0, 3)})
    right = np.array([False, True, False, False])
    one = Asked(
        Item("Who was at the helm?", "text"), analyse("Who?"), CANDIDATES, {}, signals, right
    )
    assert int(np.argmax(sentence_bm25(one))) == 1
    ranks = ranks_of(one)
    assert ranks["BM25"] == ranks["reader alone"] == 1
    assert ranks["cosine"] == 3
    nowhere = ranks_of(one._replace(right=np.zeros(4, dtype=bool)))
    assert set(nowhere.values()) == {0}


def test_the_calibration_error_is_nought_where_probabilities_come_true() -> None:
    true = np.arange(1000) % 2 == 0
    assert calibration_error(np.full(1000, 0.5), true) == pytest.approx(0, abs=1e-9)
    assert calibration_error(np.full(1000, 0.9), true) == pytest.approx(0.4)
    assert calibration_error(true.astype(float), true) == 0


@pytest.mark.parametrize(
    ("text", "stories"), [("", []), ("3", ["03"]), ("09-11", ["09", "10", "11"])]
)
def test_stories_are_named_by_a_range(text: str, stories: list[str]) -> None:
    assert stories_of(text) == stories


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
    (found,) = gather([gold], tmp_path / "work", Reader()).values()
    assert all(a.right.sum() == 1 for a in found if a.item.kind == "text")
    assert not any(a.right.any() for a in found if a.item.kind == "far")
    weights = learn([found])
    for shared in (True, False):
        assert len(weights[shared].confidence) == len(CONFIDENCE_SIGNALS) + 1
    # Too few of either wording to be learned from alone.
    assert (weights[True].confidence == weights[False].confidence).all()
    again = gather([gold, gold], tmp_path / "work", Reader(), strangers=True)["tiny"]
    assert sum(a.item.kind == "far" for a in again) == 12 + 4
