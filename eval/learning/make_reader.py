"""Makes `rag/models/reader.onnx` and `evidence.json` from the public sets and our own.

    pip install -e '.[train]'
    python -m eval.learning.make_reader --public DIR --weights model.safetensors --work DIR

`--public` holds the sets that rag/models/NOTICE names; `--weights` is the official file of
all-MiniLM-L6-v2. What is in `--work` already is not made again, and a training that was
stopped goes on from its checkpoint. On two cores it takes about three hours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rag import __file__ as rag_file

__all__ = ["GOLD", "MODELS", "Step", "make", "steps_of"]

Step = tuple[Path, tuple[str, ...]]
"""A file, and the module and arguments that make it."""

GOLD = Path(__file__).parent.parent / "gold"
MODELS = Path(rag_file).parent / "models"
WINDOWS = "eval.learning.reader_windows"
LAST_STAGE = 5


def steps_of(public: Path, weights: Path, work: Path) -> Iterator[Step]:
    """What is made, in order; a step that lacks only its checkpoint's end goes on."""
    yield from _public_windows(public, work)
    yield from _own_windows(work)
    # Schedules were cut short when there was more to learn from; this repeats what was done.
    where = ("--weights", str(weights), "--windows", str(_windows(work, "public")))
    first = (*where, "--freeze", "3", "--rate", "1.5e-4", "--checkpoint", str(work / "stage1.pt"))
    yield _training(_weights(work, 0), *first, "--steps", "3500", "--stop", "500")
    yield _training(_weights(work, 1), *first, "--steps", "2400", "--stop", "1500")
    for n, sets, rest in (
        (2, ("stories", "pairs", "replay"), ("--rate", "1e-4", "--stop", "1200")),
        (3, ("later", "again"), ("--rate", "8e-5")),
        (
            4,
            ("mined", "mined-pairs", "replay-4"),
            ("--rate", "1e-4", "--stop", "900", "--seed", "51", "--half"),
        ),
        (
            5,
            ("mined-again", "mined-pairs-again", "mined-new", "replay-5"),
            ("--rate", "1.2e-4", "--seed", "61", "--half"),
        ),
    ):
        read = [str(_windows(work, name)) for name in sets]
        kept = ("--checkpoint", str(work / f"stage{n}.pt"), "--keep-every", "400")
        start = ("--weights", str(_weights(work, n - 1)), "--windows", *read, "--freeze", "3")
        yield _training(_weights(work, n), *start, *kept, *rest)
    model = work / "reader.onnx"
    last = str(_weights(work, LAST_STAGE))
    yield model, ("rag.training.reader_onnx", "--weights", last, "--out", str(model))


def make(steps: Iterable[Step], work: Path) -> None:
    """Run the steps whose file is not there yet.

    Raises:
        CalledProcessError: a step failed.
    """
    work.mkdir(parents=True, exist_ok=True)
    for made, (module, *arguments) in steps:
        if made.exists():
            print(f"{made} is there", flush=True)
            continue
        print(f"python -m {module} … --out {made}", flush=True)
        subprocess.run([sys.executable, "-m", module, *arguments], check=True)


def _public_windows(public: Path, work: Path) -> Iterator[Step]:
    for name, most, seed in (
        ("public", 84_000, 7),
        ("replay", 7_000, 11),
        ("replay-4", 24_000, 5),
        ("replay-5", 12_000, 6),
    ):
        out = _windows(work, name)
        some = ("--public", str(public), "--most", str(most), "--seed", str(seed))
        yield out, (WINDOWS, *some, "--out", str(out))


def _own_windows(work: Path) -> Iterator[Step]:
    nearmiss = GOLD / "nearmiss"
    batches = _paths(nearmiss, "b*.yaml", "pairs/b*.yaml", "para/b*.yaml")
    early = _paths(nearmiss, "pairs/t0[1-4].yaml")
    late = _paths(nearmiss, "pairs/t0[5-9].yaml", "pairs/t1[01].yaml")
    new = _paths(nearmiss, "pairs/t1[2-9].yaml", "pairs/t2*.yaml", "para/t*.yaml")
    trained = ("--stories", "01-14")
    mined = ("--mined", str(work / "libraries"), "--seed")
    for name, files, rest in (
        ("stories", batches, (*trained, "--times", "3")),
        ("pairs", early, ("--times", "3")),
        ("later", late, ("--times", "3")),
        ("again", batches, (*trained, "--times", "1", "--seed", "23")),
        ("mined", batches, (*trained, *mined, "41")),
        ("mined-pairs", (*early, *late), (*mined, "42")),
        ("mined-again", batches, (*trained, *mined, "61")),
        ("mined-pairs-again", (*early, *late), (*mined, "62")),
        ("mined-new", new, (*mined, "63")),
    ):
        out = _windows(work, name)
        yield out, (WINDOWS, "--gold", *files, *rest, "--out", str(out))


def _windows(work: Path, name: str) -> Path:
    return work / f"{name}.jsonl.gz"


def _weights(work: Path, stage: int) -> Path:
    return work / f"stage{stage}.safetensors"


def _training(out: Path, *arguments: str) -> Step:
    return out, ("rag.training.reader", *arguments, "--out", str(out))


def _paths(folder: Path, *patterns: str) -> Sequence[str]:
    return [str(path) for pattern in patterns for path in sorted(folder.glob(pattern))]


def main() -> None:
    """Make what is not there yet, and say what is left to do by hand."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    make(steps_of(args.public, args.weights, args.work), args.work)
    print(
        f"Copy {args.work / 'reader.onnx'} to {MODELS}, put its SHA-256 into rag/reader.py, then"
        " learn the weights: python -m eval.learning.evidence_weights (see CONTRIBUTING.md)."
    )


if __name__ == "__main__":
    main()
