"""Printing scores, for people and for programs."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.run import Scores
from eval.score import Scored

__all__ = ["print_scores", "scores_json"]


def print_scores(scores: Scores, console: Console) -> None:
    """A table of rates, then what went wrong, then the verdict."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Metric")
    for column in ("n", "value", "95 %", "least"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, rate in scores.rates.items():
        low, high = rate.interval
        least = scores.gold.thresholds.get(name)
        table.add_row(
            name,
            str(rate.n),
            _number(rate.value),
            f"{_number(low)}–{_number(high)}",
            _number(least) if least is not None else "",
            style="bold red" if name in scores.missed else "",
        )
    least = scores.gold.thresholds.get("balanced accuracy")
    table.add_row(
        "balanced accuracy",
        "",
        _number(scores.balanced_accuracy),
        "",
        _number(least) if least is not None else "",
    )
    console.print(table)
    console.print(
        f"{scores.quotes:.2f} quotations an answer; p50 {scores.p50_ms:.0f} ms,"
        f" p95 {scores.p95_ms:.0f} ms a question; settings {scores.settings_hash}."
    )
    for s in scored_wrong(scores):
        console.print(Text(f"{_fault(s)}: {s.case.id}: {s.case.question}", "dim"), soft_wrap=True)
    for name, least in scores.missed.items():
        console.print(Text(f"Below its threshold of {least:.2f}: {name}.", "bold red"))
    passed = "The gate passes." if scores.passed else "The gate fails."
    console.print(Text(passed, "green" if scores.passed else "bold red"))


def scores_json(scores: Scores) -> dict[str, Any]:
    """The scores as one object."""
    return {
        "gold": scores.gold.path.name,
        "passed": scores.passed,
        "missed": scores.missed,
        "balanced_accuracy": scores.balanced_accuracy,
        "quotes_per_answer": scores.quotes,
        "p50_ms": scores.p50_ms,
        "p95_ms": scores.p95_ms,
        "settings_hash": scores.settings_hash,
        "rates": {
            name: {
                "hits": r.hits,
                "n": r.n,
                "value": None if math.isnan(r.value) else r.value,
                "interval": None if math.isnan(r.value) else r.interval,
                "least": scores.gold.thresholds.get(name),
            }
            for name, r in scores.rates.items()
        },
        "questions": [
            {
                "id": s.case.id,
                "question": s.case.question,
                "status": s.answer.status if s.answer else "error",
                "error": s.error,
                "confidence": s.answer.confidence if s.answer else None,
                "abstain": s.case.abstain,
                "tags": sorted(s.case.tags),
                "right_sentence": s.right_sentence,
                "right_article": s.right_article,
                "accepted": s.accepted,
                "quotes": [c.quote for c in s.answer.citations] if s.answer else [],
            }
            for s in scores.scored
        ],
    }


def scored_wrong(scores: Scores) -> list[Scored]:
    """The questions that went wrong in any way."""
    return [s for s in scores.scored if _fault(s)]


def _fault(s: Scored) -> str:
    if s.answer is None:
        return f"error ({s.error})"
    answered = s.answer.status != "not_found"
    if s.case.abstain:
        return "wrongly answered" if answered else ""
    if not answered:
        return "wrongly refused"
    if not s.right_sentence:
        return "wrong sentence"
    if s.verbatim.hits < s.verbatim.n:
        return "not verbatim"
    return ""


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
