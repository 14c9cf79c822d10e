"""Learns the weights in `rag/models/evidence.json`.

    python -m eval.learning.evidence_weights --gold FILE.yaml ... --stories 15-18 --out FILE

Each set of articles is ingested into a library of its own, so the signals are those of the
real program on passages it retrieved and windows it read. The reader must not have been
trained on the stories named, or its margins would look better than they are. Three models,
all linear:

- near: a softmax over a question's candidate sentences, by what is cheap to know of them;
  right are those that match the gold support.
- sentence: the same with the reader's margin.
- confidence: logistic. Answerable are the questions whose right sentence was retrieved; not
  answerable the gold files' misses and the questions of the next gold file asked here.

Each is learned twice: on the questions whose wording some sentence shares, and on the others.

The sets weigh the same, whatever their size, and so do the kinds of questions in one. The
figures printed for a set come from weights learned on all the other sets. Seeded; two runs
give the same file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eval.learning.learning_sets import ANSWERABLE, Asked, Near, gather
from eval.learning.stories import stories_of
from rag.candidates import NEAR_SIGNALS, shares_wording
from rag.decision import CONFIDENCE_SIGNALS, confidence, confidence_signals
from rag.evidence import SENTENCE_SIGNALS
from rag.evidence_weights import OTHER, SHARED, Weights, load_weights
from rag.reader import Reader

__all__ = [
    "Learned",
    "confidence_rows",
    "learn",
    "learn_confidence",
    "learn_near",
    "learn_sentences",
    "sure_of",
    "write",
]

FloatArray = npt.NDArray[np.float32]
_FEWEST = 20
"""Questions with an answer, and without, to learn a wording's weights from."""
Learned = Mapping[bool, Weights]
"""Weights for questions that share the wording of some sentence (True) and for others."""
_THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def learn_sentences(sets: Sequence[Sequence[Asked]], columns: int, steps: int = 600) -> FloatArray:
    """Weights that give the right sentences the most belief: Adam on the log-likelihood.

    Args:
        sets: questions asked.
        columns: how many of the signals to use, from the first on.
        steps: of the descent.
    """
    kept = [[a for a in asked if a.right.any()] for asked in sets]
    usable = [a for asked in kept for a in asked]
    importance = np.concatenate([np.full(len(asked), 1 / len(asked)) for asked in kept if asked])
    owner = np.repeat(np.arange(len(usable)), [len(a.right) for a in usable])
    signals = np.concatenate([a.signals[:, :columns] for a in usable]).astype(np.float64)
    right = np.concatenate([a.right for a in usable])
    weights = np.zeros(signals.shape[1])
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        e = np.exp(np.clip(signals @ weights, -60, 60))
        total, good = np.bincount(owner, e), np.bincount(owner, e * right)
        # d log(good/total): belief among the right ones less belief among all.
        pull = (e * right / good[owner] - e / total[owner]) * importance[owner]
        gradient = (pull[:, None] * signals).sum(0) / importance.sum() - 1e-3 * weights
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        weights += 0.1 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-9)
    return weights.astype(np.float32)


def confidence_rows(asked: Sequence[Asked], weights: FloatArray) -> tuple[FloatArray, list[str]]:
    """Signals and kind of each question; one whose right sentence was not found is left out."""
    rows: list[FloatArray] = []
    kinds: list[str] = []
    for one in asked:
        if one.item.kind in ANSWERABLE and not one.right.any():
            continue
        order = np.argsort(-(one.signals @ weights), kind="stable")
        ranked = [one.candidates[i] for i in order]
        rows.append(confidence_signals(one.question, ranked, one.signals[order]))
        kinds.append(one.item.kind)
    return np.stack(rows), kinds


def learn_confidence(
    sets: Sequence[tuple[FloatArray, list[str]]], ridge: float = 3.0
) -> FloatArray:
    """Logistic regression by Newton's method; sets, and kinds within a set, weigh the same."""
    raw = np.concatenate([rows for rows, _ in sets]).astype(np.float64)
    # The penalty is on standardised signals, so that none is favoured for its unit.
    middle, spread = raw.mean(0), np.maximum(raw.std(0), 1e-6)
    x = np.hstack([(raw - middle) / spread, np.ones((len(raw), 1))])
    kinds = [k for _, ks in sets for k in ks]
    y = np.array([k in ANSWERABLE for k in kinds], dtype=np.float64)
    importance = np.concatenate([np.array([_share(k, ks) for k in ks]) for _, ks in sets])
    importance *= len(x) / importance.sum()
    weights = np.zeros(x.shape[1])
    penalty = np.diag([ridge] * (len(weights) - 1) + [0.0])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (importance * (y - p)) - penalty @ weights
        hessian = (x * (importance * p * (1 - p))[:, None]).T @ x + penalty
        weights += np.linalg.solve(hessian, gradient)
    plain = weights[:-1] / spread
    return np.append(plain, weights[-1] - plain @ middle).astype(np.float32)


