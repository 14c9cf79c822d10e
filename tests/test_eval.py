from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from eval.questions.cases import Case, Gold, Support
from eval.questions.gold_file import load_gold
from eval.questions.gold_words import Answering, Shelf, Span
from eval.reports.wording import fault_said
from eval.results import Results
from eval.results_file import read_results, results_json
from eval.run import evaluate
from ingest.pipeline import ingest
from rag.engine import Engine
from rag.errors import LibraryError, SettingsError
from rag.library import Library
from rag.settings import Settings
from rag.types import Answer, Article, Filters
from tests.conftest import ROOT, needs_reports

GOLD = ROOT / "eval" / "gold"
SEEDS_GOLD = GOLD / "seeds.yaml"


@pytest.fixture(scope="module")
def gold() -> Gold:
    return load_gold(SEEDS_GOLD)


@pytest.fixture(scope="module")
def wire_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the thirty invented wire stories. Read only."""
    home = tmp_path_factory.mktemp("wire") / "home"
    ingest(home, [GOLD / "wire"], Settings())
    return home


def few(gold: Gold, thresholds: dict[str, float] | None = None) -> Gold:
    """A dozen answerable questions and four that are not, quick to ask."""
    yes = [c for c in gold.cases if not c.abstain and not c.tags][:12]
    far = [c for c in gold.cases if "far" in c.tags][:4]
    return replace(gold, cases=(*yes, *far), thresholds=thresholds or {})


def value(results: Results, name: str) -> float | None:
    score = results.score(name)
    assert score is not None
    return score.value


# --- the gold -----------------------------------------------------------------------------


def unsupported(gold: Gold, home: Path) -> list[str]:
    """Questions with a support row that no sentence of its article matches."""
    with Library(home) as library:
        shelf = Shelf(library)
        return [c.id for c in gold.cases if not _is_supported(c, shelf)]


def _is_supported(case: Case, shelf: Shelf) -> bool:
    return all(spans for _, spans in shelf.answering(case).rows)


def test_every_gold_row_is_supported_by_the_sample_collection(gold: Gold, seeds_home: Path) -> None:
    assert unsupported(gold, seeds_home) == []


@needs_reports
def test_every_gold_row_is_supported_by_the_reports(gold: Gold, reports_home: Path) -> None:
    assert unsupported(gold, reports_home) == []


def test_every_gold_row_is_supported_by_the_wire_stories(wire_home: Path) -> None:
    assert unsupported(load_gold(GOLD / "wire.yaml"), wire_home) == []


def test_the_gold_covers_what_it_should(gold: Gold) -> None:
    kinds = {case.kind for case in gold.cases}
    assert len(gold.cases) >= 80
    assert kinds == {"who", "when", "where", "how-many", "why", "what", "how", "list", "yes-no"}
    assert sum(c.abstain for c in gold.cases) >= 20
    assert sum("near" in c.tags for c in gold.cases) >= 10
    for tag, least in (("paraphrase", 20), ("across", 8), ("differ", 5)):
        assert sum(tag in c.tags for c in gold.cases) >= least
    assert gold.thresholds


def test_the_second_collection_is_of_another_kind(gold: Gold) -> None:
    wire = load_gold(GOLD / "wire.yaml")
    assert len(wire.cases) == 60
    assert len(list((GOLD / "wire").iterdir())) == len(wire.articles) == 30
    assert sum(c.as_of is not None for c in wire.cases) >= 8
    assert sum(c.need_all for c in wire.cases) >= 5
    assert sum(c.abstain for c in wire.cases) == 16


@pytest.mark.parametrize("name", ["dev-1", "dev-2", "dev-3", "dev-reference"])
def test_the_questions_weights_were_learned_on_are_not_the_gold(name: str, gold: Gold) -> None:
    learned = load_gold(GOLD / f"{name}.yaml")
    others = (*gold.cases, *load_gold(GOLD / "wire.yaml").cases)
    assert {c.question for c in learned.cases}.isdisjoint(c.question for c in others)
    assert len(list((GOLD / name).glob("*.txt"))) == len(learned.articles)


# --- a run --------------------------------------------------------------------------------


def test_the_gate_passes_on_the_unbroken_program(gold: Gold, seeds_home: Path) -> None:
    results = evaluate(seeds_home, few(gold, {"quotes verbatim": 1.0}), Settings())
    assert results.gate.passed
    score = results.score("right sentence")
    assert score and score.n == 12
    assert value(results, "quotes verbatim") == 1
    assert value(results, "claims carried") == 1


def test_refusing_everything_falls_below_a_threshold(gold: Gold, seeds_home: Path) -> None:
    strict = few(gold, {"right sentence": 0.5})
    assert evaluate(seeds_home, strict, Settings()).gate.passed
    refusing = evaluate(seeds_home, strict, Settings(answer_threshold=1.0))
    assert not refusing.gate.passed
    assert value(refusing, "answered when answerable") == 0
    assert value(refusing, "balanced accuracy") == 0.5


def test_two_runs_give_the_same_results_but_for_timings(gold: Gold, seeds_home: Path) -> None:
    texts = []
    for _ in range(2):
        results = evaluate(seeds_home, few(gold), Settings())
        assert results.timings
        texts.append(results_json(replace(results, timings=None)))
    assert texts[0] == texts[1]


def test_results_are_written_and_read_back_as_they_were(
    gold: Gold, seeds_home: Path, tmp_path: Path
) -> None:
    results = evaluate(seeds_home, few(gold), Settings())
    path = tmp_path / "results.json"
    path.write_text(results_json(results), encoding="utf-8")
    assert read_results(path) == results
    assert json.loads(path.read_text())["schema"] == "citewire-results/1"
    path.write_text(results_json(results.as_baseline()), encoding="utf-8")
    kept = read_results(path)
    assert [q.parts for q in kept.questions] == [q.parts for q in results.questions]
    assert kept.timings is None and not any(q.citations for q in kept.questions)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not a file of results"),
        ("{}", "is not a file of results"),
        ("[1]", "is not a file of results"),
        ('{"schema": 3}', "is not a file of results"),
    ],
)
def test_what_is_no_file_of_results_is_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=message):
        read_results(path)
    with pytest.raises(SettingsError, match="can't be read"):
        read_results(tmp_path / "none.json")


def test_results_of_another_form_are_refused(gold: Gold, seeds_home: Path, tmp_path: Path) -> None:
    results = replace(evaluate(seeds_home, few(gold), Settings()), schema="citewire-results/9")
    path = tmp_path / "results.json"
    path.write_text(results_json(results))
    with pytest.raises(SettingsError, match="has the form 'citewire-results/9'"):
        read_results(path)


def test_an_error_in_one_question_is_counted_and_fails_the_run(
    gold: Gold, seeds_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Engine.ask
    broken = few(gold).cases[0].question

    def failing(
        self: Engine, question: str, filters: Filters | None = None, as_of: date | None = None
    ) -> Answer:
        if question == broken:
            raise RuntimeError("no luck")
        return ask(self, question, filters, as_of)

    monkeypatch.setattr(Engine, "ask", failing)
    results = evaluate(seeds_home, few(gold), Settings())
    assert results.errors == 1
    score = results.score("right sentence")
    assert score and score.n == 11
    assert results.questions[0].error == "RuntimeError: no luck"
    assert results.questions[0].wrong == "error"
    assert not results.gate.passed


def test_a_library_that_breaks_stops_the_run(
    gold: Gold, seeds_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> Answer:
        raise LibraryError("The disk is gone.")

    monkeypatch.setattr(Engine, "ask", failing)
    with pytest.raises(LibraryError):
        evaluate(seeds_home, few(gold), Settings())


def test_gold_that_the_articles_do_not_have_is_unscored_and_fails(
    gold: Gold, seeds_home: Path
) -> None:
    first, *rest = few(gold).cases
    stale = replace(first, support=(Support("000", "000_*", quote="words nobody wrote"),))
    results = evaluate(seeds_home, replace(gold, cases=(stale, *rest)), Settings())
    assert results.unscored == 1
    assert results.questions[0].unscored == "no sentence of '000' holds 'words nobody wrote'"
    assert results.questions[0].parts == {}
    assert not results.gate.passed


def test_a_library_that_lacks_an_article_is_refused(gold: Gold, home: Path, folder: Path) -> None:
    from tests.conftest import STORY

    (folder / "a.txt").write_text(STORY)
    ingest(home, [folder], Settings())
    with pytest.raises(SettingsError, match="no article for '000'"):
        evaluate(home, gold, Settings())


def test_a_threshold_for_no_score_is_refused(gold: Gold, seeds_home: Path) -> None:
    with pytest.raises(SettingsError, match="no score 'rihgt sentence'"):
        evaluate(seeds_home, few(gold, {"rihgt sentence": 0.9}), Settings())


def test_as_of_hides_what_was_published_later(wire_home: Path) -> None:
    gold = load_gold(GOLD / "wire.yaml")
    dated = replace(gold, cases=tuple(c for c in gold.cases if c.as_of))
    results = evaluate(wire_home, dated, Settings())
    assert sum(bool(q.citations) for q in results.questions) >= 10
    for question in results.questions:
        days = [c.published for c in question.citations]
        assert all(day is not None and day <= (question.as_of or "") for day in days)


def test_a_program_that_ignores_the_day_asked_for_fails_the_gate(
    wire_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = load_gold(GOLD / "wire.yaml")
    dated = replace(
        gold, cases=tuple(c for c in gold.cases if c.as_of), thresholds={"as of kept": 1.0}
    )
    assert evaluate(wire_home, dated, Settings()).gate.passed
    ask = Engine.ask
    monkeypatch.setattr(Engine, "ask", lambda self, question, *_: ask(self, question))
    results = evaluate(wire_home, dated, Settings())
    assert results.gate.reasons[0].startswith("as of kept is ")
    late = [q for q in results.questions if q.wrong == "citation"]
    assert late and "later than the day asked for" in fault_said(late[0])


def test_an_outlet_read_wrongly_fails_the_gate(
    wire_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = load_gold(GOLD / "wire.yaml")
    few_wire = replace(gold, cases=gold.cases[:4], thresholds={"attribution right": 1.0})
    assert evaluate(wire_home, few_wire, Settings()).gate.passed
    read = Library.article

    def misread(self: Library, article_id: str) -> Article:
        return replace(read(self, article_id), outlet="The Wrong Paper")

    monkeypatch.setattr(Library, "article", misread)
    results = evaluate(wire_home, few_wire, Settings())
    assert "attribution right is 0.000" in results.gate.reasons[0]
    assert "another outlet, day or title" in fault_said(results.questions[0])


def test_a_question_that_went_wrong_says_where(gold: Gold, seeds_home: Path) -> None:
    yes = next(c for c in gold.cases if not c.abstain and not c.tags)
    no = next(c for c in gold.cases if "far" in c.tags)
    other = replace(
        yes, id="other", support=(Support("004", "004_*", quote=_some_quote(seeds_home)),)
    )
    eager = Settings(answer_threshold=0.0)
    results = evaluate(seeds_home, replace(gold, thresholds={}, cases=(no, other)), eager)
    assert results.questions[0].wrong == "abstention"
    assert results.questions[1].wrong in ("retrieval", "evidence")


def _some_quote(home: Path) -> str:
    with Library(home) as library:
        (row,) = [r for r in library.stored() if Path(r.source).name.startswith("004_")]
        shelf = Shelf(library)
        sentence, _ = shelf.sentences(row.id)[-1]
        return shelf.article(row.id).text[sentence.start : sentence.end]


def test_two_stretches_are_the_same_where_half_of_both_together_is_shared() -> None:
    assert Span("a", 0, 100).overlap(Span("a", 0, 50)) == 0.5
    assert Span("a", 0, 100).overlap(Span("a", 50, 150)) == pytest.approx(1 / 3)
    assert Span("a", 0, 100).overlap(Span("a", 200, 300)) == 0
    assert Span("a", 0, 100).overlap(Span("b", 0, 100)) == 0
    assert Span("a", 0, 0).overlap(Span("a", 0, 0)) == 0
    gold = Answering((("x", (Span("a", 100, 150),)),), frozenset(), exact=True)
    assert gold.holds(Span("a", 100, 149))
    # A quotation that swallows the sentence and as much again is another.
    assert not gold.holds(Span("a", 0, 160))
    assert not gold.holds(Span("a", 100, 110))


def test_a_row_may_name_a_sentence_and_another_an_article_as_a_whole(seeds_home: Path) -> None:
    rows = (Support("000", "000_*"), Support("004", "004_*", quote=_some_quote(seeds_home)))
    with Library(seeds_home) as library:
        answering = Shelf(library).answering(Case("q", "Who?", "who", support=rows))
    article, sentence = answering.spans
    assert answering.exact
    assert answering.holds(sentence)
    assert answering.holds(Span(article.article_id, 10, 60))
    assert not answering.holds(Span(sentence.article_id, 0, 5))
