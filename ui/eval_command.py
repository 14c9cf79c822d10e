"""`citewire eval`: asks gold questions, scores the answers, and opens or closes the gate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from eval.files import write_whole
from eval.gate import compare, with_verdict
from eval.judge import Judge
from eval.judging import judged
from eval.metrics.usage import Price
from eval.questions.check import sentences_in_folder, sentences_in_library, unfounded
from eval.questions.gold_file import check_gold
from eval.questions.starter import write_starter
from eval.reports import write_report
from eval.reports.terminal import print_results
from eval.results import Results, read_results, results_json
from rag.endpoint import endpoint_from
from rag.errors import SettingsError
from rag.library import Library
from rag.llm import Model
from rag.settings import Settings, SettingsWithOrigins
from ui.eval_compare import compare_runs
from ui.eval_run import articles_path, asked_results, gold_path
from ui.progress import progress

__all__ = ["run"]


def run(args: argparse.Namespace, home: Path, settings: SettingsWithOrigins) -> int:
    """Run the command and return its exit code."""
    _check_arguments(args)
    values = settings.values
    if args.init:
        return _init(args, home)
    if args.check:
        return _check(args, home, values)
    if args.compare:
        return compare_runs(args, home)
    # Both may be refused, and that before minutes are spent on asking.
    baseline = _baseline(args)
    with _judge(args) as judge:
        results = asked_results(args, home, values)
        if judge:
            price = Price(*args.price) if args.price else None
            with progress("Judging", quiet=args.json) as watch:
                results = judged(results, judge, args.judge, price, lambda p: watch(*p))
    name = Path(args.baseline).name if args.baseline else ""
    if args.update_baseline:
        _update(args, results)
        # The new baseline can't be missed; thresholds and what changed still count.
        results = with_verdict(results, results, name)
        changes = compare(baseline, results) if baseline else ()
        results = replace(results, gate=replace(results.gate, changes=changes))
    else:
        results = with_verdict(results, baseline, name, args.max_drop)
    if args.report:
        write_report(results, Path(args.report), baseline)
    if args.json:
        print(results_json(results), end="")
    else:
        print_results(results, Console())
        if args.report:
            page = Path(args.report) / "report.html"
            Console().print(Text(f"The report: {page}", "dim"), soft_wrap=True)
    return 0 if results.gate.passed else 1


def _check_arguments(args: argparse.Namespace) -> None:
    """Combinations that mean nothing are refused before anything is asked."""
    if args.compare and (args.compare[0] != "compare" or len(args.compare) < 3):
        raise SettingsError(
            f"`eval {' '.join(args.compare)}` means nothing; write `eval compare A B`, where each"
            " is `default`, NAME=VALUE or a results.json."
        )
    for flag, needed in (("update_baseline", "baseline"), ("split", "beir"), ("price", "judge")):
        if getattr(args, flag) and not getattr(args, needed):
            raise SettingsError(f"--{flag.replace('_', '-')} goes with --{needed}.")
    if args.beir and (args.gold or args.articles):
        raise SettingsError("--beir brings its own questions and articles; leave out the others.")
    if args.work and not (args.beir or args.articles or not args.gold):
        raise SettingsError("--work goes with --articles or --beir; the library is kept anyway.")


def _init(args: argparse.Namespace, home: Path) -> int:
    path = Path(args.init)
    count = write_starter(home, path)
    print(f"Wrote {count} questions to {path}; edit them, then: citewire eval --gold {path}")
    return 0


def _check(args: argparse.Namespace, home: Path, settings: Settings) -> int:
    path = gold_path(args)
    gold, mistakes = check_gold(path)
    problems = [str(m) for m in mistakes]
    articles = articles_path(args)
    held = "no library yet, so its support was not looked up"
    if gold and articles:
        problems += unfounded(gold, sentences_in_folder(articles, settings))
        held = f"held against {articles.name}"
    elif gold and Library.exists(home):
        problems += unfounded(gold, sentences_in_library(home))
        held = "held against the library"
    for problem in problems:
        print(problem, file=sys.stderr)
    count = len(gold.cases) if gold else 0
    noun = "problem" if len(problems) == 1 else "problems"
    print(f"{path.name}: {count} sound questions, {len(problems)} {noun}; {held}.")
    return 2 if problems else 0


@contextmanager
def _judge(args: argparse.Namespace) -> Iterator[Judge | None]:
    """The judge, where one is asked for; a missing key is told before anything is asked."""
    if not args.judge:
        yield None
        return
    transcript = Path(args.report or ".") / "judge.jsonl"
    try:
        transcript.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingsError(f"{transcript.parent} can't be made ({exc.strerror}).") from exc
    with Model(args.judge, endpoint_from()) as model:
        yield Judge(model, args.votes, transcript)


def _baseline(args: argparse.Namespace) -> Results | None:
    if not args.baseline:
        return None
    path = Path(args.baseline)
    if args.update_baseline and not path.exists():
        return None
    return read_results(path)


def _update(args: argparse.Namespace, results: Results) -> None:
    """Write the run as the new baseline, unless it is no run to hold others to."""
    if results.errors or results.unscored or not results.questions:
        print(
            f"citewire: {args.baseline} was left as it is: {results.errors} questions ended in an"
            f" error and {results.unscored} could not be scored.",
            file=sys.stderr,
        )
        return
    path = Path(args.baseline)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, results_json(results.as_baseline()))
    except OSError as exc:
        raise SettingsError(f"{path} can't be written ({exc.strerror}).") from exc
    print(f"Wrote the baseline {path}.", file=sys.stderr)
