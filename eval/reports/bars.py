"""Pictures in bars: what went wrong, what changed, and the small one beside each score."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import get_args

from eval.reports.svg import Frame, Plot, Scale, line, picture, tag, ticks, words
from eval.reports.wording import change_said, questions_said, signed
from eval.results import Change, Fault, QuestionResult, Results, Score

__all__ = ["changes", "went_wrong", "whisker"]

_WIDTH = 420.0
_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_ROWS = 12
"""Bars of one picture; kinds beyond the commonest are taken together."""


def went_wrong(questions: Sequence[QuestionResult]) -> Plot:
    """What became of the questions, by kind."""
    name, title = "went-wrong", "What went wrong?"
    if not questions:
        return Plot(name, title, "", "No data: no question was asked.")
    rows = _by_kind(questions)
    present = [f for f in ("right", *get_args(Fault)) if any(_outcome(q) == f for q in questions)]
    legend, legend_height = _legend(present, Counter(map(_outcome, questions)))
    height = legend_height + 25 * len(rows) + 44
    # Shares and not counts, or the bar of all questions would leave no room for its kinds.
    frame = Frame(
        x=Scale(0, 1, 92, _WIDTH - 40),
        y=Scale(0, 1, height - 40, legend_height),
        x_title="share of the questions",
        x_ticks=_SHARES,
    )
    bars = [
        _stack(label, group, present, frame.x, legend_height + 25 * n)
        for n, (label, group) in enumerate(rows)
    ]
    said = ", ".join(f"{f} {sum(_outcome(q) == f for q in questions)}" for f in present)
    svg = picture(
        _WIDTH, height, f"What became of the questions: {said}", legend, frame.drawn(), *bars
    )
    wrong = sum(q.wrong is not None for q in questions)
    caption = (
        f"{wrong} of {questions_said(len(questions))} went wrong, each named by the first part of"
        " the program that failed it; the number of questions stands at the end of each bar."
    )
    return Plot(name, title, svg, caption)


def changes(results: Results) -> Plot:
    """How far each share moved against the baseline."""
    name, title = "changes", "What changed since the baseline?"
    scores = {c.name: results.score(c.name) for c in results.gate.changes}
    shares = [c for c in results.gate.changes if not (s := scores[c.name]) or not s.unit]
    if not shares:
        return Plot(name, title, "", "No data: no share was compared.")
    moved = [c for c in shares if c.low or c.high or c.after != c.before]
    still = len(shares) - len(moved) if moved else 0
    shares = moved or shares
    drop = results.gate.max_drop
    widest = max(0.02, *(max(abs(c.low), abs(c.high)) for c in shares), drop or 0.0) * 1.08
    height = 34.0 * len(shares) + 56
    frame = Frame(
        x=Scale(-widest, widest, 12, _WIDTH - 12),
        y=Scale(0, 1, height - 40, 6),
        x_title="after − before",
        x_ticks=ticks(-widest, widest, 6),
    )
    limit = (
        [] if drop is None else [line(frame.x(-drop), 6, frame.x(-drop), height - 40, "threshold")]
    )
    svg = picture(
        _WIDTH,
        height,
        f"Change of {len(shares)} scores against the baseline",
        frame.drawn(),
        line(frame.x(0), 6, frame.x(0), height - 40, "zero"),
        *limit,
        *(_moved(c, scores[c.name], frame.x, 22 + 34 * n) for n, c in enumerate(shares)),
    )
    caption = "Dots are the difference over the questions of both runs, with 95\u00a0% intervals."
    if still:
        caption += f" {still} that did not change are left out."
    if drop is not None:
        caption += f" The dotted line is the largest drop that passes ({drop:g})."
    return Plot(name, title, svg, caption)


def whisker(score: Score) -> str:
    """A score's interval as a small bar, with its threshold; the numbers stand beside it."""
    if score.value is None:
        return ""
    low = score.value if score.low is None else score.low
    high = score.value if score.high is None else score.high
    top = 1.0 if not score.unit else max(high, score.value, score.threshold or 0.0, 1e-9) * 1.1
    x = Scale(0, top, 3, 147)
    least = (
        []
        if score.threshold is None
        else [line(x(score.threshold), 1, x(score.threshold), 17, "least")]
    )
    return tag(
        "svg",
        line(x(0), 9, x(top), 9, "track"),
        line(x(low), 9, x(high), 9, "range"),
        *least,
        tag("circle", cx=x(score.value), cy=9, r=4, class_="dot"),
        viewBox="0 0 150 18",
        aria_hidden="true",
    )


def _outcome(question: QuestionResult) -> str:
    return question.wrong or "right"


def _by_kind(questions: Sequence[QuestionResult]) -> list[tuple[str, Sequence[QuestionResult]]]:
    """All questions, then each kind, the commonest first."""
    counts = Counter(q.kind for q in questions)
    kinds = sorted(counts, key=lambda k: (-counts[k], k))
    shown = kinds if len(kinds) < _ROWS else kinds[: _ROWS - 2]
    rows: list[tuple[str, Sequence[QuestionResult]]] = [("all", questions)]
    if len(kinds) > 1:
        rows += [(kind, [q for q in questions if q.kind == kind]) for kind in shown]
    if len(shown) < len(kinds):
        rows.append(("others", [q for q in questions if q.kind not in shown]))
    return rows


def _legend(names: Sequence[str], counts: Counter[str]) -> tuple[str, float]:
    """Squares with names, three to a row, and the height they take."""
    parts = []
    for n, name in enumerate(names):
        x, y = 2 + 138 * (n % 3), 6 + 20 * (n // 3)
        parts += [
            tag("rect", x=x, y=y, width=11, height=11, rx=2, class_=f"fill-{name}"),
            words(x + 16, y + 10, f"{name} {counts[name]}", "label"),
        ]
    return "".join(parts), 20 * math.ceil(len(names) / 3) + 14


def _stack(
    label: str, group: Sequence[QuestionResult], present: Sequence[str], x: Scale, top: float
) -> str:
    """One bar."""
    counts = Counter(map(_outcome, group))
    parts = [words(x.start - 8, top + 13, _short(label, 12), "label", "end")]
    done = 0
    for name in present:
        if not counts[name]:
            continue
        start, end = x(done / len(group)), x((done + counts[name]) / len(group))
        done += counts[name]
        said = escape(f"{label}: {questions_said(counts[name])} {name}")
        parts.append(
            tag(
                "rect",
                tag("title", said),
                x=start,
                y=top,
                width=max(0.5, end - start - 1),
                height=18,
                class_=f"fill-{name}",
            )
        )
    return "".join((*parts, words(x.end + 6, top + 13, str(len(group)), "tick")))


def _moved(change: Change, score: Score | None, x: Scale, y: float) -> str:
    """One row: what it is called, how far it moved, and where that lies."""
    lower = score is not None and score.better == "lower"
    sure = change.low > 0 or change.high < 0
    way = "up" if (change.after > change.before) != lower else "down"
    look = "failed" if change.failed else way if sure else "level"
    middle = x(change.after - change.before)
    note = " (lower is better)" if lower else ""
    fails = " ✗" if change.failed else ""
    said = escape(f"{change.name}: {change_said(change)}")
    return "".join(
        (
            words(14, y, _short(change.name, 34) + note, "label"),
            words(x.end, y, signed(change.after - change.before) + fails, f"label {look}", "end"),
            line(x(change.low), y + 9, x(change.high), y + 9, f"whisker {look}"),
            tag("circle", tag("title", said), cx=middle, cy=y + 9, r=4.5, class_=f"dot {look}"),
        )
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
