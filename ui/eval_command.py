"""`citewire eval`: asks gold questions, scores the answers, and opens or closes the gate."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from eval.collection import folder_collection
from eval.files import write_whole
from eval.gate import compare, with_verdict
from eval.judge import Judge
from eval.judging import judged
from eval.metrics.usage import Price
from eval.questions.check import sentences_in_folder, sentences_in_library, unfounded
from eval.questions.from_feedback import write_feedback
from eval.questions.gold_file import check_gold
from eval.questions.starter import write_starter
from eval.reports import last_report, write_report
from eval.reports.terminal import print_results
from eval.results import Results
from eval.results_file import read_results, results_json
from eval.run import threshold_mistakes
from rag.endpoint import endpoint_from
from rag.errors import ProviderError, SettingsError
from rag.library import Library
from rag.llm import Model
from rag.settings import Settings, SettingsWithOrigins
from ui.eval_compare import compare_runs
from ui.eval_run import articles_path, asked_results, files_of, gold_path
from ui.progress import progress

__all__ = ["run"]


def run(args: argparse.Namespace, home: Path, settings: SettingsWithOrigins) -> int:
    """Run the command and return its exit code."""
    _check_arguments(args)
    values = settings.values
    if args.from_feedback is not None:
        return _from_feedback(args, home)
    if args.init:
        return _init(args, home, values)
    if args.check:
        return _check(args, home, values)
    if args.compare:
        return compare_runs(args, home)
    # What can't be read or written is told before minutes are spent on asking.
    baseline = _baseline(args)
    if args.report:
        _made(Path(args.report))
    with _judge(args) as judge:
        results = asked_results(args, home, values)
        fault: ProviderError | None = None
        if judge:
            results, fault = _judged(args, results, judge)
    results = _with_verdict(args, results, baseline)
    if args.report:
        write_report(results, Path(args.report), baseline)
    with suppress(SettingsError):  # it is for the page, and no run is to fail for it
        write_report(results, last_report(home), baseline)
    if args.json:
        print(results_json(results), end="")
    else:
        print_results(results, Console())
        if args.report:
            page = Path(args.report) / "report.html"
            Console().print(Text(f"The report: {page}", "dim"), soft_wrap=True)
    if fault:
        raise fault
    return 0 if results.gate.passed else 1


def _with_verdict(args: argparse.Namespace, results: Results, baseline: Results | None) -> Results:
    name = Path(args.baseline).name if args.baseline else ""
    if not args.update_baseline:
        return with_verdict(results, baseline, name, args.max_drop or 0.0)
    _update(args, results)
    # The new baseline can't be missed; thresholds count, and what changed is shown.
    judged_alone = with_verdict(results, None, name)
    changes = compare(baseline, results) if baseline else ()
    return replace(judged_alone, gate=replace(judged_alone.gate, changes=changes))


def _judged(
    args: argparse.Namespace, results: Results, judge: Judge
) -> tuple[Results, ProviderError | None]:
    """The results with the judge's verdicts, or as they were with what the provider failed of."""
    price = Price(*args.price) if args.price else None
    try:
        with progress("Judging", quiet=args.json) as watch:
            return judged(results, judge, args.judge, price, lambda p: watch(*p)), None
    except ProviderError as exc:
        return results, exc


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingsError(f"The folder {folder} can't be made ({exc.strerror}).") from exc


def _check_arguments(args: argparse.Namespace) -> None:
    """Combinations that mean nothing are refused before anything is asked."""
    if args.compare and (args.compare[0] != "compare" or len(args.compare) < 3):
        raise SettingsError(
            f"`eval {' '.join(args.compare)}` means nothing; write `eval compare A B`, where each"
            " is `default`, NAME=VALUE or a results.json."
        )
    partners = {
        "update_baseline": "baseline",
        "max_drop": "baseline",
        "split": "beir",
        "price": "judge",
        "votes": "judge",
    }
    for flag, needed in partners.items():
        if getattr(args, flag) not in (None, False) and not getattr(args, needed):
            raise SettingsError(f"--{flag.replace('_', '-')} goes with --{needed}.")
    alone = "compare" if args.compare else "init" if args.init else "check" if args.check else ""
    for flag in ("baseline", "report", "judge", *(["beir"] if alone != "compare" else [])):
        if alone and getattr(args, flag):
            raise SettingsError(f"--{flag} does not go with {alone}; leave one of them out.")
    if args.beir and (args.gold or args.articles):
        raise SettingsError("--beir brings its own questions and articles; leave out the others.")
    if args.work and not (args.beir or args.articles or not args.gold):
        raise SettingsError("--work goes with --articles or --beir; the library is kept anyway.")


