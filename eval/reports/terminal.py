"""Printing a run, and the comparison of two, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.metrics.abstention import table_of
from eval.results import Change, QuestionResult, Results, Score

__all__ = ["print_changes", "print_results"]

_WRONG = {
    "error": "ended in an error",
    "unscored": "could not be scored",
    "retrieval": "no passage that answers was found",
    "evidence": "another sentence was quoted",
    "abstention": "answered or refused wrongly",
    "citation": "a citation does not hold",
    "answer": "the accepted answer is not in it",
}
_MOST_QUESTIONS = 30
"""Questions that went wrong, named on a terminal; the report names all."""


def print_results(results: Results, console: Console) -> None:
    """Scores, then what went wrong, then the verdict with its reasons."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Score", no_wrap=True)
    for column in ("n", "value", "95 %", "least"):
        table.add_column(column, justify="right", no_wrap=True)
    speed = results.timings.scores if results.timings else ()
    for group, scores in groupby((*results.scores, *speed), key=lambda s: s.group):
        table.add_row(Text(group, "bold dim"))
        for score in scores:
            _add(table, score)
    console.print(table)
    _print_table(results, console)
    wrong = [q for q in results.questions if q.wrong]
    for question in wrong[:_MOST_QUESTIONS]:
        console.print(Text(f"{_what(question)}: {question.id}: {question.question}", "dim"))
    if len(wrong) > _MOST_QUESTIONS:
        rest = len(wrong) - _MOST_QUESTIONS
        console.print(Text(f"… and {rest} more went wrong; --report DIR shows all.", "dim"))
    if results.judge:
        _print_judge(results, console)
    print_changes([c for c in results.gate.changes if c.worse or c.better], console)
    for reason in results.gate.reasons:
        console.print(Text(f"{reason[0].upper()}{reason[1:]}.", "bold red"), soft_wrap=True)
    passed = results.gate.passed
    verdict = "The gate passes." if passed else "The gate fails."
    console.print(Text(verdict, "green" if passed else "bold red"))


def print_changes(changes: Iterable[Change], console: Console) -> None:
    """Scores that changed, with the questions that moved them."""
    rows = list(changes)
    if not rows:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Change", no_wrap=True)
    for column in ("n", "before", "after", "95 %", "worse", "better"):
        table.add_column(column, justify="right", no_wrap=True)
    for change in rows:
        table.add_row(
            change.name,
            str(change.n),
            f"{change.before:.3f}",
            f"{change.after:.3f}",
            f"{change.low:+.3f}…{change.high:+.3f}",
            str(len(change.worse)),
            str(len(change.better)),
            style="bold red" if change.failed else "",
        )
    console.print(table)
    for name in ("worse", "better"):
        moved = dict.fromkeys(i for c in rows for i in getattr(c, name))
        if moved:
            console.print(Text(f"{name}: {', '.join(moved)}", "dim"))


def _add(table: Table, score: Score) -> None:
    missed = score.threshold is not None and (
        score.value is None or not _passes(score, score.value, score.threshold)
    )
    table.add_row(
        f"  {score.name}",
        str(score.n),
        _number(score, score.value),
        "" if score.low is None else f"{_number(score, score.low)}–{_number(score, score.high)}",
        "" if score.threshold is None else f"{score.threshold:g}",
        style="bold red" if missed else "",
    )


def _passes(score: Score, value: float, threshold: float) -> bool:
    return value >= threshold if score.better == "higher" else value <= threshold


def _number(score: Score, value: float | None) -> str:
    if value is None:
        return "–"
    if score.unit == "ms":
        return f"{value:.0f} ms"
    return f"{value:.2f}" if score.unit else f"{value:.3f}"


def _print_table(results: Results, console: Console) -> None:
    cells = table_of(results.questions)
    if not sum(cells):
        return
    console.print(
        f"Answerable: {cells.answered_answerable} answered, {cells.refused_answerable} refused."
        f" Not answerable: {cells.answered_not} answered, {cells.refused_not} refused."
        f" Errors: {results.errors}. Unscored: {results.unscored}."
    )


def _print_judge(results: Results, console: Console) -> None:
    summary = results.judge
    if summary is None:
        return
    agreed = "–" if summary.agreement is None else f"{summary.agreement:.3f}"
    kappa = "–" if summary.kappa is None else f"{summary.kappa:.2f}"
    cost = "" if summary.cost_usd is None else f", {summary.cost_usd:.4f} USD"
    console.print(
        f"Judged by {results.provenance.judge}: {summary.judged}, unscored {summary.unscored};"
        f" agrees with the scores on {agreed} of {summary.agreement_n} (kappa {kappa});"
        f" {summary.prompt_tokens + summary.completion_tokens} tokens{cost}."
    )


def _what(question: QuestionResult) -> str:
    if question.wrong == "error":
        return f"error ({question.error})"
    if question.wrong == "abstention":
        return "wrongly answered" if question.abstain else "wrongly refused"
    return _WRONG[question.wrong or "answer"]
