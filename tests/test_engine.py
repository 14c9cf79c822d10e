from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rag.engine import Engine
from rag.errors import EmptyLibrary, SettingsError
from rag.settings import Settings
from rag.signals import analyse, has_expected_type
from rag.types import Filters
from rag.verify import fault_of


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who was put in charge of the secret talks?", "Hanegbi"),
        ("How many IDF soldiers were killed in the fighting?", "ixty-seven"),
        ("How many years did Esmat Mansour spend in Israeli jails?", "twenty"),
        ("When did Gantz and Abbas speak?", "Wednesday"),
    ],
)
def test_a_question_is_answered_with_the_words_that_answer_it(
    question: str, words: str, engine: Engine
) -> None:
    answer = engine.ask(question)
    assert answer.status == "answered"
    assert any(words in c.quote for c in answer.citations)
    assert [n for claim in answer.claims for n in claim.citations] == [
        c.n for c in answer.citations
    ]
    assert 1 <= len(answer.citations) <= 3
    for c in answer.citations:
        article = engine.library.article(c.article_id)
        assert article.text[c.start : c.end] == c.quote
        assert c.context_start <= c.start < c.end <= c.context_end
        assert fault_of(c, article) is None
    assert answer.text.count("[1]") == 1


@pytest.mark.parametrize(
    "question",
    [
        "What is the population of Sweden?",
        "Who won the football World Cup in Qatar?",
        "How do I bake sourdough bread?",
        "What did the Bank of Japan do to interest rates?",
    ],
)
def test_a_question_about_something_else_is_not_answered(question: str, engine: Engine) -> None:
    answer = engine.ask(question)
    assert answer.status == "not_found"
    assert answer.claims == ()
    assert answer.citations == ()
    assert 1 <= len(answer.nearest) <= 3
    assert "not say" in answer.text


def test_the_reason_names_what_no_article_mentions(engine: Engine) -> None:
    assert "'Sweden'" in (engine.ask("What is the population of Sweden?").reason or "")


def test_the_same_question_gives_the_same_answer(engine: Engine) -> None:
    first, second = (engine.ask("Who leads the secret talks?") for _ in range(2))
    assert first.claims == second.claims
    assert first.citations == second.citations
    assert first.confidence == second.confidence


def test_filters_hold_for_every_quotation(engine: Engine) -> None:
    question = "Who took part in the secret talks between Israel and the Palestinians?"
    for filters in (
        Filters(until=date(2022, 12, 31)),
        Filters(since=date(2023, 2, 1)),
        Filters(outlets=("ynet",)),
    ):
        answer = engine.ask(question, filters)
        shown = answer.citations or answer.nearest
        assert shown
        for c in shown:
            assert not filters.since or (c.published and c.published >= filters.since)
            assert not filters.until or (c.published and c.published <= filters.until)
            assert not filters.outlets or c.outlet == "Ynetnews (digest)"


def test_as_of_a_day_later_articles_do_not_exist(engine: Engine) -> None:
    answer = engine.ask("Who was put in charge of the secret talks?", as_of=date(2023, 1, 1))
    assert answer.as_of == date(2023, 1, 1)
    for c in (*answer.citations, *answer.nearest):
        assert c.published and c.published <= date(2023, 1, 1)


def test_as_of_a_day_before_everything_says_that_no_article_passes(engine: Engine) -> None:
    answer = engine.ask("Who leads the talks?", as_of=date(1990, 1, 1))
    assert answer.status == "not_found"
    assert answer.nearest == ()
    assert "No article passes" in answer.text


def test_an_unknown_outlet_is_refused_and_the_known_ones_named(engine: Engine) -> None:
    with pytest.raises(SettingsError, match="Ynetnews"):
        engine.ask("Who leads the talks?", Filters(outlets=("Le Monde",)))


def test_dates_that_exclude_each_other_are_refused(engine: Engine) -> None:
    with pytest.raises(SettingsError, match="No day is both"):
        engine.ask("Who?", Filters(since=date(2023, 2, 1), until=date(2023, 1, 1)))
    with pytest.raises(SettingsError, match="No day is both"):
        engine.ask("Who?", Filters(since=date(2023, 2, 1)), as_of=date(2023, 1, 1))


@pytest.mark.parametrize("question", ["", "   ", "?!", "\n"])
def test_an_empty_question_is_refused(question: str, engine: Engine) -> None:
    with pytest.raises(SettingsError, match="empty"):
        engine.ask(question)


@pytest.mark.parametrize(
    "question",
    ["the of and", "x" * 5000, "who " * 2000, "'\"; DROP TABLE articles; --", "¿Qué? 数字 🙂"],
)
def test_odd_questions_are_taken(question: str, engine: Engine) -> None:
    assert engine.ask(question).status in ("answered", "not_found")


def test_an_empty_library_says_how_to_fill_it(home: Path) -> None:
    with pytest.raises(EmptyLibrary, match="citewire ingest"):
        Engine(home, Settings())
    assert not home.exists()


def test_the_threshold_decides_between_answering_and_refusing(seeds_home: Path) -> None:
    question = "Who was put in charge of the secret talks?"
    with Engine(seeds_home, Settings(answer_threshold=1.0)) as never:
        assert never.ask(question).status == "not_found"
    with Engine(seeds_home, Settings(answer_threshold=0.0)) as always:
        assert always.ask("What is the population of Sweden?").status == "answered"


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who led the talks?", "who"),
        ("Whom did he meet?", "who"),
        ("When did they meet?", "when"),
        ("In what year did it happen?", "when"),
        ("Where is the team?", "where"),
        ("Which city hosted the talks?", "where"),
        ("How many people died?", "how-many"),
        ("How long did the talks last?", "how-many"),
        ("Why was it delayed?", "why"),
        ("What did Hanegbi say when he spoke?", "other"),
        ("Did they meet?", "other"),
    ],
)
def test_a_question_word_tells_what_is_asked_for(question: str, kind: str) -> None:
    assert analyse(question).kind == kind


@pytest.mark.parametrize(
    ("question", "sentence", "has"),
    [
        ("Who led the talks?", "Hanegbi and Al-Sheikh spoke on the phone.", 1),
        ("Who led the talks?", "The talks were led from the capital.", 0),
        ("How many of the 22 died?", "The 22 were taken away.", 0),
        ("How many of the 22 died?", "Seven of the 22 died.", 1),
        ("When did it happen?", "It happened on Tuesday.", 1),
        ("When did it happen?", "It was a surprise.", 0),
        ("Where did they meet?", "They met in Ramallah.", 1),
        ("Where did they meet?", "They met again.", 0),
        ("Why did it stop?", "It stopped because of the rain.", 1),
        ("What happened?", "Anything.", 0.5),
    ],
)
def test_a_sentence_without_the_kind_of_thing_asked_for_is_told_apart(
    question: str, sentence: str, has: float
) -> None:
    assert has_expected_type(analyse(question), sentence) == has
