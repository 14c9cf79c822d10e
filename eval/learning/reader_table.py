"""Measures choosing the sentence and refusing to answer, beside simpler ways to choose.

    python -m eval.learning.reader_table --gold FILE.yaml ... [--stories 19-22]
    python -m eval.learning.reader_table --beir DIR

With `--gold`, each file's articles (`--articles` where they are elsewhere) are ingested into a
library of their own and asked. With `--beir`, a set that marks sentences (clapnq), each
question is asked of its own passage and of the four other articles that retrieval finds next.
All methods choose among the same sentences; of a question whose right sentence was not found
every one is wrong. Printed as Markdown tables, with 95 % intervals.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eval.beir import load_beir
from eval.collection import beir_collection
from eval.intervals import interval
from eval.learning.evidence_weights import sure_of
from eval.learning.learning_sets import (
    ANSWERABLE,
    Asked,
    Item,
    ask_all,
    five_articles,
    gather,
    items_of,
)
from eval.learning.stories import stories_of
from eval.metrics.abstention import balanced_parts
from eval.questions.gold_file import load_gold
from ingest.pipeline import ingest
from rag.candidates import shares_wording
from rag.evidence import SENTENCE_SIGNALS
from rag.evidence_weights import load_weights
from rag.index_words import query_stems, stems
from rag.reader import Reader
from rag.settings import Settings
from rag.types import Hit

__all__ = ["METHODS", "calibration_error", "ranks_of", "sentence_bm25"]

FloatArray = npt.NDArray[np.float64]
METHODS = ("cosine", "BM25", "cosine + BM25", "cheap signals", "reader alone", "all")
_COSINE = SENTENCE_SIGNALS.index("sentence cosine")
_BINS = 10


def sentence_bm25(asked: Asked) -> FloatArray:
    """BM25 of the question for each candidate, among the candidates; k1 1.2, b 0.75."""
    texts = [Counter(stems(c.text)) for c in asked.candidates]
    sizes = np.array([sum(t.values()) for t in texts], dtype=np.float64)
    scores = np.zeros(len(texts))
    for stem in set(query_stems(asked.item.text)):
        counts = np.array([t[stem] for t in texts], dtype=np.float64)
        held = int((counts > 0).sum())
        rarity = math.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
        scores += rarity * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * sizes / sizes.mean()))
    return scores


def ranks_of(asked: Asked) -> Mapping[str, int]:
    """By method, the place of the first right sentence, 1 the best; 0 where there is none."""
    weights = load_weights(shares_wording(asked.candidates))
    cosine, words = asked.signals[:, _COSINE].astype(np.float64), sentence_bm25(asked)
    scores: dict[str, npt.NDArray[np.floating]] = {
        "cosine": cosine,
        "BM25": words,
        "cosine + BM25": _scaled(cosine) + _scaled(words),
        "cheap signals": asked.signals[:, : len(weights.near)] @ weights.near,
        "reader alone": asked.signals[:, -1],
        "all": asked.signals @ weights.sentence,
    }
    found: dict[str, int] = {}
    for method in METHODS:
        order = np.argsort(-scores[method], kind="stable")
        places = np.flatnonzero(asked.right[order])
        found[method] = int(places[0]) + 1 if len(places) else 0
    return found


def calibration_error(sure: FloatArray, true: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width, both outcomes weighing half.

    Args:
        sure: probabilities.
        true: what came.
    """
    weight = np.where(true, 0.5 / max(1, true.sum()), 0.5 / max(1, (~true).sum()))
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float((weight * (sure - true))[bins == b].sum())) for b in range(_BINS)]
    return sum(gaps) / float(weight.sum())


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    ranks: Mapping[str, int]
    sure: float