def _init(args: argparse.Namespace, home: Path, settings: Settings) -> int:
    path = Path(args.init)
    if args.articles:
        with (
            progress("Ingesting", quiet=args.json) as watch,
            folder_collection(Path(args.articles), settings, None, files_of(watch)) as made,
        ):
            count = write_starter(made.home, path)
    else:
        count = write_starter(home, path)
    if args.json:
        print(json.dumps({"written": str(path), "questions": count}))
        return 0
    what = f" --articles {args.articles}" if args.articles else ""
    print(f"Wrote {count} questions to {path}; edit them, then: citewire eval --gold {path}{what}")
    return 0


def _from_feedback(args: argparse.Namespace, home: Path) -> int:
    for flag in ("compare", *(f"--{f}" for f in "init check gold articles beir report".split())):
        if getattr(args, flag.removeprefix("--")):
            raise SettingsError(f"{flag} does not go with --from-feedback; leave one of them out.")
    path = Path(args.from_feedback)
    questions, unfinished, unread = write_feedback(home, path)
    for fault in unread:
        print(f"citewire: {fault}", file=sys.stderr)
    if args.json:
        told = {"written": str(path), "questions": questions, "unfinished": unfinished}
        print(json.dumps(told))
    else:
        print(
            f"Wrote {questions} questions to {path}, {unfinished} of them unfinished; read"
            f" them through, then: citewire eval --gold {path} --check"
        )
    return 1 if unread else 0


def _check(args: argparse.Namespace, home: Path, settings: Settings) -> int:
    path = gold_path(args)
    gold, mistakes = check_gold(path)
    problems, notes = [str(m) for m in mistakes], list[str]()
    articles = articles_path(args)
    held = "its support was not looked up"
    shelf = None
    if gold and articles:
        shelf, held = sentences_in_folder(articles, settings), f"held against {articles.name}"
    elif gold and Library.exists(home):
        shelf, held = sentences_in_library(home), "held against the library"
    elif gold:
        held = "no library yet, so its support was not looked up"
    if gold:
        problems += threshold_mistakes(gold)
    if gold and shelf is not None:
        found, notes = unfounded(gold, shelf)
        problems += found
    count = len(gold.cases) if gold else 0
    if args.json:
        told = {"gold": path.name, "questions": count, "problems": problems, "notes": notes}
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return 2 if problems else 0
    for line in (*problems, *(f"{note} (a note, no problem)" for note in notes)):
        print(line, file=sys.stderr)
    noun = "problem" if len(problems) == 1 else "problems"
    print(f"{path.name}: {count} questions could be read, {len(problems)} {noun}; {held}.")
    return 2 if problems else 0


@contextmanager
def _judge(args: argparse.Namespace) -> Iterator[Judge | None]:
    """The judge, where one is asked for; a missing key is told before anything is asked."""
    if not args.judge:
        yield None
        return
    transcript = Path(args.report or ".") / "judge.jsonl"
    if args.report:
        # Like the report's other files, it is of the last run.
        transcript.unlink(missing_ok=True)
    with Model(args.judge, endpoint_from()) as model:
        yield Judge(model, args.votes or 1, transcript)


def _baseline(args: argparse.Namespace) -> Results | None:
    if not args.baseline:
        return None
    path = Path(args.baseline)
    if args.update_baseline and not path.exists():
        return None
    try:
        kept = read_results(path)
    except SettingsError as exc:
        if args.update_baseline:
            raise SettingsError(f"{exc} Delete it, and a new one is written.") from exc
        raise
    if not args.update_baseline and (kept.errors or kept.unscored or not kept.questions):
        raise SettingsError(
            f"{path} is no baseline to hold a run to: of its {len(kept.questions)} questions,"
            f" {kept.errors} ended in an error and {kept.unscored} could not be scored."
        )
    return kept


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
