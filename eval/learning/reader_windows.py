"""Makes the examples that the evidence reader learns from.

    python -m eval.learning.reader_windows --public DIR --out public.jsonl.gz
    python -m eval.learning.reader_windows --gold FILE.yaml ... --stories 01-14 --out own.jsonl.gz
    python -m eval.learning.reader_windows --gold FILE.yaml ... --stories 01-14 --mined LIBRARIES \
        --out own.jsonl.gz

An example is a question with a window of one article, a few sentences long as the program
shows them to the reader, and the sentences that answer, or none. For every answerable
question there are windows that hold the answer and windows that do not
(`eval.learning.windows`). With `--mined`, those that the program itself would have read are
among them (`eval.learning.mined`), and the windows of a question are kept together.

Seeded; two runs give the same file.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

import numpy as np

from eval.learning.labelled import (
    Labelled,
    read_gold,
    read_qamr,
    read_qed,
    read_question_pairs,
    read_selqa,
    read_squad,
)
from eval.learning.mined import mined_groups
from eval.learning.stories import folder_of, stories_of
from eval.learning.windows import Window, windows_of

__all__ = ["GOLD_BATCHES", "own_sets", "public_sets", "write"]

GOLD_BATCHES = sorted((Path(__file__).parent.parent / "gold" / "nearmiss").glob("b*.yaml"))
"""Our own sets that have stories to choose and to measure on."""
_SHARES = {
    "squadshifts_new_wiki": 2.0,
    "squadshifts_reddit": 0.8,
    "squadshifts_amazon_reviews": 0.5,
    "squad2_train": 2.0,
    "qed": 3.0,
    "selqa": 1.5,
    "qamr": 0.25,
    "pairs": 0.8,
}
"""How often a question of a set is used. News has most in common with the first."""


def public_sets(folder: Path) -> Iterator[tuple[str, list[Labelled]]]:
    """Every public set that lies in a folder, with its name in `_SHARES`."""
    readers = {"squad": read_squad, "qed": read_qed, "selqa": read_selqa, "qamr": read_qamr}
    for path in sorted(folder.glob("*.gz")):
        name = next((n for n in _SHARES if path.name.startswith(n)), None)
        reader = next((r for n, r in readers.items() if path.name.startswith(n)), None)
        if name and reader:
            yield name, list(reader(path))
    source, target = (folder / f"nqg_{side}-test.txt.gz" for side in ("src", "tgt"))
    if source.exists():
        yield "pairs", list(read_question_pairs(source, target))


def own_sets(paths: Sequence[Path], stories: Sequence[str]) -> Iterator[tuple[str, list[Labelled]]]:
    """Our own gold files, of each only the stories named; all where none is."""
    for path in paths:
        rows = list(read_gold(path, folder_of(path)))
        if stories:
            rows = [r for r in rows if r.stretch.group.rsplit(":", 1)[1] in stories]
        yield path.stem, rows


def write(path: Path, windows: Iterable[Window]) -> int:
    """One window a line, as JSON; how many there were."""
    count = 0
    # Neither time nor name in the header: the same windows are the same bytes.
    with path.open("wb") as plain, gzip.GzipFile("", "wb", fileobj=plain, mtime=0) as file:
        for window in windows:
            file.write((json.dumps(asdict(window), ensure_ascii=False) + "\n").encode())
            count += 1
    return count


def main() -> None:
    """Write the windows, in random order, and print how many there are of each kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--public", type=Path, metavar="DIR", help="the public sets")
    parser.add_argument("--gold", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--stories", default="", metavar="NN-NN", help="of the gold, only these")
    parser.add_argument("--times", type=float, default=4.0, help="windows of a gold question")
    parser.add_argument("--mined", type=Path, metavar="DIR", help="libraries of the gold's stories")
    parser.add_argument("--most", type=int, help="no more questions or lone windows than these")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    units: list[Sequence[Window]] = []
    if args.public:
        for name, rows in public_sets(args.public):
            units += ((window,) for window in windows_of(rows, _SHARES[name], rng))
    stories = stories_of(args.stories)
    for path in args.gold if args.mined else ():
        units += mined_groups(path, args.mined, stories, rng)
    for _, rows in own_sets([] if args.mined else args.gold, stories):
        units += ((window,) for window in windows_of(rows, args.times, rng))
    order = rng.permutation(len(units))
    counts: dict[str, int] = defaultdict(int)

    def in_order() -> Iterator[Window]:
        for number, n in enumerate(islice(order, args.most)):
            unit = units[int(n)]
            for window in unit:
                counts[f"{window.source[:24]} {window.kind}"] += 1
                yield replace(window, group=number if len(unit) > 1 else -1)

    total = write(args.out, in_order())
    for kind, count in sorted(counts.items()):
        print(f"{count:7} {kind}")
    print(f"{total:7} in all")


if __name__ == "__main__":
    main()
