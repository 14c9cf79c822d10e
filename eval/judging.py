"""Putting a run's answers before a model, and holding its verdicts to the other scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from eval.agreement import agreement
from eval.intervals import interval, ratio
from eval.judge import Judge
from eval.metrics.usage import Price
from eval.results import JudgeSummary, Part, QuestionResult, Results, Score
from eval.run import Progress

__all__ = ["judged"]


def judged(
    results: Results,
    judge: Judge,
    name: str,
    price: Price | None,
    progress: Callable[[Progress], None],
) -> Results:
    """The results with a model's verdict on every answer.

    Args:
        results: a run.
        judge: asks the model.
        name: the model's, for the provenance.
        price: of its tokens, where known.
        progress: told of every question.

    Raises:
        ProviderError: the model can't be reached; nothing is judged by halves.
    """
    questions: list[QuestionResult] = []
    sent = received = 0
    for n, question in enumerate(results.questions):
        progress(Progress(n, len(results.questions), question.question))
        if question.status in ("error", "not_asked"):
            questions.append(question)
            continue
        verdict = judge.judge(
            question.id,
            question.question,
            question.expected,
            not question.abstain,
            question.answer,
            [c.quote for c in question.citations] if question.status != "not_found" else [],
        )
        sent += verdict.prompt_tokens
        received += verdict.completion_tokens
        questions.append(replace(question, judge=verdict.result))
    verdicts = [(q, q.judge) for q in questions if q.judge]
    pairs = [
        (j.correct, deterministic)
        for q, j in verdicts
        if j.correct is not None and (deterministic := _deterministic(q)) is not None
    ]
    agreed = agreement(pairs)
    summary = JudgeSummary(
        judged=sum(j.correct is not None for _, j in verdicts),
        unscored=sum(j.correct is None for _, j in verdicts),
        agreement=agreed.agreed,
        agreement_n=agreed.n,
        kappa=agreed.kappa,
        prompt_tokens=sent,
        completion_tokens=received,
        cost_usd=price.of(sent, received) if price else None,
    )
    return replace(
        results,
        provenance=replace(results.provenance, judge=name),
        questions=tuple(questions),
        scores=(*results.scores, *_scores(questions)),
        judge=summary,
    )


def _deterministic(question: QuestionResult) -> bool | None:
    """Whether the answer is right by the scores that need no model; None where none says."""
    if question.abstain:
        return question.status == "not_found"
    part = question.parts.get("answer correct")
    return part[0] >= part[1] if part else None


def _scores(questions: Sequence[QuestionResult]) -> list[Score]:
    verdicts = [q.judge for q in questions if q.judge]
    columns: dict[str, list[Part]] = {
        "judged correct": [(float(j.correct), 1.0) for j in verdicts if j.correct is not None],
        "judged faithful": [(float(j.faithful), 1.0) for j in verdicts if j.faithful is not None],
    }
    scores: list[Score] = []
    for name, parts in columns.items():
        low, high = interval(parts) or (None, None)
        scores.append(Score(name, "judge", ratio(parts), low, high, len(parts)))
    return scores
