from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from eval.learning.alterations import hollowed, turned
from eval.learning.labelled import (
    Labelled,
    Stretch,
    read_gold,
    read_qamr,
    read_qed,
    read_question_pairs,
    read_selqa,
    read_squad,
)
from eval.learning.mined import mined_groups, shown
from eval.learning.reader_windows import main
from eval.learning.windows import windows_of
from eval.questions.gold_file import load_gold
from rag.settings import Settings
from tests.conftest import ROOT

FERRY = Stretch(
    (
        "The ferry Alma struck the harbour pier at Oststrand on a calm morning in 1998.",
        "Captain Jonas Brandt, a man of long experience, was at the helm of the ship.",
        "Eleven passengers were taken to the hospital of Weststrand with broken bones.",
        "The company runs nine ships and has never before lost one to an accident.",
    ),
    "Ferry strikes the pier",
    "ferry",
)
PIER = Stretch(
    ("The pier of Oststrand is to be mended by the spring at a cost of two million.",),
    "Pier to be mended",
    "ferry",
)
ROWS = [
    Labelled("When did the ferry strike the pier?", FERRY, (0,), (0, 73, 77), source="s"),
    Labelled("Who was at the helm?", FERRY, (1,), (1, 8, 20), source="s"),
    Labelled("What will the pier cost?", PIER, (0,), (0, 65, 76), source="s"),
    Labelled("Why did Brandt look away?", FERRY, kind="near", source="s"),
]


def test_windows_carry_their_labels_with_them() -> None:
    windows = list(windows_of(ROWS * 20, 2.0, np.random.default_rng(1)))
    assert {w.kind for w in windows} >= {"text", "near", "elsewhere", "removed", "hollow"}
    for w in windows:
        assert w.sentences
        assert all(0 <= n < len(w.sentences) for n in w.right)
        assert bool(w.right) == (w.kind == "text")
        if w.answer:
            n, start, end = w.answer
            assert n in w.right
            assert w.sentences[n][start:end] in ("1998", "Jonas Brandt", "two million")
    assert sum(w.kind == "text" for w in windows) == 3 * 20 * 2


def test_a_window_without_the_answer_does_not_hold_it() -> None:
    answers = {"When did": "1998", "Who was": "Jonas Brandt", "What will": "two million"}
    for w in windows_of(ROWS * 30, 1.0, np.random.default_rng(2)):
        if w.kind in ("removed", "hollow", "elsewhere"):
            answer = next(a for q, a in answers.items() if w.question.startswith(q))
            assert answer not in " ".join(w.sentences)


def test_the_same_seed_gives_the_same_windows() -> None:
    first, second = (list(windows_of(ROWS * 5, 1.5, np.random.default_rng(7))) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("sentence", "words", "left"),
    [
        ("The talks began in Geneva on 3 May 1998 with both sides present.", "3 May 1998",
         "The talks began in Geneva with both sides present."),
        ("He was shot by the police, witnesses of the scene told us.", "the police",
         "He was shot, witnesses of the scene told us."),
        ("Nine died.", "Nine", None),
    ],
)  # fmt: skip
def test_an_answer_is_cut_out_with_what_leads_up_to_it(
    sentence: str, words: str, left: str | None
) -> None:
    start = sentence.index(words)
    assert hollowed(sentence, start, start + len(words)) == left


def test_a_question_is_turned_only_to_what_the_sentence_does_not_say() -> None:
    rng = np.random.default_rng(1)
    question = "When did the ferry strike the pier?"
    said = "The ferry Alma struck the harbour pier in Oststrand because the helm was broken."
    assert turned(question, [said], rng) is None
    plain = "The ferry struck the pier."
    assert turned(question, [plain], rng) in (
        "Where did the ferry strike the pier?",
        "Why did the ferry strike the pier?",
    )
    assert turned("Name the ferry.", [plain], rng) is None


