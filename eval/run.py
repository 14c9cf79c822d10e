"""Running gold questions against a library."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from eval.asked import Asked, Ranking
from eval.gate import with_verdict
from eval.provenance import provenance_of
from eval.question import question_result
from eval.questions.cases import Case, Gold
from eval.questions.gold_words import Answering, GoldWordsMissing, Shelf
from eval.results import SCHEMA, GateResult, Results, Timings
from eval.scores import SCORES, SHARES, parts_of, scores_of, speed_scores
from rag.engine import Engine
from rag.errors import LibraryBusy, LibraryError, ModelError, ProviderError, SettingsError
from rag.llm import Model
from rag.settings import Settings
from rag.types import Answer, Article

__all__ = ["Options", "Progress", "evaluate", "threshold_mistakes"]

_FAULTS = 3
"""After so many errors of the provider in a row no more is asked."""
_DEEP = 10
"""How many articles of a ranking retrieval sets are judged on."""


class Progress(NamedTuple):
    """Where a run stands."""

    done: int
    total: int
    question: str


@dataclass(frozen=True, slots=True)
class Options:
    """What a run may need beside gold and settings."""

    judgements: Mapping[str, Mapping[str, int]] | None = None
    """By question id, the grades of article ids: retrieval is then judged by article."""
    retrieval_only: bool = False
    """Whether questions are only searched for and not answered."""
    ingest_seconds: float | None = None
    model: Model | None = None
    """Writes the answers; None for quotations."""
    replies: Path | None = None
    """Where its replies are kept, and found again; None keeps none."""
    not_run: str | None = None
    """Why no question can be asked; each then counts as not scored."""
    home: Path = Path("\0")
    """The library's directory, to be left out of messages; `evaluate` sets it."""
    progress: Callable[[Progress], None] = field(default=lambda _: None)


def evaluate(home: Path, gold: Gold, settings: Settings, options: Options | None = None) -> Results:
    """Ask every question of a gold file and score the answers.

    Args:
        home: the library's directory.
        gold: the questions, with the thresholds of the gate.
        settings: those to answer with.
        options: what else there is to know.

    Returns:
        The results, judged by thresholds; `eval.gate` holds them to a baseline.

    Raises:
        SettingsError: the library lacks an article the gold file names, or a threshold has
            an unknown name.
        EmptyLibrary: there is nothing to ask.
        LibraryError: the library can't be read.
    """
    options = replace(options or Options(), home=home)
    if mistakes := threshold_mistakes(gold):
        raise SettingsError(f"{mistakes[0]}.")
    with Engine(home, settings, model=options.model, replies=options.replies) as engine:
        shelf = Shelf(engine.library)
        if options.judgements is None:
            _check_articles(gold, shelf)
        started, clock = datetime.now(UTC), time.perf_counter()
        asked: list[Asked] = []
        for n, case in enumerate(gold.cases):
            options.progress(Progress(n, len(gold.cases), case.question))
            if len(asked) >= _FAULTS and all(_failed(a) for a in asked[-_FAULTS:]):
                # A server that is down would take a minute for each of hundreds.
                options = replace(options, not_run=f"not run after {_FAULTS} faults in a row")
            asked.append(_ask(engine, gold, case, shelf, options))
        options.progress(Progress(len(gold.cases), len(gold.cases), ""))
        timings = Timings(
            started=started.isoformat(timespec="seconds"),
            seconds=round(time.perf_counter() - clock, 3),
            ingest_seconds=options.ingest_seconds,
            scores=speed_scores([a.milliseconds for a in asked if a.scorable]),
            questions={a.case.id: round(a.milliseconds, 3) for a in asked},
        )
        return with_verdict(_results(shelf, gold, settings, asked, timings))


def _results(
    shelf: Shelf,
    gold: Gold,
    settings: Settings,
    asked: Sequence[Asked],
    timings: Timings,
) -> Results:
    rows = parts_of(asked)
    questions = tuple(
        question_result(one, parts, shelf) for one, parts in zip(asked, rows, strict=True)
    )
    writer, model = next(
        (("model", a.answer.model) for a in asked if a.answer and a.answer.model),
        (("model", settings.model or None) if settings.writer == "model" else ("quotes", None)),
    )
    return Results(
        schema=SCHEMA,
        provenance=provenance_of(
            shelf.library, gold, settings, writer=writer, model=model, judge=None
        ),
        scores=tuple(scores_of(rows, [a.case.abstain for a in asked], gold.thresholds)),
        errors=sum(a.error is not None for a in asked),
        unscored=sum(a.error is None and a.unscored is not None for a in asked),
        questions=questions,
        gate=GateResult(passed=False, reasons=()),
        timings=timings,
    )


