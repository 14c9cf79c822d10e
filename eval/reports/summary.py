"""The run on half a page of Markdown, for `$GITHUB_STEP_SUMMARY` and pull requests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import get_args

from eval.reports.compare import Comparison, compare
from eval.reports.wording import (
    change_said,
    fault_said,
    grouped,
    interval_said,
    number,
    printable,
    questions_said,
    threshold_said,
    verdict,
)
from eval.results import Fault, QuestionResult, Results, Score

__all__ = ["summary_md"]

_MOST = 20
"""Questions listed; the page has them all."""
_LONGEST = 160
"""Characters of a text in a table."""


def summary_md(results: Results, baseline: Results | None = None) -> str:
    """The content of `summary.md`."""
    compared = compare(results, baseline)
    blocks = (
        _verdict(results),
        _counts(results),
        _scores(results),
        _questions(results, compared),
        _provenance(results),
    )
    return printable("\n\n".join(block for block in blocks if block) + "\n")


def _verdict(results: Results) -> str:
    reasons = [_escaped(r, most=1000) for r in results.gate.reasons]
    if results.gate.passed or not reasons:
        return f"**{verdict(results)}**"
    first = f"**{verdict(results).removesuffix('.')}: {reasons[0].rstrip('.')}.**"
    if len(reasons) == 1:
        return first
    return first + "\n\n" + "\n".join(f"- {reason}" for reason in reasons[1:])


def _counts(results: Results) -> str:
    faults = Counter(q.wrong for q in results.questions if q.wrong is not None)
    said = ", ".join(f"{fault} {faults[fault]}" for fault in get_args(Fault) if faults[fault])
    wrong = f"{faults.total()} went wrong ({said})" if faults else "none went wrong"
    return f"{questions_said(len(results.questions))}, {wrong}."


def _scores(results: Results) -> str:
    changes = {c.name: c for c in results.gate.changes}
    head = ["score", "n", "value", "95 %", "threshold", *(["change"] if changes else [])]

    def row(score: Score) -> list[str]:
        cells = [
            _escaped(score.name),
            str(score.n),
            f"**{number(score.value, score.unit)}** ✗"
            if score.missed
            else number(score.value, score.unit),
            interval_said(score),
            threshold_said(score),
        ]
        if not changes:
            return cells
        change = changes.get(score.name)
        moved = change_said(change, score.unit) if change else ""
        return [*cells, f"**{moved}** ✗" if change and change.failed else moved]

    tables = (
        f"### {_escaped(name)}\n\n" + _table(head, map(row, rows), "lrrrrr")
        for name, rows in grouped(results)
    )
    return "\n\n".join(tables)


def _questions(results: Results, compared: Mapping[str, Comparison]) -> str:
    """What went wrong or moved, what got worse first."""

    def rank(question: QuestionResult) -> int:
        moved = compared.get(question.id, Comparison("unchanged")).verdict
        return {"worse": 0, "better and worse": 1}.get(moved, 2 if question.wrong else 3)

    def told(question: QuestionResult) -> bool:
        moved = compared.get(question.id, Comparison("unchanged")).verdict
        return question.wrong is not None or moved not in ("unchanged", "new")

    rows = sorted(filter(told, results.questions), key=rank)
    if not rows:
        return ""
    head = ["question", "", "what went wrong", *(["against the baseline"] if compared else [])]
    cells = (
        [
            _escaped(q.id),
            _escaped(q.question),
            _escaped(fault_said(q)),
            *([compared[q.id].verdict] if compared else []),
        ]
        for q in rows[:_MOST]
    )
    title = "Went wrong or changed" if compared else "Went wrong"
    more = f"\n\nand {len(rows) - _MOST} more, in `report.html`." if len(rows) > _MOST else ""
    return f"### {title}\n\n" + _table(head, cells, "llll") + more


def _provenance(results: Results) -> str:
    p = results.provenance
    commit = f"{p.commit or 'no commit'}{' with changes' if p.dirty else ''}"
    parts = [
        f"Citewire {p.citewire} ({commit})",
        f"gold {p.gold} {p.gold_hash}",
        f"library {p.library_hash} of {p.articles} articles",
        f"settings {p.settings_hash}",
        f"writer {p.writer}" + (f" {p.model}" if p.model else ""),
        *([f"judge {p.judge}"] if p.judge else []),
        *([f"baseline {results.gate.baseline}"] if results.gate.baseline else []),
        f"Python {p.python}",
        p.machine,
        *(
            [f"{results.timings.started}, {results.timings.seconds:.1f} s"]
            if results.timings
            else []
        ),
    ]
    line = "; ".join(map(_escaped, parts))
    return f"<details><summary>Where the numbers come from</summary>\n\n{line}\n\n</details>"


def _table(head: list[str], rows: Iterable[list[str]], sides: str) -> str:
    marks = ["---:" if side == "r" else "---" for side in sides[: len(head)]]
    lines = (f"| {' | '.join(cells)} |" for cells in (head, marks, *rows))
    return "\n".join(lines)


def _escaped(text: str, most: int = _LONGEST) -> str:
    """The text as Markdown that means just these characters, on one line.

    Numeric references and not backslashes: a table is cut at pipes before backslashes are read
    within code, and a reference never starts a tag, a link or code.
    """
    line = " ".join(text.split())
    cut = line if len(line) <= most else line[: most - 1] + "…"
    return re.sub(r"[&<>|`*_~\[\]\\#$@]", lambda m: f"&#{ord(m[0])};", cut)
