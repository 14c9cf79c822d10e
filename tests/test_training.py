"""Training the reader: that it learns, goes on where it stopped, and is exported as it is."""

from __future__ import annotations

import gzip
import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

for vendor in ("onnx", "safetensors", "torch"):
    pytest.importorskip(vendor, reason="the extra `train` is not installed")

import onnxruntime
import torch
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_torch
from safetensors.torch import save_file

from eval.learning.make_claim_reader import steps_of as claim_steps
from eval.learning.make_reader import steps_of
from eval.learning.mined import Shown
from eval.learning.reader_trials import alone, scores, trials
from eval.learning.windows import Window
from rag.claim_reader import CLAIM_READER
from rag.model_files import open_tokenizer
from rag.training.reader import loss_of, margins_of, train
from rag.training.reader_batches import batches, collate, example_of, examples
from rag.training.reader_net import ReaderNet, renamed, scores_of
from rag.training.reader_onnx import build, official
from tests.conftest import ROOT

ROWS: list[dict[str, Any]] = [
    {
        "question": "Who was at the helm?",
        "title": "Ferry",
        "sentences": ["It rained.", f"Brandt {n} was at the helm."],
        "right": [1],
        "answer": [1, 0, 6],
    }
    for n in range(8)
] + [
    {
        "question": "What did the rice cost?",
        "title": "",
        "sentences": ["It rained.", f"Quill {n} steered."],
        "right": [],
        "answer": None,
    }
    for n in range(8)
]


@pytest.fixture
def windows(tmp_path: Path) -> Path:
    path = tmp_path / "windows.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, ROWS)).encode()))
    return path


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    path = tmp_path / "start.safetensors"
    save_file(ReaderNet(2).state_dict(), path)
    return path


def arguments(weights: Path, windows: Path, out: Path, **changes: Any) -> Any:
    values = {
        "weights": weights, "windows": [windows], "out": out, "checkpoint": None, "epochs": 1,
        "steps": None, "batch": 4, "rate": 1e-3, "freeze": 0, "layers": 2, "seed": 7,
        "threads": 1, "keep_every": 500, "stop": None, "half": False, "teachers": [], "most": 48,
    }  # fmt: skip
    return type("Arguments", (), values | changes)()


def test_labels_are_packed_with_the_window(windows: Path) -> None:
    tokenizer = open_tokenizer(None)
    first, *_, last = examples(windows, tokenizer)
    assert first.right == (1,)
    assert tokenizer.decode(list(first.window.ids[first.start : first.end + 1])) == "brandt"
    assert (last.right, last.start, last.end) == ((), -1, -1)
    batch = collate([first, last])
    assert batch.right.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_it_learns_what_it_is_shown(weights: Path, windows: Path, tmp_path: Path) -> None:
    rows = examples(windows, open_tokenizer(None))

    def loss(path: Path) -> float:
        net = ReaderNet(2)
        net.load_state_dict(load_torch(path))
        with torch.no_grad():
            return float(loss_of(net, collate(rows)))

    out = tmp_path / "out.safetensors"
    train(arguments(weights, windows, out, epochs=8))
    assert loss(out) < 0.5 * loss(weights)


