"""Printing a run, and the comparison of two, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.metrics.abstention import table_of
from eval.reports.wording import fault_said, grouped, interval_said, number, threshold_said, verdict
from eval.results import Change, Results, Score

__all__ = ["print_changes", "print_results"]

_MOST_QUESTIONS = 30
"""Questions that went wrong, named on a terminal; the report names all."""


def print_results(results: Results, console: Console) -> None:
    """Scores, then what went wrong, then the verdict with its reasons."""
    table = Table(box=None, pad_edge=False)
    # On a narrow terminal names wrap; a number cut short would be another number.
    table.add_column("Score", overflow="fold")
    for column, width in (("n", 3), ("value", 7), ("95 %", 11), ("passes", 7)):
        table.add_column(column, justify="right", no_wrap=True, min_width=width)
    for group, scores in grouped(results):
        table.add_row(Text(group, "bold dim"))
        for score in scores:
            _add(table, score)
    console.print(table)
    _print_table(results, console)
    wrong = [q for q in results.questions if q.wrong]
    for question in wrong[:_MOST_QUESTIONS]:
        line = Text.assemble((f"{_tame(question.id)}: ", "bold"), f"{_tame(question.question)} ")
        console.print(line.append(_tame(fault_said(question)), "dim"))
    if len(wrong) > _MOST_QUESTIONS:
        rest = len(wrong) - _MOST_QUESTIONS
        console.print(Text(f"… and {rest} more went wrong; --report DIR shows all.", "dim"))
    if results.judge:
        _print_judge(results, console)
    print_changes([c for c in results.gate.changes if c.worse or c.better], console)
    for note in results.gate.notes:
        console.print(Text(f"Note: {note}.", "dim"))
    for reason in results.gate.reasons:
        said = _tame(f"{reason[0].upper()}{reason[1:]}.")
        console.print(Text(said, "bold red"), soft_wrap=True)
    console.print(Text(verdict(results), "green" if results.gate.passed else "bold red"))


def print_changes(changes: Iterable[Change], console: Console) -> None:
    """Scores that changed, with the questions that moved them."""
    rows = list(changes)
    if not rows:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Change", overflow="fold")
    for column, width in (("n", 3), ("before → after", 13), ("95 %", 15)):
        table.add_column(column, justify="right", no_wrap=True, min_width=width)
    for change in rows:
        table.add_row(
            change.name,
            str(change.n),
            f"{change.before:.3f} → {change.after:.3f}",
            f"{change.low:+.3f}…{change.high:+.3f}",
            style="bold red" if change.failed else "",
        )
    console.print(table)
    for name in ("worse", "better"):
        moved = dict.fromkeys(i for c in rows for i in getattr(c, name))
        if moved:
            console.print(Text(f"{name}: {', '.join(moved)}", "dim"))


def _add(table: Table, score: Score) -> None:
    table.add_row(
        f"  {score.name}",
        str(score.n),
        number(score.value, score.unit).removesuffix(" quotations"),
        interval_said(score),
        threshold_said(score),
        style="bold red" if score.missed else "",
    )


def _print_table(results: Results, console: Console) -> None:
    cells = table_of(results.questions)
    if not sum(cells):
        return
    console.print(
        f"Answerable: {cells.answered_answerable} answered, {cells.refused_answerable} refused."
        f" Not answerable: {cells.answered_not} answered, {cells.refused_not} refused."
        f" Errors: {results.errors}. Unscored: {results.unscored}."
    )


def _tame(text: str) -> str:
    """Without control characters: articles and errors must not drive the terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _print_judge(results: Results, console: Console) -> None:
    summary = results.judge
    if summary is None:
        return
    agreed = "–" if summary.agreement is None else f"{summary.agreement:.3f}"
    kappa = "–" if summary.kappa is None else f"{summary.kappa:.2f}"
    cost = "" if summary.cost_usd is None else f", {summary.cost_usd:.4f} USD"
    said = (
        f"Judged by {results.provenance.judge}: {summary.judged}, unscored {summary.unscored};"
        f" agrees with the scores on {agreed} of {summary.agreement_n} (kappa {kappa});"
        f" {summary.prompt_tokens + summary.completion_tokens} tokens{cost}."
    )
    console.print(Text(_tame(said)))
