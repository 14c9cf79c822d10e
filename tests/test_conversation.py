"""Follow-ups: which questions need what was asked before, and how they are put."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from rag.conversation import Conversation, Turn
from rag.endpoint import Endpoint
from rag.engine import Engine
from rag.follow_up import completed, follows
from rag.llm import Message, Model
from rag.rewording import stand_alone
from tests.eval_factory import answer, article, cite, claim
from tests.fake_openai import FakeOpenAI, Reply, Streamed, failed, said
from tests.scripted_writer import no_client_settings, prompt_of

__all__ = ["no_client_settings"]

TALKS = Turn(
    "Who was put in charge of the secret talks with the Palestinians?",
    "Tzachi Hanegbi was given charge of the talks.",
    "Tzachi Hanegbi",
)
MEETING = Turn("When did Benny Gantz and Mahmoud Abbas meet in Rosh HaAyin?", "On Tuesday.", "")
KILLED = Turn("How many soldiers were killed in Gaza?", "Sixty-seven were.", "sixty-seven")
FERRY = Turn("Why did the ferry Halcyon strike the pier in Port Ennick?", "Nobody knows.", "")
MAYOR = Turn("What did Mayor Petra Quill say about the market hall?", "It will be rebuilt.", "")
COST = Turn("How much did the talks cost Israel in 2014?", "Nothing.", "")


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        # Persons.
        (TALKS, "When did he confirm the talks?", "When did Tzachi Hanegbi confirm the talks?"),
        (TALKS, "What is his job?", "What is Tzachi Hanegbi’s job?"),
        (TALKS, "Who appointed him?", "Who appointed Tzachi Hanegbi?"),
        (TALKS, "What did Netanyahu tell him?", "What did Netanyahu tell Tzachi Hanegbi?"),
        (TALKS, "And what does he say about Abbas?", "What does Tzachi Hanegbi say about Abbas?"),
        (MAYOR, "When did she say so?", "When did Mayor Petra Quill say so?"),
        (MAYOR, "What is her party?", "What is Mayor Petra Quill’s party?"),
        (MAYOR, "Who contradicted her?", "Who contradicted Mayor Petra Quill?"),
        (MAYOR, "Who spoke to her about it?", "Who spoke to Mayor Petra Quill about it?"),
        (MEETING, "Was he defence minister then?", "Was Benny Gantz defence minister then?"),
        (
            KILLED,
            "What did he say about that?",
            "What did he say about that (soldiers were killed in Gaza)?",
        ),
        (
            FERRY,
            "Was she repaired?",
            "Was she repaired (the ferry Halcyon strike the pier in Port Ennick)?",
        ),
        # The same of something else.
        (KILLED, "And in Lebanon?", "How many soldiers were killed in Lebanon?"),
        (KILLED, "In Lebanon?", "How many soldiers were killed in Lebanon?"),
        (KILLED, "What about the West Bank?", "How many soldiers were killed in the West Bank?"),
        (KILLED, "How about Jenin?", "How many soldiers were killed in Jenin?"),
        (
            TALKS,
            "And with Jordan?",
            "Who was put in charge of the secret talks with Jordan?",
        ),
        (
            TALKS,
            "In Cairo?",
            "Who was put in charge of the secret talks with the Palestinians in Cairo?",
        ),
        (MEETING, "And in Amman?", "When did Benny Gantz and Mahmoud Abbas meet in Amman?"),
        # At another time.
        (KILLED, "And in 2014?", "How many soldiers were killed in Gaza in 2014?"),
        (KILLED, "What about 2014?", "How many soldiers were killed in Gaza in 2014?"),
        (KILLED, "And yesterday?", "How many soldiers were killed in Gaza yesterday?"),
        (KILLED, "And last year?", "How many soldiers were killed in Gaza last year?"),
        (KILLED, "In March 2008?", "How many soldiers were killed in Gaza in March 2008?"),
        (COST, "And in 2021?", "How much did the talks cost Israel in 2021?"),
        # What it was about, in brackets.
        (KILLED, "Why?", "Why (soldiers were killed in Gaza)?"),
        (KILLED, "Since when?", "Since when (soldiers were killed in Gaza)?"),
        (KILLED, "By whom?", "By whom (soldiers were killed in Gaza)?"),
        (KILLED, "Who says so?", "Who says so (soldiers were killed in Gaza)?"),
        (KILLED, "And before that?", "Before that (soldiers were killed in Gaza)?"),
        (
            KILLED,
            "And how many were wounded?",
            "How many were wounded (soldiers were killed in Gaza)?",
        ),
        (
            KILLED,
            "How many of them were children?",
            "How many of them were children (soldiers were killed in Gaza)?",
        ),
        (
            KILLED,
            "How many civilians were killed there?",
            "How many civilians were killed there (soldiers were killed in Gaza)?",
        ),
        (
            KILLED,
            "Which outlet reported that?",
            "Which outlet reported that (soldiers were killed in Gaza)?",
        ),
        (
            KILLED,
            "What did Netanyahu say about it?",
            "What did Netanyahu say about it (soldiers were killed in Gaza)?",
        ),
        (
            MEETING,
            "What did they agree on?",
            "What did they agree on (Benny Gantz and Mahmoud Abbas meet in Rosh HaAyin)?",
        ),
        (
            MEETING,
            "Who else took part?",
            "Who else took part (Benny Gantz and Mahmoud Abbas meet in Rosh HaAyin)?",
        ),
        (
            MEETING,
            "How long did it last?",
            "How long did it last (Benny Gantz and Mahmoud Abbas meet in Rosh HaAyin)?",
        ),
        (
            MEETING,
            "What happened next?",
            "What happened next (Benny Gantz and Mahmoud Abbas meet in Rosh HaAyin)?",
        ),
        (
            MEETING,
            "So did Hamas object?",
            "Did Hamas object (Benny Gantz and Mahmoud Abbas meet in Rosh HaAyin)?",
        ),
        (
            TALKS,
            "And his deputy?",
            "Tzachi Hanegbi’s deputy (put in charge of the secret talks with the Palestinians)?",
        ),
    ],
)
def test_a_follow_up_is_put_so_that_it_stands_alone(
    before: Turn, question: str, understood: str
) -> None:
    assert stand_alone(question, [FERRY, before], None) == understood


@pytest.mark.parametrize(
    "question",
    [
        "Who is Hussein al-Sheikh?",
        "And who is Hussein al-Sheikh?",
        "Did Netanyahu say that he would resign?",
        "What did Gantz say about his son?",
        "Did Abbas say that Gantz had called him?",
        "Who said that Hamas had broken the ceasefire?",
        "What was in the deal that Hamas refused?",
        "Is there a ceasefire in Gaza?",
        "How many of those killed in Gaza were children?",
        "What happened this week in Ramallah?",
        "Is it true that Hamas agreed to a ceasefire?",
        "How long did it take Israel to agree?",
        "So far, how many soldiers were killed in Gaza?",
        "In what year did Israel leave Gaza?",
        "How long is the tunnel that the negotiators used?",
        "What did then prime minister Ehud Olmert offer?",
        "Why was Israel's offer to Abbas refused when it was made?",
        "What is the population of Sweden?",
    ],
)
def test_a_question_that_names_all_it_means_is_left_as_it_is(question: str) -> None:
    assert not follows(question)
    assert stand_alone(question, [KILLED], None) == question


def test_without_a_conversation_a_question_is_left_as_it_is() -> None:
    assert stand_alone("When did he confirm it?", [], None) == "When did he confirm it?"


def test_follow_up_after_follow_up_means_what_the_first_was_about() -> None:
    second = stand_alone("Why?", [KILLED], None)
    third = stand_alone("Since when?", [KILLED, Turn(second, "", "")], None)
    assert third == "Since when (soldiers were killed in Gaza)?"


def test_the_parts_of_a_question_are_completed_from_its_first() -> None:
    parts = ("Who is Esmat Mansour?", "How many years was he in jail?", "Where is Gaza?")
    assert completed(parts) == (parts[0], "How many years was Esmat Mansour in jail?", parts[2])
    assert completed(parts[:1]) == parts[:1]


# A model puts it into words.


def asking(model: Model) -> Callable[[Sequence[Message]], str]:
    return lambda messages: model.complete(messages, max_tokens=100).text


def rewritten(
    reply: Reply | Streamed, question: str = "When did he confirm the talks?"
) -> tuple[str, FakeOpenAI]:
    with (
        FakeOpenAI([reply]) as server,
        Model("m-1", Endpoint(server.url, None), deadline_s=5) as model,
    ):
        return stand_alone(question, [KILLED, TALKS], asking(model)), server


BY_RULE = "When did Tzachi Hanegbi confirm the talks?"
SECRET = "When did Tzachi Hanegbi confirm the secret talks with the Palestinians?"


@pytest.mark.parametrize(
    "reply",
    [SECRET, f'"{SECRET}"', f"  {SECRET}\n", f"<think>He is Hanegbi.</think>\n\n{SECRET}"],
)
def test_a_models_wording_is_used(reply: str) -> None:
    understood, server = rewritten(said(reply))
    assert understood == SECRET
    told = prompt_of(server.requests[0])
    assert told.index(KILLED.question) < told.index(TALKS.answer) < told.index("When did he")


@pytest.mark.parametrize(
    "reply",
    [
        said("When did Yossi Cohen confirm the secret talks?"),
        said("When did Tzachi Hanegbi confirm the secret talks in Oslo?"),
        said("When in 2019 did Tzachi Hanegbi confirm the secret talks?"),
        said("Tzachi Hanegbi confirmed the talks on Monday."),
        said("I cannot help with that."),
        said("When did Tzachi Hanegbi " + "really " * 80 + "confirm the talks?"),
        said("<think>Who is meant? Is it Hanegbi?"),
        said("“”"),
        said(" "),
        said("When did Tzachi", "length"),
        failed(401),
        failed(400),
    ],
)
def test_the_rule_is_used_where_the_model_fails_or_brings_something_in(reply: Reply) -> None:
    assert rewritten(reply)[0] == BY_RULE


def test_a_question_that_stands_alone_is_not_sent_to_the_model() -> None:
    understood, server = rewritten(failed(500), "Who is Hussein al-Sheikh?")
    assert understood == "Who is Hussein al-Sheikh?"
    assert server.requests == []


def test_what_is_told_of_earlier_turns_is_bounded() -> None:
    long = TALKS._replace(answer="Tzachi Hanegbi spoke at length. " * 1000)
    with FakeOpenAI([said(SECRET)]) as server, Model("m", Endpoint(server.url, None)) as model:
        question = "When did he confirm them?"
        assert stand_alone(question, [long] * 6, asking(model)) == SECRET
    assert len(prompt_of(server.requests[0])) < 6000


# A conversation is a value.


def test_a_conversation_is_frozen_and_each_answer_makes_a_new_one() -> None:
    first = Conversation()
    second = first.after(answer([claim("Brandt was at the helm.", 1)], [cite(1, 1, article())]))
    assert first.turns == ()
    assert second.turns == (Turn("Who?", "Brandt was at the helm.", ""),)
    with pytest.raises(dataclasses.FrozenInstanceError):
        second.turns = ()  # type: ignore[misc]


def test_a_conversation_keeps_the_last_six_turns() -> None:
    conversation = Conversation()
    for n in range(9):
        conversation = conversation.after(replace(answer([], []), question=f"Question {n}?"))
    assert [t.question for t in conversation.turns] == [f"Question {n}?" for n in range(3, 9)]


def test_a_turn_is_remembered_as_it_was_understood_with_the_words_that_answered() -> None:
    of = article()
    found = cite(1, 1, of)
    at = of.text.index("Ilya Brandt")
    found = replace(found, answer_start=at, answer_end=at + len("Ilya Brandt"))
    given = replace(answer([claim("He was.", 1)], [found]), standalone="Who was at the helm?")
    (turn,) = Conversation().after(given).turns
    assert turn == Turn("Who was at the helm?", "He was.", "Ilya Brandt")


def test_a_refusal_is_a_turn_without_an_answer() -> None:
    (turn,) = Conversation().after(answer([], [])).turns
    assert (turn.answer, turn.short) == ("", "")


# With the engine, without a model.


def test_who_was_the_answer_is_who_is_meant_next(engine: Engine) -> None:
    first = engine.ask("Who was put in charge of the secret talks?")
    second = engine.ask("When did he confirm the talks?", conversation=Conversation().after(first))
    assert second.standalone == "When did Tzachi Hanegbi confirm the talks?"
    assert second.question == "When did he confirm the talks?"
    assert any("On Monday Hanegbi" in c.quote for c in second.citations)


@pytest.mark.parametrize(
    "question", ["What is the population of Sweden?", "And what is the population of Sweden?"]
)
def test_a_refusal_holds_on_a_later_turn(question: str, engine: Engine) -> None:
    first = engine.ask("How many IDF soldiers were killed in the fighting?")
    assert first.status == "answered"
    second = engine.ask(question, conversation=Conversation().after(first))
    assert second.status == "not_found" and second.claims == ()
    assert "'Sweden'" in (second.reason or "")


def test_the_same_question_is_answered_alike_in_any_conversation(engine: Engine) -> None:
    question = "How many IDF soldiers were killed in the fighting?"
    alone = engine.ask(question)
    talks = Conversation().after(engine.ask("Who was put in charge of the secret talks?"))
    later = engine.ask(question, conversation=talks)
    assert (later.claims, later.citations) == (alone.claims, alone.citations)
    assert later.standalone is None