def test_a_stopped_run_goes_on_to_the_same_weights(
    weights: Path, windows: Path, tmp_path: Path
) -> None:
    whole, resumed = tmp_path / "whole.safetensors", tmp_path / "resumed.safetensors"
    train(arguments(weights, windows, whole, steps=6))
    kept = tmp_path / "kept.pt"
    broken = arguments(weights, windows, resumed, steps=6, checkpoint=kept, keep_every=3, stop=3)
    train(broken)
    assert kept.exists()
    assert resumed.exists()
    train(arguments(weights, windows, resumed, steps=6, checkpoint=kept))
    one, other = load_file(whole), load_file(resumed)
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_frozen_parts_stay_as_they_are(weights: Path, windows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.safetensors"
    train(arguments(weights, windows, out, freeze=2))
    before, after = load_file(weights), load_file(out)
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert {n.split(".")[0] for n in changed} == {"layers", "tokens", "null"}
    assert {n.split(".")[1] for n in changed if n.startswith("layers")} == {"1"}


def test_every_example_is_in_an_epoch_once(windows: Path) -> None:
    rows = examples(windows, open_tokenizer(None))
    first, again, second = (
        [id(row) for batch in batches(rows, 3, epoch, 7) for row in batch] for epoch in (0, 0, 1)
    )
    assert sorted(first) == sorted(map(id, rows))
    assert first == again != second


def test_windows_of_a_question_stay_together_in_a_batch(tmp_path: Path) -> None:
    grouped = [{**row, "group": n // 3 if n < 9 else -1} for n, row in enumerate(ROWS)]
    path = tmp_path / "grouped.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, grouped)).encode()))
    rows = examples(path, open_tokenizer(None))
    found = list(batches(rows, 4, 0, 7))
    assert sorted(id(r) for batch in found for r in batch) == sorted(map(id, rows))
    homes = [{n for n, batch in enumerate(found) for r in batch if r.group == g} for g in range(3)]
    assert [len(h) for h in homes] == [1, 1, 1]
    for batch in found:
        groups = collate(batch).groups.tolist()
        same = [[a.group == b.group >= 0 or a is b for a in batch] for b in batch]
        assert same == [[a == b for a in groups] for b in groups]


def test_windows_of_a_question_are_compared_with_each_other(windows: Path) -> None:
    rows = examples(windows, open_tokenizer(None))
    torch.manual_seed(2)
    net = ReaderNet(2)
    pair = [replace(rows[0], group=5), replace(rows[8], group=5)]
    alone, together = collate([rows[0], rows[8]]), collate(pair)
    with torch.no_grad():
        tokens, null = net(alone.ids, alone.mask, alone.types)
        scores = scores_of(tokens, null, alone.owners, 2)
        added = float(loss_of(net, together)) - float(loss_of(net, alone))
    margins = (scores[:, 1:] - scores[:, :1]).flatten()
    expected = torch.cat([margins, torch.zeros(1)]).logsumexp(0) - margins[1]
    assert added == pytest.approx(float(expected), rel=1e-4)


def test_what_teachers_believe_is_learned_from_as_well(
    weights: Path, windows: Path, tmp_path: Path
) -> None:
    batch = collate(examples(windows, open_tokenizer(None)))
    torch.manual_seed(2)
    one, other, net = ReaderNet(2), ReaderNet(2), ReaderNet(2)
    with torch.no_grad():
        each = []
        for reader in (one, other, net):
            tokens, null = reader(batch.ids, batch.mask, batch.types)
            each.append(scores_of(tokens, null, batch.owners, 2))
        taught = (each[0].softmax(1) + each[1].softmax(1)) / 2
        apart = -(taught * each[2].log_softmax(1)).nan_to_num().sum(1).mean()
        added = loss_of(net, batch, teachers=[one, other]) - loss_of(net, batch)
    assert float(added) == pytest.approx(float(apart), rel=1e-4)
    plain, distilled = tmp_path / "plain.safetensors", tmp_path / "distilled.safetensors"
    train(arguments(weights, windows, plain, steps=2))
    train(arguments(weights, windows, distilled, steps=2, teachers=[weights]))
    found = (load_file(plain), load_file(distilled))
    assert not all(np.array_equal(found[0][name], found[1][name]) for name in found[0])


def test_the_exported_model_says_what_the_trained_one_says(weights: Path, windows: Path) -> None:
    net = ReaderNet(2)
    net.load_state_dict(load_torch(weights))
    batch = collate(examples(windows, open_tokenizer(None)))
    with torch.no_grad():
        tokens, null = net(batch.ids, batch.mask, batch.types)
    session = onnxruntime.InferenceSession(
        build(load_file(weights)).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found = session.run(
        None,
        {
            "input_ids": batch.ids.numpy(),
            "attention_mask": batch.mask.numpy(),
            "token_type_ids": batch.types.numpy(),
        },
    )
    seen = batch.mask.numpy() == 1
    # The words' vectors are rounded to eight bits.
    assert np.abs(found[0][seen] - tokens.numpy()[seen]).max() < 0.02
    assert np.abs(found[1][:, 0] - null.numpy()).max() < 0.02


def test_official_names_and_ours_are_the_same_weights(weights: Path) -> None:
    ours = load_file(weights)
    back = renamed({k: torch.from_numpy(v) for k, v in official(ours).items()})
    encoder = {k for k in ours if k.split(".")[0] not in ("tokens", "null")}
    assert set(back) == encoder
    assert all(np.array_equal(back[k].numpy(), ours[k]) for k in encoder)


def test_padding_and_absent_sentences_do_not_count() -> None:
    tokens = torch.tensor([[[1.0, 2.0, 0.0], [3.0, 4.0, 0.0], [50.0, 50.0, 50.0]]])
    owners = torch.tensor([[0, 0, -1]])
    scores = scores_of(tokens, torch.tensor([0.5]), owners, 2)[0]
    expected = 2 + np.logaddexp(2.0, 4.0)
    assert scores[0] == pytest.approx(0.5)
    assert scores[1] == pytest.approx(float(expected), rel=1e-5)
    assert scores[2] < -1000


def test_margins_are_what_a_sentence_has_over_none(weights: Path) -> None:
    long = {**ROWS[0], "sentences": ["It rained. " * 60, "It snowed. " * 60, "A", "B"]}
    whole, cut, again = margins_of(weights, [ROWS[0], long, ROWS[0]], batch=2)
    assert whole.shape == (2,)
    assert cut.shape == (4,)
    assert cut[-1] < -1000
    assert np.allclose(whole, again, atol=1e-5)
    batch = collate([example_of(ROWS[0], open_tokenizer(None))])
    net = ReaderNet(2)
    net.load_state_dict(load_torch(weights))
    with torch.no_grad():
        tokens, null = net(batch.ids, batch.mask, batch.types)
        over = scores_of(tokens, null, batch.owners, 2)[0]
    assert np.allclose(whole, (over[1:] - over[0]).numpy(), atol=1e-5)


def test_trials_are_scored_by_question_and_not_by_window() -> None:
    def question(kind: str, *right: tuple[int, ...]) -> Shown:
        windows = [Window("?", "", ("a", "b"), r, None, kind, "s") for r in right]
        return Shown(kind, tuple(windows))

    questions = [
        question("text", (), (1,)), question("text", (0,), ()), question("near", (), ()),
        question("paraphrase", (), ()),
    ]  # fmt: skip
    margins = [
        [np.array([-3.0, -2.0]), np.array([0.0, 5.0])],
        [np.array([1.0, 0.0]), np.array([2.0, 0.0])],
        [np.array([-4.0, -4.0]), np.array([1.5, -1.0])],
        [np.array([1.0, 0.0]), np.array([0.0, 0.0])],
    ]
    assert scores(questions, margins) == {
        "text, first 1": 0.5,
        "text, first 2": 1.0,
        "paraphrase, first 1": 0.0,
        "paraphrase, first 2": 0.0,
        "AUROC": pytest.approx(2 / 3),
    }


def test_a_sentence_alone_keeps_its_label_and_its_answer() -> None:
    rows = alone([{**ROWS[0], "group": 3}, {**ROWS[8], "group": -1}])
    assert [(len(r["sentences"]), r["right"], r["answer"]) for r in rows] == [
        (1, [0], [0, 0, 6]),
        (1, [], None),
        (1, [], None),
    ]
    assert rows[0]["sentences"] == ["Brandt 0 was at the helm."]
    assert {r["group"] for r in rows[:2]} == {3}


def test_every_trial_leaves_something_to_learn_from() -> None:
    kinds = ("text", "paraphrase", "near", "mined", "hollow")
    rows = [
        {**ROWS[0], "source": f"s{n % 8}", "kind": kinds[n % 5], "group": n // 4} for n in range(80)
    ]
    sizes = {trial.name: len(trial.rows(rows)) for trial in trials()}
    assert sizes["as trained"] == 80
    assert sizes["a quarter of our own sets"] == 20
    assert sizes["half of them"] == 40
    assert sizes["no near misses"] == 48
    assert 48 < sizes["half of the near misses"] < 80
    assert sizes["no windows as the program reads them"] == 64
    taught = trials([Path("a.st"), Path("b.st")])[len(sizes) :]
    assert {t.arguments[:3] for t in taught} == {("--teachers", "a.st", "b.st")}


def test_every_step_of_the_claim_readers_recipe_reads_what_was_made_before(
    tmp_path: Path,
) -> None:
    start = tmp_path / "stage5.safetensors"
    made: set[str] = {str(start)}
    steps = list(claim_steps(start, tmp_path / "work"))
    for path, (module, *rest) in steps:
        assert importlib.util.find_spec(module)
        names = [a for a in rest if "/" in a or "\\" in a]
        reads = [n for n in names if n != str(path) and not n.endswith(".pt")]
        assert [n for n in reads if n not in made and not Path(n).exists()] == []
        made.add(str(path))
    assert steps[-1][0].name == CLAIM_READER.name
    gold = {Path(a) for _, args in steps for a in args if a.endswith(".yaml")}
    assert gold == {ROOT / "eval" / "gold" / "claims" / "train.yaml"}


def test_every_step_of_the_recipe_reads_what_is_there_or_was_made_before(tmp_path: Path) -> None:
    public, official_weights = tmp_path / "public", tmp_path / "model.safetensors"
    made: set[str] = {str(public), str(official_weights)}
    steps = list(steps_of(public, official_weights, tmp_path))
    for path, (module, *rest) in steps:
        assert importlib.util.find_spec(module)
        names = [a for a in rest if "/" in a or "\\" in a]
        reads = [n for n in names if n != str(path) and not n.endswith((".pt", "libraries"))]
        assert [n for n in reads if n not in made and not Path(n).is_file()] == []
        assert str(path) in names
        made.add(str(path))
    assert steps[-1][0].name == "reader.onnx"
    trained = [a for _, args in steps for a in args if a.endswith(".yaml")]
    assert not any("dev-" in a or "seeds" in a or "wire" in a for a in trained)
    # Of every file that is not for training alone, only some stories.
    for _, args in steps:
        if any(Path(a).stem.startswith("b") for a in args if a.endswith(".yaml")):
            assert args[args.index("--stories") + 1] == "01-14"
    own = {str(p) for p in (ROOT / "eval" / "gold" / "nearmiss").rglob("*.yaml")}
    assert set(trained) == own
