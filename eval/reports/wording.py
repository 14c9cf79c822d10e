"""How the reports say things: numbers, the verdict, and what went wrong in one sentence."""

from __future__ import annotations

import re
from itertools import groupby

from eval.results import Change, QuestionResult, Results, Score

__all__ = [
    "change_said",
    "every_score",
    "fault_said",
    "grouped",
    "interval_said",
    "number",
    "printable",
    "questions_said",
    "signed",
    "status_said",
    "threshold_said",
    "verdict",
]

_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """The text with every character that XML does not allow replaced by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def number(value: float | None, unit: str = "") -> str:
    """A value as people read it; a share has three decimals."""
    if value is None:
        return "–"
    if not unit:
        return f"{value:.3f}"
    if unit == "USD":
        return f"{value:.4f} USD"
    size = abs(value)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f} {unit}"


def signed(value: float, unit: str = "") -> str:
    """A difference, with a real minus sign."""
    rounded = number(abs(value), unit)
    nothing = not any(digit in rounded for digit in "123456789")
    return ("" if nothing else "−" if value < 0 else "+") + rounded


def interval_said(score: Score) -> str:
    """The 95 % interval; the unit stands with the value already."""
    if score.low is None or score.high is None:
        return "–"
    low, high = (
        number(v, score.unit).removesuffix(f" {score.unit}") for v in (score.low, score.high)
    )
    return f"{low}–{high}"


def threshold_said(score: Score) -> str:
    """The threshold with the side of it that passes; empty where there is none."""
    if score.threshold is None:
        return ""
    return f"{'≥' if score.better == 'higher' else '≤'} {number(score.threshold, score.unit)}"


def change_said(change: Change, unit: str = "") -> str:
    """How far a score moved, with the interval."""
    if change.before == change.after and change.low == change.high == 0:
        return "no change"
    low, high = signed(change.low, unit), signed(change.high, unit)
    return f"{signed(change.after - change.before, unit)} [{low}, {high}]"


def every_score(results: Results) -> tuple[Score, ...]:
    """The scores, those of speed last."""
    return (*results.scores, *(results.timings.scores if results.timings else ()))


def grouped(results: Results) -> tuple[tuple[str, tuple[Score, ...]], ...]:
    """The scores under their headings, headings in the order they first come up."""
    scores = every_score(results)
    order = {group: n for n, group in reversed([*enumerate(s.group for s in scores)])}
    ordered = sorted(scores, key=lambda s: order[s.group])
    return tuple((name, tuple(rows)) for name, rows in groupby(ordered, key=lambda s: s.group))


def questions_said(count: int) -> str:
    """A number of questions."""
    return f"{count:,} question" if count == 1 else f"{count:,} questions"


def verdict(results: Results) -> str:
    """One sentence; the reasons are in `results.gate.reasons`."""
    return "The gate passes." if results.gate.passed else "The gate fails."


def status_said(question: QuestionResult) -> str:
    """The status in words."""
    return {"not_found": "refused", "not_asked": "not asked"}.get(question.status, question.status)


def fault_said(question: QuestionResult) -> str:  # noqa: PLR0911 - one for each fault
    """What went wrong, in a sentence; empty where nothing did."""
    match question.wrong:
        case None:
            return ""
        case "error":
            return f"The program failed: {_closed(question.error or 'it gave no reason')}"
        case "unscored":
            why = _closed(question.unscored or "no reason was given")
            return f"It could not be scored: {why}"
        case "retrieval" if question.status == "not_asked":
            return "Not every relevant article was among the first ten found."
        case "retrieval":
            return "No passage with the answer was found."
        case "evidence" if (
            _full(question, "right sentence") and "all sides cited" in question.parts
        ):
            return "A right sentence was quoted, but not one of every side that is asked for."
        case "evidence" if question.status == "not_found":
            return "A passage with the answer was found, but it was refused on other sentences."
        case "evidence":
            return "A passage with the answer was found, but another sentence was quoted."
        case "abstention" if question.abstain:
            return "It was answered, although the articles do not answer it."
        case "abstention":
            return "It was refused, although the articles answer it."
        case "citation":
            return _citation_fault(question)
        case "answer":
            return "The right sentence was quoted, but the answer lacks what was expected."


def _full(question: QuestionResult, score: str) -> bool:
    value, weight = question.parts.get(score, (0.0, 0.0))
    return bool(weight) and value >= weight


def _citation_fault(question: QuestionResult) -> str:
    bad = next((c for c in question.citations if c.fault), None)
    if bad is not None:
        return f"Quotation [{bad.n}] is not as cited: {_closed(bad.fault or '')}"
    words = [word for claim in question.claims for word in claim.missing]
    if words:
        return f"The answer says what its citations do not carry: {_closed(', '.join(words))}"
    if _lacking(question, "attribution right"):
        return "A source is shown with another outlet, day or title than the gold has."
    if _lacking(question, "as of kept"):
        return "It rests on an article that is later than the day asked for, or undated."
    return "The answer and its citations do not fit together."


def _lacking(question: QuestionResult, score: str) -> bool:
    value, weight = question.parts.get(score, (0.0, 0.0))
    return value < weight


def _closed(text: str) -> str:
    """The text on one line, ending in a full stop."""
    return " ".join(text.split()).rstrip(".") + "."
