"""Measures the check of claims: what false ones it lets pass, what true ones it refuses.

    python -m eval.learning.claim_table --pairs eval/gold/claims/test.yaml

Rates by kind of draft, with 95 % intervals, as a Markdown table.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from eval.intervals import wilson
from eval.learning.claim_pairs import Trial, drafts, pairs_of
from rag.claim_check import Checked, check
from rag.claim_reader import ClaimReader

__all__ = ["Rate", "good", "rates"]

RIGHT = ("true", "unnumbered", "misnumbered", "unknown number")
"""Drafts whose text is true."""


class Rate(NamedTuple):
    """How often a kind of draft was dealt with rightly."""

    share: float
    low: float
    high: float
    n: int


def good(trial: Trial, found: Checked) -> bool:
    """Whether a draft was dealt with rightly.

    A true one with the right number has to be shown. One with a wrong number may be left out;
    if it is shown, then with the right sentence among what it rests on. A false one must not
    be shown.
    """
    if trial.kind == "true":
        return not found.lacks
    if trial.right is None:
        return bool(found.lacks)
    return bool(found.lacks) or trial.shown[trial.right - 1] in found.evidence


def rates(trials: Sequence[Trial], reader: ClaimReader) -> Mapping[str, Rate]:
    """The share dealt with rightly, by kind and over all false ones made by the program."""
    rows: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        found = check(trial.sentence, trial.shown, reader)
        value = float(good(trial, found))
        rows[trial.kind].append(value)
        if trial.kind != "true" and not trial.kind.startswith("by hand"):
            rows["all false or wrongly cited"].append(value)
        if trial.kind in RIGHT[1:]:
            rows[f"{trial.kind}: right sentence found"].append(float(not found.lacks) * value)
        if trial.kind.startswith("by hand"):
            rows["by hand, all"].append(value)
    return {kind: _rate(values) for kind, values in rows.items()}


def _rate(values: Sequence[float]) -> Rate:
    share = sum(values) / len(values)
    return Rate(share, *wilson(share, len(values)), len(values))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--list", action="store_true", help="print what was dealt with wrongly")
    args = parser.parse_args()
    trials = list(drafts(pairs_of(args.pairs)))
    reader = ClaimReader()
    print("| drafts | n | dealt with rightly |\n|---|---|---|")
    for kind, rate in sorted(rates(trials, reader).items()):
        print(f"| {kind} | {rate.n} | {rate.share:.3f} [{rate.low:.2f}, {rate.high:.2f}] |")
    if args.list:
        for trial in trials:
            found = check(trial.sentence, trial.shown, reader)
            if not good(trial, found):
                print(f"{trial.kind}: {trial.sentence.text} {found.lacks}")


if __name__ == "__main__":
    main()