def test_public_sets_are_read(tmp_path: Path) -> None:
    context = "It rained. The Alma sank in 1998. Nobody died."
    squad = {
        "data": [
            {
                "title": "The_Alma",
                "paragraphs": [
                    {
                        "context": context,
                        "qas": [
                            {
                                "question": "When?",
                                "answers": [{"text": "1998", "answer_start": 28}],
                            },
                            {"question": "Why?", "answers": [], "is_impossible": True},
                        ],
                    }
                ],
            }
        ]
    }
    path = tmp_path / "squad.json.gz"
    path.write_bytes(gzip.compress(json.dumps(squad).encode()))
    when, why = read_squad(path)
    assert (when.right, when.answer, when.stretch.title) == ((1,), (1, 17, 21), "The Alma")
    assert (why.right, why.kind) == ((), "near")
    qed = {
        "paragraph_text": context,
        "sentence_starts": [0, 11, 34],
        "title_text": "Alma",
        "question_text": "when did it sink",
        "original_nq_answers": [[{"start": 28, "end": 32, "string": "1998"}]],
    }
    (tmp_path / "qed").write_text(json.dumps(qed) + "\n")
    (row,) = read_qed(tmp_path / "qed")
    assert (row.right, row.answer) == ((1,), (1, 17, 21))
    selqa = {
        "question": "When?", "article": "Alma", "section": "End", "is_paraphrase": True,
        "candidates": ["It rained .", "She sank ."], "answers": [1],
    }  # fmt: skip
    (tmp_path / "selqa").write_text(json.dumps([selqa]))
    (row,) = read_selqa(tmp_path / "selqa")
    assert (row.right, row.kind, row.stretch.sentences[0]) == ((1,), "paraphrase", "It rained.")
    (tmp_path / "qamr").write_text(
        "#Wiki1k:wikinews:7:1:1\nThe Alma sank.\nWhat sank?    \tthe Alma\tThe Alma\n\n"
    )
    (row,) = read_qamr(tmp_path / "qamr")
    assert (row.right, row.answer) == ((0,), (0, 0, 8))
    (tmp_path / "src").write_text("it rained .\nshe sank .\nshe sank .\n")
    (tmp_path / "tgt").write_text("what fell ?\nwho sank ?\nwhat happened ?\n")
    rows = list(read_question_pairs(tmp_path / "src", tmp_path / "tgt"))
    assert [r.right for r in rows] == [(0,), (1,), (1,)]
    assert rows[0].question == "what fell?"


def test_our_own_sets_are_read_with_their_short_answers() -> None:
    path = ROOT / "eval" / "gold" / "nearmiss" / "b01.yaml"
    rows = {(r.question, r.stretch.group): r for r in read_gold(path)}
    assert len(rows) == 198
    near = [r for r in rows.values() if r.kind == "near"]
    assert len(near) == 66
    assert not any(r.right for r in near)
    known = [r for r in rows.values() if r.answer]
    assert len(known) > 100
    (milk,) = (r for r in rows.values() if r.question.startswith("Over what did the Agrarian"))
    assert milk.answer is not None
    n, start, end = milk.answer
    assert milk.stretch.sentences[n][start:end] == "milk quotas"
    assert milk.stretch.title == "Veldmark government falls as Agrarians walk out (1998)"


def test_the_command_writes_the_windows_of_the_stories_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = str(ROOT / "eval" / "gold" / "nearmiss" / "b01.yaml")
    out = tmp_path / "own.jsonl.gz"
    arguments = ["x", "--gold", gold, "--stories", "01-02", "--times", "1", "--out", str(out)]
    monkeypatch.setattr("sys.argv", arguments)
    main()
    first = out.read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(first).splitlines()]
    assert f"{len(rows):7} in all" in capsys.readouterr().out
    assert {r["kind"] for r in rows} >= {"text", "paraphrase", "near"}
    titles = {r["title"] for r in rows} - {""}
    assert len(titles) == 2
    main()
    assert out.read_bytes() == first


def test_windows_are_mined_from_what_the_program_would_read(tmp_path: Path) -> None:
    gold = ROOT / "eval" / "gold" / "nearmiss" / "b01.yaml"
    groups = list(mined_groups(gold, tmp_path, ["01", "02"], np.random.default_rng(1)))
    asked = {case.question for case in load_gold(gold).cases if case.id[4:6] in ("01", "02")}
    own = {t for n in ("01", "02") for t in _titles(gold.with_suffix(""), n)}
    kinds = {window.kind for group in groups for window in group}
    assert {"text", "paraphrase", "near", "mined"} <= kinds
    for group in groups:
        assert len({window.question for window in group}) == 1
        assert all((w.kind == "mined") <= (not w.right) for w in group)
        # A story that is not to be learned from is not even shown as a wrong one.
        assert {w.title.rsplit(" (", 1)[0] for w in group if w.title} <= own
    whole = [group for group in groups if len(group) > 1]
    assert {group[0].question for group in whole} == asked
    again = mined_groups(gold, tmp_path, ["01", "02"], np.random.default_rng(1))
    assert list(again) == groups


def test_what_is_shown_has_every_window_and_knows_the_right_sentence(tmp_path: Path) -> None:
    gold = ROOT / "eval" / "gold" / "nearmiss" / "b01.yaml"
    questions = list(shown(gold, tmp_path, ["15"]))
    assert [q.kind for q in questions].count("text") == 3
    for q in questions:
        assert 1 < len(q.windows) <= Settings().read_windows
        marked = [w for w in q.windows if w.right]
        assert not marked if q.kind == "near" else q.kind == "paraphrase" or marked


def _titles(folder: Path, story: str) -> set[str]:
    (path,) = folder.glob(f"{story}_*")
    return set(path.read_text().splitlines())
