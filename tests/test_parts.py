"""Questions in one: which are asked apart, and which are just one."""

from __future__ import annotations

import pytest

from rag.engine import Engine
from rag.parts import parts_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Who led the talks, and when did they begin?",
            ("Who led the talks?", "When did they begin?"),
        ),
        (
            "Who led the talks and when did they begin?",
            ("Who led the talks?", "When did they begin?"),
        ),
        ("Who led the talks? Who paid them?", ("Who led the talks?", "Who paid them?")),
        ("How long is the tunnel; who built it?", ("How long is the tunnel?", "Who built it?")),
        (
            "How many people died, and how many were hurt?",
            ("How many people died?", "How many were hurt?"),
        ),
        (
            "Who was in charge, and to whom did he report?",
            ("Who was in charge?", "To whom did he report?"),
        ),
        (
            "When did they meet and in which city was it?",
            ("When did they meet?", "In which city was it?"),
        ),
        (
            "Who knew of the deal and which ministers opposed it?",
            ("Who knew of the deal?", "Which ministers opposed it?"),
        ),
        (
            "Where did they meet, and also why was it secret?",
            ("Where did they meet?", "Why was it secret?"),
        ),
        (
            "In which city did they meet, and when was that?",
            ("In which city did they meet?", "When was that?"),
        ),
        (
            "What did they discuss, where did they meet, and when was it?",
            ("What did they discuss, where did they meet?", "When was it?"),
        ),
        (
            "Who met whom, and where did they meet, and when was it?",
            ("Who met whom?", "Where did they meet?", "When was it?"),
        ),
        (
            "What does the U.S. want? When will it act?",
            ("What does the U.S. want?", "When will it act?"),
        ),
    ],
)
def test_each_question_is_asked_apart(question: str, parts: tuple[str, ...]) -> None:
    assert parts_of(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "Who led the talks?",
        "Who led the talks",
        "When and where did they meet?",
        "Why and how was the meeting delayed?",
        "Who met whom and when?",
        "What did Netanyahu say and why?",
        "What do Israel and the PA say?",
        "How many people were killed and injured?",
        "What is the number of the dead and wounded?",
        "Say who was hurt and whose car it was.",
        "What did he say about how the deal was made and who signed it?",
        "Can you tell me who led the talks and when they began?",
        "Who knows who was hurt and who was killed?",
        "I read of a fire. Who lit it?",
        "Did he leave? Why?",
        "Did Mr. X and Dr. Y meet?",
        "Really? Who? Where? When? Why?",
        "Who is A? Who is B? Who is C? Who is D? Who is E?",
    ],
)
def test_one_question_stays_one(question: str) -> None:
    assert parts_of(question) == (question,)


def test_a_second_part_is_asked_of_what_the_first_names(engine: Engine) -> None:
    answer = engine.ask("When did Gantz and Abbas speak and what did they talk about?")
    assert answer.status == "answered"
    # Alone, "What did they talk about?" finds quite other talks.
    assert all("Gantz" in c.quote for c in answer.citations)


def test_both_parts_are_answered_and_numbered_on(engine: Engine) -> None:
    answer = engine.ask(
        "Who was put in charge of the secret talks, and how many IDF soldiers were killed?"
    )
    assert [c.n for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert [n for claim in answer.claims for n in claim.citations] == [
        c.n for c in answer.citations
    ]
    quotes = " ".join(c.quote for c in answer.citations)
    assert "Hanegbi" in quotes and "sixty-seven" in quotes
    assert len({(c.article_id, c.start) for c in answer.citations}) == len(answer.citations)


def test_a_part_without_an_answer_is_told_beside_the_other(engine: Engine) -> None:
    answer = engine.ask(
        "Who was put in charge of the secret talks, and what is the population of Sweden?"
    )
    assert answer.status == "answered" and "Hanegbi" in answer.text
    assert any("'Sweden'" in note for note in answer.notes)


def test_two_parts_without_an_answer_are_refused_with_both_reasons(engine: Engine) -> None:
    answer = engine.ask("What is the population of Sweden? Who is the mayor of Oslo?")
    assert answer.status == "not_found" and not answer.claims and not answer.citations
    assert "'Sweden'" in (answer.reason or "") and "'Oslo'" in (answer.reason or "")
