"""`citewire eval compare`: what changes between settings, or between two runs."""

from __future__ import annotations

import argparse
import json
import tempfile
from copy import copy
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from eval.gate import FEWEST, comparable, compare
from eval.reports.terminal import print_changes
from eval.results import Change, Results
from eval.results_file import read_results
from rag.errors import SettingsError
from rag.settings import Settings, load_settings
from ui.eval_run import articles_path, asked_results

__all__ = ["compare_runs"]

_OF_INGESTION = ("passage_words", "overlap_sentences", "max_file_mb")
"""Settings that change what a library holds, so that a library made with others won't do."""


def compare_runs(args: argparse.Namespace, home: Path) -> int:
    """Run or read each side and show what changed from the first.

    Returns:
        0, or 1 where a question of any run ended in an error or could not be scored.
    """
    names = args.compare[1:]
    # All sides are looked at before the first is run: a mistyped one must not cost minutes.
    sides = [_side(name, args, home) for name in names]
    with tempfile.TemporaryDirectory(prefix="citewire-") as temporary:
        if not args.work and (args.beir or articles_path(args)):
            # One library for all sides: what no setting changes is ingested once.
            args = copy(args)
            args.work = temporary
        runs = [
            side if isinstance(side, Results) else asked_results(args, home, side) for side in sides
        ]
    for name, run in zip(names[1:], runs[1:], strict=True):
        if not comparable(runs[0], run):
            raise SettingsError(
                f"{names[0]} and {name} have no question in common, with the same gold, that"
                " both could score."
            )
    changes = [compare(runs[0], run) for run in runs[1:]]
    if args.json:
        print(_as_json(names, changes))
    else:
        for name, run, found in zip(names[1:], runs[1:], changes, strict=True):
            _show(names[0], name, found)
            left = len(run.questions) - len(comparable(runs[0], run))
            if left:
                print(f"Left out: {left} questions that only one of the runs could score.")
    return 1 if any(run.errors or run.unscored for run in runs) else 0


def _side(name: str, args: argparse.Namespace, home: Path) -> Results | Settings:
    path = Path(name)
    if path.exists():
        return read_results(path)
    pairs = [] if name == "default" else name.split(",")
    flags = dict(pair.split("=", 1) for pair in (getattr(args, "set", None) or []) if "=" in pair)
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(
                f"{name!r} is neither a file of results nor settings; write `default`,"
                " NAME=VALUE,NAME=VALUE, or a path."
            )
        flags[key.strip()] = value.strip()
    settings = load_settings(home, flags).values
    if not (args.beir or articles_path(args)):
        for setting in _OF_INGESTION:
            if any(pair.split("=")[0].strip() == setting for pair in pairs):
                raise SettingsError(
                    f"{setting} changes how articles are ingested, and the library has been"
                    " already; name its files with --articles."
                )
    return settings


def _show(before: str, after: str, changes: tuple[Change, ...]) -> None:
    console = Console()
    console.print(Text(f"{before} → {after}", "bold"), soft_wrap=True)
    moved = [c for c in changes if c.worse or c.better]
    print_changes(moved, console)
    same = len(changes) - len(moved)
    if same:
        console.print(Text(f"{same} scores are the same for every question.", "dim"))
    real = [c.name for c in changes if (c.low > 0 or c.high < 0) and c.n >= FEWEST]
    console.print(
        f"More than noise: {', '.join(real)}." if real else "Nothing changed by more than noise."
    )


def _as_json(names: list[str], changes: list[tuple[Change, ...]]) -> str:
    pairs = [
        {"before": names[0], "after": name, "changes": [asdict(c) for c in found]}
        for name, found in zip(names[1:], changes, strict=True)
    ]
    return json.dumps({"comparisons": pairs}, ensure_ascii=False, indent=2)
