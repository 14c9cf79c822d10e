"""The run as one page for people: no request leaves it, and nothing in it is trusted.

Articles, questions and answers are others' words. Jinja escapes all of them, the pictures escape
theirs in `svg.py`, and a content security policy stands behind both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from eval.reports.bars import whisker
from eval.reports.compare import Comparison, compare
from eval.reports.plots import plots_of
from eval.reports.wording import (
    change_said,
    fault_said,
    grouped,
    interval_said,
    number,
    printable,
    signed,
    status_said,
    threshold_said,
    verdict,
)
from eval.results import QuestionResult, Results

__all__ = ["report_html"]


@dataclass(frozen=True, slots=True)
class Row:
    """A question as the page shows it, with what its filters look at."""

    place: int
    """1 is the first; makes the names of its anchors."""
    question: QuestionResult
    comparison: Comparison
    milliseconds: float | None

    @property
    def facets(self) -> Mapping[str, tuple[str, ...]]:
        """The values by filter."""
        question = self.question
        return {
            "fault": (question.wrong or "right",),
            "kind": (question.kind,),
            "tag": question.tags,
            "status": (status_said(question),),
            "answerable": ("no" if question.abstain else "yes",),
            "baseline": (self.comparison.verdict,),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter: its name, its label, and how many questions each value has."""

    name: str
    label: str
    counts: tuple[tuple[str, int], ...]


def report_html(results: Results, baseline: Results | None = None) -> str:
    """The content of `report.html`."""
    compared = compare(results, baseline)
    times = results.timings.questions if results.timings else {}
    rows = tuple(
        Row(n, q, compared.get(q.id, Comparison("unchanged")), times.get(q.id))
        for n, q in enumerate(results.questions, 1)
    )
    asked = {q.id for q in results.questions}
    page = _template().render(
        results=results,
        baseline=baseline,
        groups=grouped(results),
        changes={c.name: c for c in results.gate.changes},
        units={c.name: s.unit for c in results.gate.changes if (s := results.score(c.name))},
        plots=plots_of(results, baseline),
        rows=rows,
        choices=tuple(_choices(rows, baseline is not None)),
        gone=[q.id for q in baseline.questions if q.id not in asked] if baseline else [],
        wrong=sum(q.wrong is not None for q in results.questions),
    )
    return printable(page)


def _choices(rows: Sequence[Row], compared: bool) -> Iterable[Choice]:
    """The filters that have something to choose from."""
    labels = {
        "fault": "What became of it",
        "kind": "Kind",
        "tag": "Tag",
        "status": "Status",
        "answerable": "Answerable",
        **({"baseline": "Against the baseline"} if compared else {}),
    }
    for name, label in labels.items():
        counts = Counter(value for row in rows for value in row.facets[name])
        if counts:
            yield Choice(name, label, tuple(sorted(counts.items())))


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        change_said=change_said,
        fault_said=fault_said,
        interval_said=interval_said,
        joint=_joint,
        number=number,
        part=_part,
        signed=signed,
        status_said=status_said,
        threshold_said=threshold_said,
        verdict=verdict,
        whisker=whisker,
    )
    source = files("eval.reports").joinpath("page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)


def _joint(left: str, right: str) -> str:
    """What stands between a quotation and the words beside it, which come without outer blanks."""
    if not left or not right or left[-1].isspace() or right[0].isspace():
        return ""
    return "" if left[-1] in "“‘(" or right[0] in "”’).,;:!?" else " "


def _part(value: float) -> str:
    """What a question adds to a score: whole numbers as such."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
