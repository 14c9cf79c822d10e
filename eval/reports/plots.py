"""The pictures of a report: each a title, an SVG and a sentence on how to read it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from eval.intervals import wilson
from eval.reports.bars import changes, went_wrong
from eval.reports.svg import Frame, Plot, Scale, line, nice_step, picture, tag, ticks, words
from eval.reports.wording import questions_said
from eval.results import QuestionResult, Results

__all__ = ["latency", "plots_of", "reliability", "trade_off"]

_WIDTH = 420.0
_HEIGHT = 290.0
_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


class _Point(NamedTuple):
    x: float
    """Share of what can't be answered that is refused."""
    y: float
    """Share of what can be answered that is answered."""


def plots_of(results: Results, baseline: Results | None = None) -> tuple[Plot, ...]:
    """Every picture of a run; the last only where it was compared."""
    questions = results.questions
    every = (
        went_wrong(questions),
        trade_off(questions, baseline.questions if baseline else ()),
        reliability(questions),
        latency(results),
    )
    return (*every, changes(results)) if baseline or results.gate.changes else every


def reliability(questions: Sequence[QuestionResult]) -> Plot:
    """How often the articles did answer, by how sure the program was that they do."""
    name, title = "reliability", "Is the confidence honest?"
    sure = [
        (q.confidence, not q.abstain)
        for q in questions
        if q.confidence is not None and q.unscored is None
    ]
    if not sure:
        return Plot(name, title, "", "No data: no question has a confidence.")
    # Bins of equal width: where confidence piles up is worth seeing, and equal confidences
    # never end in two bins.
    bins = [[row for row in sure if min(9, int(row[0] * 10 + 1e-9)) == n] for n in range(10)]
    filled = [rows for rows in bins if rows]
    frame = Frame(
        x=Scale(0, 1, 52, _WIDTH - 14),
        y=Scale(0, 1, _HEIGHT - 44, 34),
        x_title="confidence that the articles answer",
        x_ticks=_SHARES,
        y_title="share they do answer",
        y_ticks=_SHARES,
    )
    x, y = frame.x, frame.y
    marks = []
    apart = 0.0
    for rows in filled:
        hits, n = sum(answerable for _, answerable in rows), len(rows)
        at = sum(confidence for confidence, _ in rows) / n
        low, high = wilson(hits / n, n)
        apart += abs(at - hits / n) * n / len(sure)
        said = f"confidence {at:.2f}: {hits} of {n} can be answered"
        marks += [
            line(x(at), y(low), x(at), y(high), "whisker"),
            tag("circle", tag("title", said), cx=x(at), cy=y(hits / n), r=4.5, class_="dot"),
            words(x(at), 25, str(n), "tick", "middle"),
        ]
    svg = picture(
        _WIDTH,
        _HEIGHT,
        f"Reliability diagram of {len(sure)} questions in {len(filled)} bins of confidence",
        frame.drawn(),
        words(46, 25, "n", "tick", "end"),
        line(x(0), y(0), x(1), y(1), "diagonal"),
        *marks,
    )
    caption = (
        "Each dot is a bin of questions, with its 95\u00a0% interval and its size above:"
        f" dots on the dashed line are honest. On average they are {apart:.2f} away from it."
    )
    return Plot(name, title, svg, caption)


def latency(results: Results) -> Plot:
    """How long questions took."""
    name, title = "latency", "How long does a question take?"
    times = sorted(results.timings.questions.values()) if results.timings else []
    if not times:
        return Plot(name, title, "", "No data: no question was timed.")
    p50, p95 = _nearest(results, times, 0.5), _nearest(results, times, 0.95)
    # One question in a hundred that waits for a disk must not squeeze the others into one bar.
    top = times[-1] if times[-1] <= 3 * p95 else 1.5 * p95
    step = nice_step(max(top - times[0], top / 20, 0.001) / 20)
    first = math.floor(times[0] / step + 1e-9)
    bins = max(1, math.floor(top / step + 1e-9) + 1 - first)
    counts = Counter(min(bins - 1, int(t / step + 1e-9) - first) for t in times)
    most = max(counts.values())
    frame = Frame(
        x=Scale(first * step, (first + bins) * step, 52, _WIDTH - 14),
        y=Scale(0, most * 1.05, _HEIGHT - 44, 46),
        x_title="milliseconds",
        x_ticks=ticks(first * step, (first + bins) * step),
        y_title="questions",
        y_ticks=tuple(t for t in ticks(0, most, 4) if t == int(t)),
    )
    x, y = frame.x, frame.y
    bars = []
    for n, count in sorted(counts.items()):
        low, high = (first + n) * step, (first + n + 1) * step
        said = f"{low:,.6g} to {high:,.6g} ms: {questions_said(count)}"
        bars.append(
            tag(
                "rect",
                tag("title", said),
                x=x(low) + 0.5,
                y=y(count),
                width=max(1.0, x(high) - x(low) - 1),
                height=y(0) - y(count),
                class_="bar",
            )
        )
    svg = picture(
        _WIDTH,
        _HEIGHT,
        f"Histogram of the milliseconds of {questions_said(len(times))}",
        frame.drawn(),
        *bars,
        *_flag(frame, p50, "p50", 16),
        *_flag(frame, p95, "p95", 34),
    )
    longer = times[-1] > (first + bins) * step
    beyond = (
        f" The last bar holds all that took longer, up to {times[-1]:,.0f} ms." if longer else ""
    )
    caption = (
        f"Half of {questions_said(len(times))} took {p50:,.0f} ms or less,"
        f" 95\u00a0% of them {p95:,.0f} ms or less."
    )
    return Plot(name, title, svg, caption + beyond)


