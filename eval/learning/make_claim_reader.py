"""Makes `rag/models/claims.onnx` from the evidence reader and claims written by hand.

    pip install -e '.[train]'
    python -m eval.learning.make_claim_reader --weights stage5.safetensors --work DIR

`--weights` is what `eval.learning.make_reader` trained last. What is in `--work` already is not
made again, and a training that was stopped goes on from its checkpoint. On two cores it takes
about an hour and a half.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from eval.learning.make_reader import GOLD, MODELS, Step, make
from rag.claim_reader import CLAIM_READER

__all__ = ["steps_of"]

WINDOWS = "eval.learning.claim_windows"


def steps_of(weights: Path, work: Path) -> Iterator[Step]:
    """What is made, in order.

    The same recipe as that of the shipped file and not the same run: there stage 2 had half of
    the claims, stages 1 to 3 had number words as they were and altered numbers and names as
    often as all else, and stage 4 ended after 1,700 steps.
    """
    stories = str(GOLD / "nearmiss" / "pairs")
    claims = str(GOLD / "claims" / "train.yaml")
    yield _windows(work, "plain", "--stories", stories)
    yield _windows(work, "some", "--stories", stories, "--every", "5")
    for seed in range(1, 7):
        yield _windows(work, f"claims-{seed}", "--claims", claims, "--seed", str(seed))
    yield _training(work, 1, weights, "1e-4", "plain")
    yield _training(work, 2, _weights(work, 1), "1.2e-4", "claims-1", "claims-2", "some")
    yield _training(work, 3, _weights(work, 2), "1.2e-4", "claims-3", "claims-4", "some")
    yield _training(work, 4, _weights(work, 3), "1e-4", "claims-5", "claims-6")
    model = work / CLAIM_READER.name
    last = str(_weights(work, 4))
    yield model, ("rag.training.reader_onnx", "--weights", last, "--out", str(model))


def _windows(work: Path, name: str, *arguments: str) -> Step:
    out = work / f"{name}.jsonl.gz"
    return out, (WINDOWS, *arguments, "--out", str(out))


def _weights(work: Path, stage: int) -> Path:
    return work / f"claims{stage}.safetensors"


def _training(work: Path, stage: int, start: Path, rate: str, *windows: str) -> Step:
    out = _weights(work, stage)
    read = [str(work / f"{name}.jsonl.gz") for name in windows]
    kept = ("--checkpoint", str(work / f"claims{stage}.pt"), "--keep-every", "200")
    how = ("--rate", rate, "--freeze", "1", "--half", "--most", str(CLAIM_READER.most))
    arguments = ("--weights", str(start), "--windows", *read, *kept, *how, "--out", str(out))
    return out, ("rag.training.reader", *arguments)


def main() -> None:
    """Make what is not there yet, and say what is left to do by hand."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    make(steps_of(args.weights, args.work), args.work)
    print(
        f"Copy {args.work / CLAIM_READER.name} to {MODELS}, put its SHA-256 into"
        " rag/claim_reader.py, and measure: python -m eval.learning.claim_table."
    )


if __name__ == "__main__":
    main()
