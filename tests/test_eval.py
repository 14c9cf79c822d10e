from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from eval.cases import Gold, load_gold
from eval.report import scores_json
from eval.run import evaluate
from eval.score import Rate
from rag.engine import Engine
from rag.errors import SettingsError
from rag.library import Library
from rag.reading import reading_text
from rag.settings import Settings
from rag.types import Answer, Filters
from tests.conftest import ROOT, needs_reports

GOLD = ROOT / "eval" / "gold"
SEEDS_GOLD = GOLD / "seeds.yaml"


@pytest.fixture(scope="module")
def gold() -> Gold:
    return load_gold(SEEDS_GOLD)


def few(gold: Gold, thresholds: dict[str, float] | None = None) -> Gold:
    """A dozen answerable questions and four that are not, quick to ask."""
    yes = [c for c in gold.cases if not c.abstain and not c.tags][:12]
    far = [c for c in gold.cases if "far" in c.tags][:4]
    return replace(gold, cases=(*yes, *far), thresholds=thresholds or {})


def unsupported(gold: Gold, home: Path) -> list[str]:
    """Support rows that no sentence of their article matches."""
    sentences: dict[str | None, list[str]] = {}
    with Library(home) as library:
        for article in library.articles():
            for passage in library.passages(library.passage_ids(article.id)).values():
                sentences.setdefault(gold.article_of(article.source), []).extend(
                    reading_text(article, s.start, s.end) for s in passage.sentences
                )
    return [
        f"{case.id}: {support.article}"
        for case in gold.cases
        for support in case.support
        if not any(support.matches(s) for s in sentences[support.article])
    ]


def test_every_gold_row_is_supported_by_the_sample_collection(gold: Gold, seeds_home: Path) -> None:
    assert unsupported(gold, seeds_home) == []


@needs_reports
def test_every_gold_row_is_supported_by_the_reports(gold: Gold, reports_home: Path) -> None:
    assert unsupported(gold, reports_home) == []


def test_the_gold_covers_what_it_should(gold: Gold) -> None:
    kinds = {case.kind for case in gold.cases}
    assert len(gold.cases) >= 80
    assert kinds == {"who", "when", "where", "how-many", "why", "what", "how", "list", "yes-no"}
    assert sum(c.abstain for c in gold.cases) >= 20
    assert sum("near" in c.tags for c in gold.cases) >= 10
    for tag, least in (("paraphrase", 20), ("across", 8), ("differ", 5)):
        assert sum(tag in c.tags for c in gold.cases) >= least
    assert gold.thresholds


def test_the_gate_passes_on_the_unbroken_program(gold: Gold, seeds_home: Path) -> None:
    scores = evaluate(seeds_home, few(gold, {"quotes verbatim": 1.0}), Settings())
    assert scores.passed
    assert scores.rates["right sentence"].n == 12
    assert scores.rates["quotes verbatim"].n > 0


def test_a_score_below_its_threshold_fails_the_gate(gold: Gold, seeds_home: Path) -> None:
    strict = few(gold, {"right sentence": 0.5})
    assert evaluate(seeds_home, strict, Settings()).passed
    refusing = evaluate(seeds_home, strict, Settings(answer_threshold=1.0))
    assert not refusing.passed
    assert refusing.missed == {"right sentence": 0.5}
    assert refusing.rates["answered when answerable"].value == 0


