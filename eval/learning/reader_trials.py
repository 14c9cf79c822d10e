"""Measures what the reader's training owes to its parts, on a few steps of each variant.

    python -m eval.learning.reader_trials --weights stage1.safetensors --work DIR \
        --windows FILE.jsonl.gz ... --libraries DIR [--teachers FILE ...]

All variants start from the same weights and take the same number of steps. They are measured on
the windows that the program would read for the dev stories' questions: how often the sentence
with the greatest margin is right, and how well the greatest margin tells answered questions
from near misses (AUROC). What is in `--work` already is not trained again. Printed as a
Markdown table.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.learning.mined import Shown, shown
from eval.learning.reader_windows import GOLD_BATCHES
from eval.learning.stories import stories_of
from rag.training.reader import margins_of

__all__ = ["Trial", "alone", "scores", "trials"]

Rows = list[dict[str, Any]]
NO_ANSWER = frozenset({"near", "removed", "hollow", "turned"})
"""Kinds of windows that look as if they answered."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A variant."""

    name: str
    rows: Callable[[Rows], Rows]
    """Which of the windows it sees, or what it makes of them."""
    arguments: tuple[str, ...] = ()
    """Of `rag.training.reader`."""
    alone: bool = False
    """Whether it reads one sentence at a time."""


def trials(teachers: Sequence[Path] = ()) -> Sequence[Trial]:
    """The variants; the first is what the others are to be held against.

    Args:
        teachers: weights of readers to learn from; with none, nothing is distilled.
    """
    taught = ("--teachers", *map(str, teachers))
    distilled = (
        Trial(f"taught by {len(teachers)} readers as well", lambda rows: rows, taught),
        Trial("taught so, four layers", lambda rows: rows, (*taught, "--layers", "4")),
    )
    return (
        Trial("as trained", lambda rows: rows),
        Trial("a quarter of our own sets", lambda rows: _sets(rows, 4)),
        Trial("half of them", lambda rows: _sets(rows, 2)),
        Trial("no windows as the program reads them", _not_mined),
        Trial("windows not compared with each other", _ungrouped),
        Trial("half of the near misses", lambda rows: _fewer_misses(rows, 0.5)),
        Trial("no near misses", lambda rows: _fewer_misses(rows, 0.0)),
        Trial("one sentence at a time", alone, alone=True),
        Trial("four layers", lambda rows: rows, ("--layers", "4")),
        Trial("all six layers trained", lambda rows: rows, ("--freeze", "0")),
        *(distilled if teachers else ()),
    )


def _sets(rows: Rows, part: int) -> Rows:
    names = sorted({row["source"] for row in rows})
    kept = set(names[::part])
    return [row for row in rows if row["source"] in kept]


def _not_mined(rows: Rows) -> Rows:
    return [row for row in rows if row["kind"] != "mined"]


def _ungrouped(rows: Rows) -> Rows:
    return [{**row, "group": -1} for row in rows]


def _fewer_misses(rows: Rows, share: float) -> Rows:
    rng = np.random.default_rng(7)
    return [row for row in rows if row["kind"] not in NO_ANSWER or rng.random() < share]


def alone(rows: Rows) -> Rows:
    """Of each window the sentences that answer, and one that does not, each by itself."""
    rng = np.random.default_rng(7)
    found: Rows = []
    for row in rows:
        others = [n for n in range(len(row["sentences"])) if n not in row["right"]]
        drawn = [int(rng.choice(others))] if others else []
        for n in [*row["right"], *drawn]:
            right = n in row["right"]
            answer = [0, *row["answer"][1:]] if right and row["answer"] else None
            if answer and row["answer"][0] != n:
                answer = None
            sentence = {"sentences": [row["sentences"][n]], "right": [0] if right else []}
            found.append({**row, **sentence, "answer": answer})
    return found


def scores(
    questions: Sequence[Shown], margins: Sequence[Sequence[npt.NDArray[np.float64]]]
) -> Mapping[str, float]:
    """First and first two right, by kind, and the AUROC of the greatest margin.

    Args:
        questions: with the windows they were shown.
        margins: of each question, of each window, of each sentence.
    """
    tops: dict[str, list[int]] = {}
    best: dict[bool, list[float]] = {True: [], False: []}
    for question, windows in zip(questions, margins, strict=True):
        flat = [
            (float(margin), n in window.right)
            for window, row in zip(question.windows, windows, strict=True)
            for n, margin in enumerate(row)
        ]
        flat.sort(key=lambda pair: -pair[0])
        answered = question.kind in {"text", "paraphrase"}
        best[answered].append(flat[0][0])
        if answered:
            place = next((n for n, (_, right) in enumerate(flat) if right), len(flat))
            tops.setdefault(question.kind, []).append(place)
    found = {
        f"{kind}, first {k}": float(np.mean([place < k for place in places]))
        for kind, places in tops.items()
        for k in (1, 2)
    }
    wins = np.array(best[True])[:, None] - np.array(best[False])[None, :]
    return {**found, "AUROC": float(((wins > 0) + 0.5 * (wins == 0)).mean())}


def _measure(weights: Path, trial: Trial, questions: Sequence[Shown]) -> Mapping[str, float]:
    rows = [asdict(window) for question in questions for window in question.windows]
    if trial.alone:
        parts = [
            {**row, "sentences": [s], "right": [], "answer": None}
            for row in rows
            for s in row["sentences"]
        ]
        single = margins_of(weights, parts)
        flat = iter([float(m[0]) for m in single])
        found = [np.array([next(flat) for _ in row["sentences"]]) for row in rows]
    else:
        found = margins_of(weights, rows)
    each = iter(found)
    return scores(questions, [[next(each) for _ in q.windows] for q in questions])


def _read(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for number, path in enumerate(paths):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if row["group"] >= 0:
                    row["group"] += 1_000_000 * number
                yield row


def _trained(trial: Trial, rows: Rows, work: Path, weights: Path, steps: int) -> Path:
    name = trial.name.replace(" ", "-")
    out = work / f"{name}.safetensors"
    if out.exists():
        return out
    windows = work / f"{name}.jsonl.gz"
    with gzip.open(windows, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in trial.rows(rows))
    arguments = ["--weights", str(weights), "--windows", str(windows), "--out", str(out)]
    arguments += ["--steps", str(steps), "--half", "--freeze", "3", *trial.arguments]
    subprocess.run(
        [sys.executable, "-m", "rag.training.reader", *arguments], check=True, stdout=sys.stderr
    )
    return out


def main() -> None:
    """Train what is missing, measure, print a line of the table for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="where all start from")
    parser.add_argument("--windows", type=Path, nargs="+", required=True)
    parser.add_argument("--libraries", type=Path, required=True)
    parser.add_argument("--teachers", type=Path, nargs="*", default=[], help="to learn from")
    parser.add_argument("--stories", default="15-18", metavar="NN-NN")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    rows = list(_read(args.windows))
    stories = stories_of(args.stories)
    questions = [q for path in GOLD_BATCHES for q in shown(path, args.libraries, stories)]
    head: list[str] = []
    for trial in trials(args.teachers):
        weights = _trained(trial, rows, args.work, args.weights, args.steps)
        found = _measure(weights, trial, questions)
        if not head:
            head = list(found)
            print(f"| {args.steps} steps | {' | '.join(head)} |\n|---|{'---|' * len(head)}")
        print(f"| {trial.name} | {' | '.join(f'{found[k]:.3f}' for k in head)} |", flush=True)


if __name__ == "__main__":
    main()