def print_tables(name: str, asked: Sequence[Asked], threshold: float) -> None:
    """A set's two tables."""
    rows = [_Row(a.item.kind, ranks_of(a), sure_of(a)) for a in asked]
    head = " | ".join(METHODS)
    print(f"\n### {name}\n\n| right sentence: first / in the first two | n | {head} |")
    print("|---|---|" + "---|" * len(METHODS))
    for kind in [k for k in ("text", "paraphrase") if any(r.kind == k for r in rows)]:
        these = [r for r in rows if r.kind == kind]
        cells = [
            " / ".join(_share([0 < r.ranks[m] <= k for r in these]) for k in (1, 2))
            for m in METHODS
        ]
        print(f"| {kind} | {len(these)} | {' | '.join(cells)} |")
    true = np.array([r.kind in ANSWERABLE for r in rows])
    sure = np.array([r.sure for r in rows])
    answered = sure >= threshold
    print(f"\n| at threshold {threshold:g} | n | share |\n|---|---|---|")
    for kind in dict.fromkeys(r.kind for r in rows):
        these_sure = [r.sure >= threshold for r in rows if r.kind == kind]
        print(f"| {kind}: answered | {len(these_sure)} | {_share(these_sure)} |")
    parts = balanced_parts(list(zip(true.tolist(), answered.tolist(), strict=True)))
    if parts:
        value = sum(v for v, _ in parts) / sum(w for _, w in parts)
        low, high = interval(parts, strata=true.tolist()) or (value, value)
        print(f"| balanced accuracy | {len(rows)} | {value:.3f} [{low:.3f}, {high:.3f}] |")
        print(f"| AUROC | {len(rows)} | {_auroc(sure, true):.3f} |")
        print(f"| calibration error | {len(rows)} | {calibration_error(sure, true):.3f} |")


def _share(right: Sequence[bool]) -> str:
    parts = [(float(r), 1.0) for r in right]
    low, high = interval(parts) or (0.0, 0.0)
    return f"{np.mean(right):.3f} [{low:.2f}, {high:.2f}]"


def _auroc(sure: FloatArray, true: npt.NDArray[np.bool_]) -> float:
    wins = sure[true][:, None] - sure[~true][None, :]
    return float(((wins > 0) + 0.5 * (wins == 0)).mean())


def _scaled(values: FloatArray) -> FloatArray:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def outside(folder: Path, work: Path, reader: Reader) -> list[Asked]:
    """A retrieval set with marked sentences, each question asked of five articles."""
    beir = load_beir(folder)
    with beir_collection(beir, Settings(), work, lambda *_: None) as found:
        own = {case.question: found.judgements[case.id] for case in found.gold.cases}

        def narrow(item: Item, hits: Sequence[Hit]) -> Sequence[Hit]:
            return five_articles(hits, lambda hit: hit.passage.article_id in own[item.text])

        items = [
            Item(item.text, "near" if item.kind == "near" else "text", item.case)
            for item in items_of(found.gold)
        ]
        home = found.collection.home
        return ask_all(home, items, found.gold, reader, narrow_in=lambda _: narrow)


def main() -> None:
    """Ask every set and print its tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gold", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--articles", type=Path, help="of a single gold file")
    parser.add_argument("--stories", default="", metavar="NN-NN")
    parser.add_argument("--few", action="store_true", help="ask only five stories, as --beir")
    parser.add_argument("--beir", type=Path, nargs="*", default=[], metavar="DIR")
    parser.add_argument("--work", type=Path, help="keep the libraries here and use them again")
    parser.add_argument("--threshold", type=float, default=Settings().answer_threshold)
    parser.add_argument("--together", action="store_true", help="one table for all gold files")
    args = parser.parse_args()
    reader = Reader()
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        sets: dict[str, list[Asked]] = {}
        if args.articles:
            (path,) = args.gold
            # Folders of the same name are not the same articles.
            mark = hashlib.sha256(str(args.articles.absolute()).encode()).hexdigest()[:8]
            home = work / f"{path.stem}-{mark}" / "home"
            ingest(home, [args.articles], Settings())
            gold = load_gold(path)
            sets[path.stem] = ask_all(home, items_of(gold), gold, reader)
        elif args.gold:
            sets = gather(args.gold, work, reader, stories_of(args.stories), few=args.few)
        if args.together:
            sets = {"all": [a for asked in sets.values() for a in asked]}
        for folder in args.beir:
            sets[folder.name] = outside(folder, work / folder.name, reader)
        for name, asked in sets.items():
            print_tables(name, asked, args.threshold)


if __name__ == "__main__":
    main()