def test_an_error_in_one_question_is_counted_and_fails_the_gate(
    gold: Gold, seeds_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Engine.ask
    broken = few(gold).cases[0].question

    def failing(self: Engine, question: str, filters: Filters | None = None) -> Answer:
        if question == broken:
            raise RuntimeError("no luck")
        return ask(self, question, filters)

    monkeypatch.setattr(Engine, "ask", failing)
    scores = evaluate(seeds_home, few(gold), Settings())
    assert scores.rates["errors"] == Rate(1, 16)
    assert scores.rates["right sentence"].n == 11
    assert not scores.passed
    assert scores_json(scores)["questions"][0]["error"] == "RuntimeError: no luck"


def test_a_changed_quotation_fails_the_gate(
    gold: Gold, seeds_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Engine.ask

    def lying(self: Engine, question: str, filters: Filters | None = None) -> Answer:
        answer = ask(self, question, filters)
        changed = tuple(replace(c, quote=c.quote.swapcase()) for c in answer.citations)
        return replace(answer, citations=changed)

    monkeypatch.setattr(Engine, "ask", lying)
    scores = evaluate(seeds_home, few(gold, {"quotes verbatim": 1.0}), Settings())
    assert "quotes verbatim" in scores.missed


def test_a_library_that_lacks_an_article_is_refused(gold: Gold, home: Path, folder: Path) -> None:
    from ingest.pipeline import ingest
    from tests.conftest import STORY

    (folder / "a.txt").write_text(STORY)
    ingest(home, [folder], Settings())
    with pytest.raises(SettingsError, match="no article for '000'"):
        evaluate(home, gold, Settings())


def test_a_threshold_for_no_score_is_refused(gold: Gold, seeds_home: Path) -> None:
    with pytest.raises(SettingsError, match="no metric 'rihgt sentence'"):
        evaluate(seeds_home, few(gold, {"rihgt sentence": 0.9}), Settings())


QUESTION = {
    "id": "q",
    "question": "Who?",
    "kind": "who",
    "accept": ["x"],
    "support": [{"article": "a", "sentence": ["x"]}],
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, "lacks `id`"),
        ({"question": "  "}, "lacks `question`"),
        ({"kind": "whom"}, "kind 'whom'"),
        ({"accept": None}, "needs `accept`"),
        ({"support": None}, "either `support` or `abstain"),
        ({"abstain": True}, "either `support` or `abstain"),
        ({"support": [{"article": "b", "sentence": ["x"]}]}, "article 'b'"),
        ({"support": [{"article": "a", "sentence": ["("]}]}, "not valid"),
        ({"support": [{"article": "a"}]}, "needs `article` and `sentence`"),
        ({"acept": ["x"]}, "no field 'acept'"),
    ],
)
def test_a_mistake_in_a_gold_file_is_told_with_its_place(
    changes: dict[str, object], message: str, tmp_path: Path
) -> None:
    row = {k: v for k, v in {**QUESTION, **changes}.items() if v is not None}
    path = tmp_path / "gold.yaml"
    path.write_text(yaml.safe_dump({"articles": {"a": "a_*"}, "questions": [row]}))
    with pytest.raises(SettingsError, match=message) as caught:
        load_gold(path)
    assert "gold.yaml" in str(caught.value)


@pytest.mark.parametrize(
    "content", ["", "[]", "questions: 3", "questions: []", "questions: [", "\0", "a: b: c"]
)
def test_a_file_that_is_no_gold_file_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"gold\.yaml") as caught:
        load_gold(path)
    assert "\n" not in str(caught.value)


def test_two_questions_of_one_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text(yaml.safe_dump({"articles": {"a": "a_*"}, "questions": [QUESTION, QUESTION]}))
    with pytest.raises(SettingsError, match="two questions have the id 'q'"):
        load_gold(path)


def test_an_accepted_answer_counts_as_whole_words_only() -> None:
    from eval.score import _holds

    assert _holds("He said yes.", ["yes"])
    assert not _holds("It was yesterday.", ["yes"])
    assert _holds("They cited the U.S. and others", ["U.S."])
    assert not _holds("160 people", ["60"])


def test_the_interval_is_wilsons() -> None:
    low, high = Rate(9, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert str(Rate(0, 0).value) == "nan"


@pytest.mark.parametrize("name", ["dev-1", "dev-2", "dev-3"])
def test_the_questions_weights_were_learned_on_are_not_the_gold(name: str, gold: Gold) -> None:
    learned = load_gold(GOLD / f"{name}.yaml")
    assert {c.question for c in learned.cases}.isdisjoint(c.question for c in gold.cases)
    assert len(list((GOLD / name).glob("*.txt"))) == len(learned.articles)
