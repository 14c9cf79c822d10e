"""Training the reader: that it learns, goes on where it stopped, and is exported as it is."""

from __future__ import annotations

import gzip
import importlib.util
import json
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

from eval.learning.make_reader import steps_of
from rag.model_files import open_tokenizer
from rag.training.reader import (
    ReaderNet,
    batches,
    collate,
    examples,
    loss_of,
    renamed,
    scores_of,
    train,
)
from rag.training.reader_onnx import build, official

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
        "threads": 1, "keep_every": 500, "stop": None,
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


def test_every_step_of_the_recipe_reads_what_is_there_or_was_made_before(tmp_path: Path) -> None:
    public, official_weights = tmp_path / "public", tmp_path / "model.safetensors"
    made: set[str] = {str(public), str(official_weights)}
    steps = list(steps_of(public, official_weights, tmp_path))
    for path, (module, *rest) in steps:
        assert importlib.util.find_spec(module)
        names = [a for a in rest if "/" in a or "\\" in a]
        reads = [n for n in names if n != str(path) and not n.endswith(".pt")]
        assert [n for n in reads if n not in made and not Path(n).is_file()] == []
        assert str(path) in names
        made.add(str(path))
    assert steps[-1][0].name == "reader.onnx"
    trained = [a for _, args in steps for a in args if a.endswith(".yaml")]
    assert not any("dev-" in a or "seeds" in a or "wire" in a for a in trained)
    assert len(trained) == 30 + 4 + 7 + 30
