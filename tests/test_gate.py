from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from eval.gate import compare, with_verdict
from eval.intervals import interval, ratio
from eval.results import (
    SCHEMA,
    Fault,
    GateResult,
    JudgeSummary,
    Part,
    Provenance,
    QuestionResult,
    Results,
    Score,
)


def question(
    n: int, parts: Mapping[str, Part], wrong: Fault | None = None, **changes: object
) -> QuestionResult:
    plain = QuestionResult(
        id=f"q{n:03}",
        question="Who?",
        kind="who",
        tags=(),
        abstain=False,
        as_of=None,
        gold_hash="0" * 12,
        expected=("x",),
        supports=(),
        status="answered",
        error=None,
        unscored=None,
        confidence=0.5,
        answer="x",
        claims=(),
        citations=(),
        parts=parts,
        wrong=wrong,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def results(right: int, of: int, threshold: float | None = None) -> Results:
    """A run in which so many of so many questions are right."""
    name = "right sentence"
    questions = tuple(question(n, {name: (float(n < right), 1.0)}) for n in range(of))
    parts = [q.parts[name] for q in questions]
    low, high = interval(parts) or (None, None)
    score = Score(name, "evidence", ratio(parts), low, high, len(parts), threshold=threshold)
    provenance = Provenance(
        citewire="0",
        commit=None,
        dirty=None,
        python="3",
        packages={},
        machine="m",
        processors=2,
        settings={},
        settings_hash="s",
        writer="quotes",
        model=None,
        judge=None,
        gold="g.yaml",
        gold_hash="g",
        articles=1,
        passages=1,
        sentences=1,
        library_hash="l",
    )
    return Results(
        schema=SCHEMA,
        provenance=provenance,
        scores=(score,),
        errors=0,
        unscored=0,
        questions=questions,
        gate=GateResult(passed=False, reasons=()),
    )


def test_a_run_that_meets_its_thresholds_passes() -> None:
    assert with_verdict(results(90, 100, 0.9)).gate == GateResult(passed=True, reasons=())


def test_a_threshold_missed_fails_with_its_numbers() -> None:
    gate = with_verdict(results(89, 100, 0.9)).gate
    assert not gate.passed
    assert gate.reasons == ("right sentence is 0.890, below 0.9",)


def test_a_threshold_without_a_question_is_not_met() -> None:
    run = results(9, 10, 0.5)
    run = replace(run, scores=(replace(run.scores[0], value=None, n=0),))
    assert "without a question" in with_verdict(run).gate.reasons[0]


def test_a_run_without_questions_fails() -> None:
    run = replace(results(1, 1), questions=(), scores=())
    assert with_verdict(run).gate.reasons == ("no question was asked",)


@pytest.mark.parametrize("kind", ["error", "unscored"])
def test_one_row_that_could_not_be_scored_fails_the_run(kind: str) -> None:
    run = results(10, 10)
    wrong: Fault = "error" if kind == "error" else "unscored"
    bad = question(0, {}, wrong, **{kind: "ValueError: no luck"})
    counts = {"errors": 1} if kind == "error" else {"unscored": 1}
    run = replace(run, questions=(bad, *run.questions[1:]), **counts)  # type: ignore[arg-type]
    (reason,) = with_verdict(run).gate.reasons
    assert "1 question" in reason and "q000" in reason and "no luck" in reason


def test_an_answer_that_could_not_be_judged_fails_the_run() -> None:
    run = replace(results(10, 10), judge=JudgeSummary(9, 1, 1.0, 9, None, 10, 10, None))
    assert "1 answers could not be judged" in with_verdict(run).gate.reasons[0]


def test_a_real_drop_against_the_baseline_fails() -> None:
    gate = with_verdict(results(170, 200), results(180, 200), "base.json").gate
    assert not gate.passed
    (reason,) = gate.reasons
    assert reason.startswith("right sentence fell from 0.900 to 0.850 (by 0.050")
    assert "q170, q171, q172 and 7 more" in reason
    assert gate.baseline == "base.json"


def test_a_drop_that_may_be_noise_passes_and_is_shown() -> None:
    gate = with_verdict(results(178, 200), results(180, 200)).gate
    assert gate.passed
    (change,) = gate.changes
    assert change.high == 0 and change.worse == ("q178", "q179")


def test_a_drop_within_what_is_allowed_passes() -> None:
    assert with_verdict(results(170, 200), results(180, 200), max_drop=0.06).gate.passed
    assert not with_verdict(results(170, 200), results(180, 200), max_drop=0.04).gate.passed


def test_a_drop_of_a_few_questions_is_shown_and_does_not_count() -> None:
    """Of one question that is lost, a bootstrap says that it is lost always."""
    gate = with_verdict(results(0, 1), results(1, 1)).gate
    assert gate.passed
    assert (gate.changes[0].high, gate.changes[0].failed) == (-1.0, False)
    assert any("too few" in note for note in gate.notes)
    assert with_verdict(results(0, 10), results(10, 10)).gate.changes[0].failed


def test_a_score_that_has_no_value_any_more_fails() -> None:
    before = results(10, 10)
    after = replace(before, scores=(replace(before.scores[0], value=None, n=0),))
    assert "right sentence has no value any more" in with_verdict(after, before).gate.reasons[0]


def test_another_library_is_noted_and_does_not_fail() -> None:
    before = results(20, 20)
    after = replace(before, provenance=replace(before.provenance, library_hash="other"))
    gate = with_verdict(after, before).gate
    assert gate.passed and gate.notes == ("the baseline was made with another library",)


def test_a_rise_passes() -> None:
    assert with_verdict(results(190, 200), results(150, 200)).gate.passed


def test_questions_gained_do_not_hide_questions_lost_from_view() -> None:
    after = results(180, 200)
    moved = tuple(
        replace(q, parts={"right sentence": (0.0, 1.0) if n < 20 else (1.0, 1.0)})
        for n, q in enumerate(after.questions)
    )
    (change,) = compare(after, replace(after, questions=moved))
    assert change.before == change.after == pytest.approx(0.9)
    assert len(change.worse) == len(change.better) == 20


def test_a_question_of_the_baseline_that_was_not_asked_fails() -> None:
    gate = with_verdict(results(90, 90), results(90, 100)).gate
    assert "10 questions of the baseline were not asked (q090, q091" in gate.reasons[0]
    assert "--update-baseline" in gate.reasons[0]


def test_a_question_whose_gold_changed_is_not_compared_and_fails() -> None:
    before = results(10, 10)
    first, *rest = before.questions
    after = replace(before, questions=(replace(first, gold_hash="1" * 12), *rest))
    gate = with_verdict(after, before).gate
    assert "the gold of 1 questions is not the baseline's (q000)" in gate.reasons[0]
    assert gate.changes[0].n == 9


def test_a_new_question_passes() -> None:
    gate = with_verdict(results(100, 100), results(90, 90)).gate
    assert gate.passed
    assert gate.changes[0].n == 90


def test_balanced_accuracy_is_compared_though_its_weights_are_made_anew() -> None:
    def run(answered: int) -> Results:
        base = results(100, 100)
        questions = tuple(
            question(
                n,
                {"balanced accuracy": (1.0, 1.0)},
                abstain=n >= 50,
                status="answered" if n < 50 or n < 50 + answered else "not_found",
            )
            for n in range(100)
        )
        score = Score("balanced accuracy", "abstention", 1.0, 1.0, 1.0, 100)
        return replace(base, questions=questions, scores=(score,))

    (change,) = compare(run(0), run(20))
    assert (change.before, change.after) == pytest.approx((1.0, 0.8))
    assert change.failed