def trade_off(questions: Sequence[QuestionResult], earlier: Sequence[QuestionResult] = ()) -> Plot:
    """What answering more would cost in wrong answers, over all thresholds."""
    name, title = "trade-off", "Answer or refuse?"
    sure = [q for q in questions if q.confidence is not None and q.unscored is None]
    now = _operating(sure)
    if now is None:
        why = "No data: it takes questions that can be answered and others, with a confidence."
        return Plot(name, title, "", why)
    curve = _curve(sure)
    area = sum((b.x - a.x) * (a.y + b.y) / 2 for a, b in pairwise(curve))
    frame = Frame(
        x=Scale(0, 1, 52, _WIDTH - 14),
        y=Scale(0, 1, _HEIGHT - 44, 16),
        x_title="unanswerable questions refused",
        x_ticks=_SHARES,
        y_title="answerable questions answered",
        y_ticks=_SHARES,
    )
    x, y = frame.x, frame.y
    then = _operating([q for q in earlier if q.confidence is not None and q.unscored is None])
    marks = []
    if then is not None and then != now:
        marks += [
            line(x(then.x), y(then.y), x(now.x), y(now.y), "moved"),
            tag(
                "circle",
                tag("title", "baseline"),
                cx=x(then.x),
                cy=y(then.y),
                r=5,
                class_="dot before",
            ),
        ]
    # The label goes to the side that has room, below the curve.
    side, shift = ("end", -11) if now.x > 0.4 else ("start", 11)
    down = 18 if now.y > 0.12 else -10
    at = f"answers {now.y:.0%}, refuses {now.x:.0%}"
    svg = picture(
        _WIDTH,
        _HEIGHT,
        f"Answerable questions answered against unanswerable ones refused: {at}",
        frame.drawn(),
        line(x(0), y(1), x(1), y(0), "diagonal"),
        tag(
            "polyline", points=" ".join(f"{x(p.x):.1f},{y(p.y):.1f}" for p in curve), class_="curve"
        ),
        *marks,
        tag("circle", tag("title", at), cx=x(now.x), cy=y(now.y), r=6, class_="dot now"),
        words(x(now.x) + shift, y(now.y) + down, at.replace("%", "\u00a0%"), "label", side),
    )
    caption = (
        "The line is every threshold on confidence, the dot what the program does now"
        f"{_hollow(marks)}. The upper right corner is perfect, the dashed line chance;"
        f" the area below is {area:.2f}."
    )
    return Plot(name, title, svg, caption)


def _nearest(results: Results, times: Sequence[float], share: float) -> float:
    """The run's own percentile, so that table and picture say the same; else the nearest rank."""
    name = f"p{share * 100:.0f}"
    own = [s.value for s in results.timings.scores if name in s.name] if results.timings else []
    if own and own[0] is not None:
        return own[0]
    return times[math.ceil(share * len(times)) - 1]


def _flag(frame: Frame, value: float, name: str, height: float) -> tuple[str, str]:
    """A line at a value, with its name above."""
    at = frame.x(value)
    side, shift = ("start", 5) if at < (frame.x.start + frame.x.end) / 2 else ("end", -5)
    said = f"{name} {value:,.0f} ms"
    return (
        line(at, height - 9, at, frame.y.start, "mark"),
        words(at + shift, height, said, "label", side),
    )


def _operating(questions: Sequence[QuestionResult]) -> _Point | None:
    """What the statuses say; None where one of the two sorts is missing."""
    return _point(questions, [q.status in ("answered", "disagreement") for q in questions])


def _curve(questions: Sequence[QuestionResult]) -> tuple[_Point, ...]:
    """One point for each threshold, from refusing nothing to refusing everything."""
    levels = sorted({q.confidence for q in questions if q.confidence is not None})
    return tuple(
        point
        for least in (*levels, math.inf)
        if (point := _point(questions, [(q.confidence or 0.0) >= least for q in questions]))
    )


def _point(questions: Sequence[QuestionResult], answered: Sequence[bool]) -> _Point | None:
    pairs = list(zip(questions, answered, strict=True))
    can = [so for q, so in pairs if not q.abstain]
    cannot = [not so for q, so in pairs if q.abstain]
    if not can or not cannot:
        return None
    return _Point(sum(cannot) / len(cannot), sum(can) / len(can))


def _hollow(marks: Sequence[str]) -> str:
    return ", the hollow one what the baseline did" if marks else ""