def _share(kind: str, kinds: Sequence[str]) -> float:
    """A question's weight: half of the set's for the answerable, half for the others."""
    same = [k for k in dict.fromkeys(kinds) if (k in ANSWERABLE) == (kind in ANSWERABLE)]
    return 0.5 / (len(same) * kinds.count(kind))


def learn(sets: Sequence[Sequence[Asked]]) -> Learned:
    """All three models, for each wording; for one that too few questions have, of all."""
    found: dict[bool, Weights] = {}
    for shared in (True, False):
        these = _of_wording(sets, shared)
        near = learn_sentences(these, len(NEAR_SIGNALS))
        sentence = learn_sentences(these, len(SENTENCE_SIGNALS))
        rows = [confidence_rows(asked, sentence) for asked in these if asked]
        found[shared] = Weights(near, sentence, learn_confidence(rows), {})
    return found


def learn_near(sets: Sequence[Sequence[Asked]]) -> Near:
    """What chooses the windows to read, of questions for which nothing was read yet."""
    return {
        shared: learn_sentences(_of_wording(sets, shared), len(NEAR_SIGNALS))
        for shared in (True, False)
    }


def _of_wording(sets: Sequence[Sequence[Asked]], shared: bool) -> list[list[Asked]]:
    these = [[a for a in asked if shares_wording(a.candidates) == shared] for asked in sets]
    answered = [bool(a.right.any()) for asked in these for a in asked]
    if min(sum(answered), len(answered) - sum(answered)) < _FEWEST:
        return [list(asked) for asked in sets]
    return these


def sure_of(one: Asked, learned: Learned | None = None) -> float:
    """The probability given to a question that was asked.

    Args:
        one: the question.
        learned: weights; those of the program where none are given.
    """
    shared = shares_wording(one.candidates)
    weights = learned[shared] if learned else load_weights(shared)
    order = np.argsort(-(one.signals @ weights.sentence), kind="stable")
    ranked = [one.candidates[i] for i in order]
    return confidence(confidence_signals(one.question, ranked, one.signals[order]), weights)


def report(name: str, asked: Sequence[Asked], weights: Learned) -> None:
    """Print a set's figures by kind."""
    for kind in dict.fromkeys(a.item.kind for a in asked):
        these = [a for a in asked if a.item.kind == kind]
        sure = np.array([sure_of(a, weights) for a in these])
        line = f"{name} {kind} n={len(these)}"
        if kind in ANSWERABLE:
            ranks = [
                a.right[np.argsort(-(a.signals @ weights[shares_wording(a.candidates)].sentence))]
                for a in these
            ]
            tops = [np.mean([r[:k].any() for r in ranks]) for k in (1, 2, 3)]
            line += " top-1/2/3 " + "/".join(f"{t:.3f}" for t in tops)
        shares = ", ".join(f"{t}: {np.mean(sure >= t):.2f}" for t in _THRESHOLDS)
        print(f"{line}; answered at threshold {shares}")


def main() -> None:
    """Learn, print each set's figures, write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gold", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--stories", default="", metavar="NN-NN", help="only these, where told")
    parser.add_argument("--work", type=Path, help="keep the libraries here and use them again")
    parser.add_argument("--out", type=Path, help="where to write the weights")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        stories = stories_of(args.stories)
        # What is read, and so all that is learned of it, depends on the near weights.
        near = learn_near(list(gather(args.gold, work, None, stories).values()))
        sets = gather(args.gold, work, Reader(), stories, strangers=True, near=near)
    for name, asked in sets.items():
        others = [a for other, a in sets.items() if other != name]
        if others:
            report(name, asked, learn(others))
    if args.out:
        write(args.out, learn(list(sets.values())))


def write(path: Path, learned: Learned) -> None:
    """The file that `rag.evidence_weights` reads."""
    table = {
        name: {
            "near": _named(NEAR_SIGNALS, learned[shared].near),
            "sentence": _named(SENTENCE_SIGNALS, learned[shared].sentence),
            "confidence": _named((*CONFIDENCE_SIGNALS, "intercept"), learned[shared].confidence),
        }
        for name, shared in ((SHARED, True), (OTHER, False))
    }
    path.write_text(json.dumps(table, indent=2) + "\n")


def _named(names: Sequence[str], values: FloatArray) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


if __name__ == "__main__":
    main()
