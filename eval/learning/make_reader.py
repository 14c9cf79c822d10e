"""Makes `rag/models/reader.onnx` and `evidence.json` from the public sets and our own.

    pip install -e '.[train]'
    python -m eval.learning.make_reader --public DIR --weights model.safetensors --work DIR

`--public` holds the sets that rag/models/NOTICE names; `--weights` is the official file of
all-MiniLM-L6-v2. What is in `--work` already is not made again, and a training that was
stopped goes on from its checkpoint. On two cores it takes about an hour and a half.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag import __file__ as rag_file

__all__ = ["Step", "steps_of"]

Step = tuple[Path, tuple[str, ...]]
"""A file, and the module and arguments that make it."""

GOLD = Path(__file__).parent.parent / "gold"
MODELS = Path(rag_file).parent / "models"


def steps_of(public: Path, weights: Path, work: Path) -> Iterator[Step]:
    """What is made, in order; a step that lacks only its checkpoint's end goes on."""
    nearmiss = GOLD / "nearmiss"
    batches = _paths(nearmiss, "b*.yaml", "pairs/b*.yaml", "para/b*.yaml")
    windows = "eval.learning.reader_windows"
    names = ("public", "replay", "stories", "pairs", "later", "again")
    made = {name: work / f"{name}.jsonl.gz" for name in names}
    yield made["public"], (windows, *_some(public, 84_000, 7), "--out", str(made["public"]))
    yield made["replay"], (windows, *_some(public, 7_000, 11), "--out", str(made["replay"]))
    own = ("--times", "3", "--out")
    yield (
        made["stories"],
        (windows, "--gold", *batches, "--stories", "01-14", *own, str(made["stories"])),
    )
    early = _paths(nearmiss, "pairs/t0[1-4].yaml")
    yield made["pairs"], (windows, "--gold", *early, *own, str(made["pairs"]))
    late = _paths(nearmiss, "pairs/t0[5-9].yaml", "pairs/t1*.yaml")
    yield made["later"], (windows, "--gold", *late, *own, str(made["later"]))
    again = ("--stories", "01-14", "--times", "1", "--seed", "23", "--out", str(made["again"]))
    yield made["again"], (windows, "--gold", *batches, *again)
    # Schedules were cut short when there was more to learn from; this repeats what was done.
    weights_of = {n: work / f"stage{n}.safetensors" for n in ("0", "1", "2", "3")}
    where = ("--weights", str(weights), "--windows", str(made["public"]))
    first = (*where, "--freeze", "3", "--rate", "1.5e-4", "--checkpoint", str(work / "stage1.pt"))
    yield _training(weights_of["0"], *first, "--steps", "3500", "--stop", "500")
    yield _training(weights_of["1"], *first, "--steps", "2400", "--stop", "1500")
    for n, sets, rest in (
        ("2", ("stories", "pairs", "replay"), ("--rate", "1e-4", "--stop", "1200")),
        ("3", ("later", "again"), ("--rate", "8e-5")),
    ):
        before = str(weights_of[str(int(n) - 1)])
        read = [str(made[name]) for name in sets]
        kept = ("--checkpoint", str(work / f"stage{n}.pt"), "--keep-every", "400")
        start = ("--weights", before, "--windows", *read, "--freeze", "3")
        yield _training(weights_of[n], *start, *kept, *rest)
    last = weights_of["3"]
    model = work / "reader.onnx"
    yield model, ("rag.training.reader_onnx", "--weights", str(last), "--out", str(model))


def _training(out: Path, *arguments: str) -> Step:
    return out, ("rag.training.reader", *arguments, "--out", str(out))


def _some(public: Path, most: int, seed: int) -> tuple[str, ...]:
    return ("--public", str(public), "--most", str(most), "--seed", str(seed))


def _paths(folder: Path, *patterns: str) -> Sequence[str]:
    return [str(path) for pattern in patterns for path in sorted(folder.glob(pattern))]


def main() -> None:
    """Make what is not there yet, and say what is left to do by hand."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    for made, (module, *arguments) in steps_of(args.public, args.weights, args.work):
        if made.exists():
            print(f"{made} is there", flush=True)
            continue
        print(f"python -m {module} … --out {made}", flush=True)
        subprocess.run([sys.executable, "-m", module, *arguments], check=True)
    print(
        f"Copy {args.work / 'reader.onnx'} to {MODELS}, put its SHA-256 into rag/reader.py, then"
        " learn the weights: python -m eval.learning.evidence_weights (see CONTRIBUTING.md)."
    )


if __name__ == "__main__":
    main()
