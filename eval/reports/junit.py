"""The run as JUnit's XML, for CI that draws test results.

A question that went wrong does not fail the build; a threshold does. So the questions stand in a
suite in which only errors and unscored ones are red, and the gate in a suite of its own, with one
test for each thing that can close it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from eval.reports.wording import (
    change_said,
    fault_said,
    interval_said,
    number,
    printable,
    questions_said,
    threshold_said,
)
from eval.results import Change, QuestionResult, Results, Score

__all__ = ["junit_xml"]


class _Check(NamedTuple):
    """One thing that can close the gate; `failure` is None where it does not."""

    kind: str
    name: str
    found: str
    failure: str | None
    sign: str
    """How the gate's own reason for it begins, or what stands in it where it is counted."""

    def explains(self, reason: str) -> bool:
        """Whether a reason of the gate is this check's."""
        return reason.startswith(self.sign) or (self.kind == "run" and self.sign in reason)


def junit_xml(results: Results) -> str:
    """The content of `junit.xml`."""
    root = ET.Element("testsuites", name="citewire")
    milliseconds = dict(results.timings.questions) if results.timings else {}
    questions = [_question(q, results, milliseconds) for q in results.questions]
    root.append(_suite("questions", questions, results))
    root.append(_suite("gate", [_check(c) for c in _checks(results)], results))
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", _seconds(sum(milliseconds.get(q.id, 0.0) for q in results.questions)))
    ET.indent(root, " ")
    return printable(
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"
    )


def _suite(name: str, cases: Sequence[ET.Element], results: Results) -> ET.Element:
    time = sum(float(case.get("time", "0")) for case in cases)
    suite = ET.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(_holding(cases, "failure")),
        errors=str(_holding(cases, "error")),
        skipped="0",
        time=f"{time:.3f}",
    )
    if results.timings is not None:
        suite.set("timestamp", results.timings.started)
    suite.extend(cases)
    return suite


def _question(question: QuestionResult, results: Results, ms: dict[str, float]) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=results.provenance.gold,
        name=question.id,
        time=_seconds(ms.get(question.id, 0.0)),
    )
    if question.wrong is None and question.error is None and question.unscored is None:
        return case
    said = fault_said(question)
    if question.wrong is not None:
        properties = ET.SubElement(case, "properties")
        ET.SubElement(properties, "property", name="wrong", value=question.wrong)
    if question.error is not None or question.wrong == "error":
        ET.SubElement(case, "error", type="error", message=question.error or said)
    elif question.unscored is not None or question.wrong == "unscored":
        ET.SubElement(case, "error", type="unscored", message=question.unscored or said)
    lines = [question.question, said, *(f"[{c.n}] {c.file}: {c.quote}" for c in question.citations)]
    ET.SubElement(case, "system-out").text = "\n".join(line for line in lines if line)
    return case


def _checks(results: Results) -> tuple[_Check, ...]:
    checks = [
        *(_threshold(s) for s in results.scores if s.threshold is not None),
        *(_change(c, results) for c in results.gate.changes),
        _none_of("errors", results.errors, "ended in an error"),
        _none_of("unscored", results.unscored, "could not be scored"),
    ]
    return (*checks, _Check("run", "anything else", "", _other(results, checks), ""))


def _other(results: Results, checks: Sequence[_Check]) -> str | None:
    """What closes the gate beside the checks, such as a baseline of other questions."""
    if results.gate.passed:
        return None
    red = [c for c in checks if c.failure is not None]
    rest = [r for r in results.gate.reasons if not any(c.explains(r) for c in red)]
    return "; ".join(rest) or (None if red else "The gate fails without a reason.")


def _threshold(score: Score) -> _Check:
    wanted, value = threshold_said(score), number(score.value, score.unit)
    found = f"{value} (95 %: {interval_said(score)}, n = {score.n}); wanted {wanted}"
    failure = f"{score.name} is {value}; wanted {wanted}." if score.missed else None
    return _Check("thresholds", score.name, found, failure, f"{score.name} is ")


def _change(change: Change, results: Results) -> _Check:
    score = results.score(change.name)
    moved = change_said(change, score.unit if score else "")
    worse = f"; worse: {', '.join(change.worse)}" if change.worse else ""
    # A drop that was accepted, as by writing a new baseline, is no reason of the gate's.
    red = change.failed and any(r.startswith(f"{change.name} fell") for r in results.gate.reasons)
    failure = f"{change.name} moved by {moved} against the baseline." if red else None
    found = f"{moved}, n = {change.n}{worse}"
    return _Check("baseline", change.name, found, failure, f"{change.name} fell")


def _none_of(name: str, count: int, what: str) -> _Check:
    failure = f"{questions_said(count)} {what}." if count else None
    return _Check("run", name, str(count), failure, what)


def _check(check: _Check) -> ET.Element:
    case = ET.Element("testcase", classname=f"gate.{check.kind}", name=check.name, time="0.000")
    if check.failure:
        ET.SubElement(case, "failure", type=check.kind, message=check.failure)
    if check.found:
        ET.SubElement(case, "system-out").text = check.found
    return case


def _holding(cases: Iterable[ET.Element], name: str) -> int:
    return sum(case.find(name) is not None for case in cases)


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.3f}"
