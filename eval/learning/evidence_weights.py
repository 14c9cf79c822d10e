"""Learns the weights in `rag/models/evidence.json`.

    python -m eval.learning.evidence_weights --squad FILE.json[.gz] --gold FILE.yaml ... --out FILE

Each set of articles is ingested into a library of its own, so the signals are those of the
real program on passages it retrieved. Two models, both linear:

- sentence: a softmax over a question's candidate sentences; right are those that hold the
  marked answer (SQuAD format) or match the gold support.
- confidence: logistic. Answerable are the questions whose right sentence was retrieved.
  Not answerable are the gold files' misses, the questions of the next gold file asked here,
  and, of the SQuAD questions, every second one asked again with its right sentences taken
  away.

Each is learned twice: from questions that share the articles' wording, and from the others.
The sets weigh the same, whatever their size. The figures printed for a set come from
weights learned on all the other sets. Seeded; two runs give the same file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from eval.learning.learning_sets import Asked, gather
from rag.errors import SettingsError
from rag.evidence import (
    CONFIDENCE_SIGNALS,
    SENTENCE_SIGNALS,
    Weights,
    Wording,
    confidence_signals,
)

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
Model = dict[Wording, Weights]
_PRIOR_ODDS: dict[Wording, float] = {"shared": 1.0, "other": 0.3}
"""Odds that a question is answerable at all. One that shares no wording with any article is
more often about something else: at these odds the two wordings lose about as many
answerable questions at the same threshold."""
_LEAST = 20
"""Questions of a wording that a set needs to be learned from."""
_THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)


def learn_sentences(sets: Sequence[Sequence[Asked]], steps: int = 600) -> FloatArray:
    """Weights that give the right sentences the most belief: Adam on the log-likelihood."""
    usable = [a for asked in sets for a in asked if a.right.any()]
    importance = np.concatenate(
        [np.full(n, 1 / n) for n in (sum(a.right.any() for a in asked) for asked in sets) if n]
    )
    owner = np.repeat(np.arange(len(usable)), [len(a.right) for a in usable])
    signals = np.concatenate([a.signals for a in usable]).astype(np.float64)
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
    """Signals and kind of each question, with near misses made of those that have none."""
    rows: list[FloatArray] = []
    kinds: list[str] = []

    def add(one: Asked, kind: str, keep: BoolArray) -> None:
        chosen = np.flatnonzero(keep)
        if not len(chosen):
            return
        scores = one.signals[chosen] @ weights
        order = chosen[np.argsort(-scores, kind="stable")]
        ranked = [one.candidates[i] for i in order]
        rows.append(confidence_signals(one.question, ranked, np.sort(scores)[::-1]))
        kinds.append(kind)

    for n, one in enumerate(asked):
        everything = np.ones(len(one.right), dtype=bool)
        if one.item.kind in ("near", "far"):
            add(one, one.item.kind, everything)
        elif one.right.any():
            add(one, one.item.kind, everything)
            if one.item.answers and n % 2:
                add(one, "near", ~one.right)
    return np.stack(rows), kinds


def learn_confidence(sets: Sequence[tuple[FloatArray, list[str]]]) -> FloatArray:
    """Logistic regression by Newton's method; sets, and kinds within a set, weigh the same."""
    x = np.concatenate([rows for rows, _ in sets]).astype(np.float64)
    x = np.hstack([x, np.ones((len(x), 1))])
    kinds = [k for _, ks in sets for k in ks]
    y = np.array([k in ("text", "paraphrase") for k in kinds], dtype=np.float64)
    importance = np.concatenate([np.array([_share(k, ks) for k in ks]) for _, ks in sets])
    importance *= len(x) / importance.sum()
    weights = np.zeros(x.shape[1])
    ridge = np.diag([1.0] * (len(weights) - 1) + [0.0])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (importance * (y - p)) - ridge @ weights
        hessian = (x * (importance * p * (1 - p))[:, None]).T @ x + ridge
        weights += np.linalg.solve(hessian, gradient)
    return weights.astype(np.float32)