def _ask(engine: Engine, gold: Gold, case: Case, shelf: Shelf, options: Options) -> Asked:
    nothing = Answering((), frozenset(), exact=False)
    if options.not_run:
        return Asked(case, None, None, options.not_run, nothing, None, {}, {}, {}, 0.0)
    try:
        every = options.judgements is None
        answering, unscored = shelf.answering(case, every=every), None
    except GoldWordsMissing as exc:
        answering, unscored = nothing, str(exc)
    began = time.perf_counter()
    try:
        answer = None if options.retrieval_only else engine.ask(case.question, None, case.as_of)
        if answer and answer.fault:
            # What is quoted instead is no answer of the model that is measured.
            raise ProviderError(answer.fault)
        answered = time.perf_counter()
        retrieval = _ranking(engine, case, answer, answering, options)
        found = {hit.passage.article_id for hit in answer.hits} if answer else set()
        found_on = {i: shelf.article(i).published for i in found}
        done = time.perf_counter() if options.retrieval_only else answered
        articles = _articles(answer, shelf)
    except (LibraryError, LibraryBusy, ModelError):
        # Not a fault of this question: no other would fare better.
        raise
    except Exception as exc:  # a fault in one question must not hide the others
        # Reports are shown to others: where this machine keeps things is no part of them.
        said = str(exc).replace(str(options.home), "…")
        error = f"{type(exc).__name__}: {' '.join(said.split())}"
        spent = (time.perf_counter() - began) * 1000
        return Asked(case, None, error, unscored, answering, None, {}, {}, {}, spent)
    spent = (done - began) * 1000
    facts = {i: stated for i, a in articles.items() if (stated := gold.facts_of(a.source))}
    return Asked(
        case, answer, None, unscored, answering, retrieval, articles, facts, found_on, spent
    )


def _failed(asked: Asked) -> bool:
    return (asked.error or "").startswith(ProviderError.__name__)


def _articles(answer: Answer | None, shelf: Shelf) -> dict[str, Article]:
    cited = (*answer.citations, *answer.nearest) if answer else ()
    return {c.article_id: shelf.article(c.article_id) for c in cited}


def _ranking(
    engine: Engine,
    case: Case,
    answer: Answer | None,
    answering: Answering,
    options: Options,
) -> Ranking | None:
    """The ranking of articles where they were judged, else of the passages of the answer."""
    if options.judgements is None:
        if case.abstain or answer is None:
            return None
        ranked = tuple(hit.passage.id for hit in answer.hits)
        return Ranking(ranked, dict.fromkeys(answering.passages, 1))
    grades = options.judgements.get(case.id)
    if not grades:
        return None
    hits = engine.finder.search(case.question, None, case.as_of)
    best = dict.fromkeys(hit.passage.article_id for hit in hits)
    return Ranking(tuple(best)[:_DEEP], grades)


def _check_articles(gold: Gold, shelf: Shelf) -> None:
    for case in gold.cases:
        for support in case.support:
            if not shelf.has(support):
                raise SettingsError(
                    f"The library has no article for {support.article!r} ({support.files}) of"
                    f" {gold.path.name}; ingest it, or name its folder with --articles."
                )


def threshold_mistakes(gold: Gold) -> list[str]:
    """Thresholds on what is no score, or that no score can meet; one line each."""
    mistakes: list[str] = []
    for name, least in gold.thresholds.items():
        if name not in SCORES:
            mistakes.append(
                f"{gold.path}: there is no score {name!r} to have a threshold; there are"
                f" {', '.join(SCORES)}"
            )
        elif name in SHARES and not 0 <= least <= 1:
            mistakes.append(f"{gold.path}: thresholds, {name}: {least:g} is not from 0 to 1")
    return mistakes