def _share(kind: str, kinds: Sequence[str]) -> float:
    """A question's weight: half of the set's for the answerable, half for the others."""
    good = ("text", "paraphrase")
    same = [k for k in dict.fromkeys(kinds) if (k in good) == (kind in good)]
    return 0.5 / (len(same) * kinds.count(kind))


def learn(sets: Sequence[Sequence[Asked]]) -> Model:
    """Both models, for each wording from the questions of that wording.

    Raises:
        SettingsError: the sets have too few questions of a wording.
    """
    model: Model = {}
    for wording in get_args(Wording):
        these = [[a for a in asked if a.wording == wording] for asked in sets]
        if max(map(len, these)) < _LEAST:
            raise SettingsError(
                f"No set has {_LEAST} questions of {wording} wording to learn from: name more."
            )
        sentence = learn_sentences(these)
        # A set may have hardly any question of a wording; it then says nothing of it.
        rows = [confidence_rows(asked, sentence) for asked in these if len(asked) >= _LEAST]
        confidence = learn_confidence(rows)
        confidence[-1] += np.log(_PRIOR_ODDS[wording])
        model[wording] = Weights(sentence, confidence)
    return model


def report(name: str, asked: Sequence[Asked], model: Model) -> None:
    """Print a set's figures by kind."""
    axes = np.eye(len(SENTENCE_SIGNALS), dtype=np.float32)
    alone = {
        "cosine": axes[SENTENCE_SIGNALS.index("sentence cosine")],
        "words": axes[SENTENCE_SIGNALS.index("words in the sentence")],
    }
    for kind in ("text", "paraphrase"):
        these = [a for a in asked if a.item.kind == kind]
        if not these:
            continue
        shown = []
        for label in ("learned", *alone):
            ranks = [
                a.right[np.argsort(-(a.signals @ alone.get(label, model[a.wording].sentence)))]
                for a in these
            ]
            tops = [np.mean([r[:k].any() for r in ranks]) for k in (1, 2, 3)]
            shown.append(f"{label} " + "/".join(f"{t:.3f}" for t in tops))
        found = np.mean([a.right.any() for a in these])
        print(f"{name} {kind} n={len(these)} retrieved {found:.3f} top-1/2/3 {'; '.join(shown)}")
    sure: dict[str, list[float]] = {}
    for wording in get_args(Wording):
        of_wording = [a for a in asked if a.wording == wording]
        if not of_wording:
            continue
        rows, kinds = confidence_rows(of_wording, model[wording].sentence)
        logits = np.hstack([rows, np.ones((len(rows), 1))]) @ model[wording].confidence
        for kind, logit in zip(kinds, logits, strict=True):
            key = f"{kind}, {wording} wording"
            sure.setdefault(key, []).append(float(1 / (1 + np.exp(-logit))))
    for kind, values in sure.items():
        shares = ", ".join(f"{t}: {np.mean(np.array(values) >= t):.2f}" for t in _THRESHOLDS)
        print(f"{name} {kind} n={len(values)} answered at threshold {shares}")


def main() -> None:
    """Learn, print each set's figures, write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--squad", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--gold", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--questions", type=int, default=2000, help="most of a SQuAD file")
    parser.add_argument("--out", type=Path, help="where to write the weights")
    parser.add_argument("--work", type=Path, help="keep the libraries here, to be used again")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        sets = gather(args.squad, args.gold, args.questions, args.work or Path(temporary))
    for left_out in sets if len(sets) > 1 else ():
        model = learn([asked for name, asked in sets.items() if name != left_out])
        report(left_out, sets[left_out], model)
    table = {
        wording: {
            "sentence": _named(SENTENCE_SIGNALS, weights.sentence),
            "confidence": _named((*CONFIDENCE_SIGNALS, "intercept"), weights.confidence),
        }
        for wording, weights in learn(list(sets.values())).items()
    }
    print(json.dumps(table, indent=2))
    if args.out:
        args.out.write_text(json.dumps(table, indent=2) + "\n")


def _named(names: Sequence[str], weights: FloatArray) -> dict[str, float]:
    return {n: round(float(w), 4) for n, w in zip(names, weights, strict=True)}


if __name__ == "__main__":
    main()
