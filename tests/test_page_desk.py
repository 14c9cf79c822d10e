"""Asking on the page: many people at once, a library that changes, and what is kept of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import IngestReport, ingest
from rag.answering import Said
from rag.conversation import Conversation
from rag.engine import Engine
from rag.errors import (
    EmptyLibrary,
    LibraryBusy,
    LibraryError,
    NotFound,
    ProviderError,
    SettingsError,
)
from rag.history import History
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.settings import Settings, SettingsWithOrigins
from rag.shelf import delete
from rag.types import Answer
from tests.conftest import OTHER, STORY
from tests.fake_openai import failed, said
from tests.scripted_writer import KEY, NAME, ModelServer, no_client_settings, streams, writes
from tests.test_page_html import Shown as Html
from tests.test_page_library import one_embedder
from ui.chat import desk as desk_module
from ui.chat import shared_engine
from ui.chat.asking import LONGEST_QUESTION, Messages, Shown, steps
from ui.chat.desk import MOST_AT_ONCE, Busy, Desk, Options
from ui.chat.messages import of_turns, question_of, text_of, turn_of
from ui.chat.shared_engine import SharedEngine
from ui.chat.words import ENGLISH, GERMAN

__all__ = ["no_client_settings", "one_embedder"]

LEADER = "Who was put in charge of the secret talks?"
HELM = "Who was at the helm of the Halcyon?"
MAYOR = "Who is the mayor of Lowmarket?"
FAR = "What is the population of Sweden?"
THEN = "When did he confirm the talks?"
ALONE = "When did Tzachi Hanegbi confirm the talks?"
HANEGBI = "Netanyahu gave Tzachi Hanegbi charge of the talks {Tzachi Hanegbi, charge of the talks}."
LED = "Hanegbi leads the talks {was reportedly tapped as leader}."
NOTHING = Conversation()


def desk_on(home: Path, **settings: Any) -> Desk:
    return Desk(home, SettingsWithOrigins(Settings(**settings), {}))


@pytest.fixture(scope="module")
def sample(seeds_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk on the sample collection, with a history of its own, for tests that only ask."""
    home = tmp_path_factory.mktemp("page") / "home"
    shutil.copytree(seeds_home, home)
    with desk_on(home) as desk:
        yield desk


@pytest.fixture
def own(seeds_home: Path, home: Path) -> Iterator[Callable[..., Desk]]:
    """Opens a desk that no other test has."""
    with ExitStack() as opened:
        yield lambda **settings: opened.enter_context(desk_on(_copy(seeds_home, home), **settings))


def _copy(seeds: Path, home: Path) -> Path:
    if not home.exists():
        shutil.copytree(seeds, home)
    return home


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user whom no other test knows, so that they may share a desk."""
    return str(request.node.name)


def asked(
    desk: Desk,
    user: str,
    question: str,
    messages: Messages | None = None,
    conversation: str | None = None,
    *,
    anew: bool = False,
    **options: Any,
) -> list[Shown]:
    return list(
        steps(
            desk,
            user,
            question,
            options=Options(**options),
            messages=messages or [],
            conversation=conversation,
            words=ENGLISH,
            anew=anew,
        )
    )


def then(desk: Desk, user: str, before: Shown, question: str, **options: Any) -> Shown:
    return asked(desk, user, question, before.messages, before.conversation, **options)[-1]


def told(shown: Shown) -> str:
    return " ".join(Html(text_of(shown.messages[-1])).text.split())


def kept(desk: Desk, user: str, conversation: str | None) -> list[str]:
    assert conversation is not None
    return [turn.answer.question for turn in desk.history.turns(user, conversation)]


def answer_of(desk: Desk, question: str, **options: Any) -> Answer:
    *_, answer = desk.stream(question, Options(**options), NOTHING)
    assert isinstance(answer, Answer)
    return answer


# --- a question --------------------------------------------------------------------------------


def test_a_question_is_answered_and_kept(sample: Desk, user: str) -> None:
    first, *_, last = asked(sample, user, f"  {LEADER}\n")
    assert (first.question, first.done, first.conversation) == ("", False, None)
    assert ENGLISH.loading in told(first) and len(first.messages) == 2
    assert (last.question, last.done) == ("", True)
    assert question_of(text_of(last.messages[0])) == LEADER
    assert "Tzachi Hanegbi" in told(last)
    assert kept(sample, user, last.conversation) == [LEADER]
    (turn,) = sample.history.turns(user, str(last.conversation))
    assert turn_of(last.messages[-1]) == turn.id
    assert of_turns([turn], ENGLISH) == last.messages


def test_a_refusal_is_an_answer_and_kept(sample: Desk, user: str) -> None:
    last = asked(sample, user, FAR)[-1]
    assert ENGLISH.not_said in told(last)
    assert kept(sample, user, last.conversation) == [FAR]


@pytest.mark.parametrize("typed", ["", "   ", "\n\t\n"])
def test_nothing_typed_asks_nothing(typed: str, sample: Desk, user: str) -> None:
    above: Messages = [{"role": "user", "content": "a"}]
    assert asked(sample, user, typed, above) == [Shown("", above, None, done=True)]
    assert sample.history.count(user) == 0


@pytest.mark.parametrize(
    ("question", "options", "says"),
    [
        ("x" * (LONGEST_QUESTION + 1), {}, "2001 characters; ask in at most 2000"),
        ("?!", {}, "The question is empty"),
        (LEADER, {"since": date(2024, 1, 2), "until": date(2024, 1, 1)}, "2024-01-02"),
        (LEADER, {"outlets": ("No <b>Such</b>\n\nPaper",)}, "No <b>Such</b>"),
        (LEADER, {"writer": "model"}, "No model can write: set OPENAI_API_KEY"),
        (LEADER, {"model": "a\x00b"}, "The model's name can't be printed"),
    ],
)
def test_what_cannot_be_asked_is_given_back_with_the_reason(
    question: str, options: dict[str, Any], says: str, sample: Desk, user: str
) -> None:
    last = asked(sample, user, question, **options)[-1]
    assert (last.question, last.conversation, last.done) == (question, None, True)
    assert says in told(last)
    assert turn_of(last.messages[-1]) is None
    assert sample.history.count(user) == 0


def test_the_longest_question_is_asked(sample: Desk, user: str) -> None:
    question = f"{LEADER} " * 40
    question += "x" * (LONGEST_QUESTION - len(question))
    assert asked(sample, user, question)[-1].conversation is not None


def test_half_a_letter_is_no_reason_to_break_off(sample: Desk, user: str) -> None:
    last = asked(sample, user, f"{LEADER} \ud83d")[-1]
    assert "Tzachi Hanegbi" in told(last)
    repr_of = "".join(text_of(m) for m in last.messages)
    repr_of.encode()
    assert kept(sample, user, last.conversation) == [f"{LEADER} \ufffd"]


def test_a_library_without_articles_gives_the_question_back(home: Path) -> None:
    with desk_on(home) as desk:
        last = asked(desk, "", LEADER)[-1]
        assert (last.question, last.done) == (LEADER, True)
        assert "has no articles yet" in told(last)
        assert desk.history.count("") == 0


def test_what_is_said_while_asking_is_in_the_readers_language(sample: Desk, user: str) -> None:
    rows = steps(sample, user, FAR, options=Options(), messages=[], conversation=None, words=GERMAN)
    first, *_, last = rows
    assert GERMAN.loading in told(first) and GERMAN.not_said in told(last)


# --- a conversation ----------------------------------------------------------------------------


def test_a_follow_up_knows_the_turns_above_it(sample: Desk, user: str) -> None:
    first = asked(sample, user, LEADER)[-1]
    last = then(sample, user, first, THEN)
    assert f"{ENGLISH.understood} {ALONE}" in told(last)
    assert last.conversation == first.conversation and len(last.messages) == 4
    (_, second) = sample.history.turns(user, str(last.conversation))
    assert second.answer.standalone == ALONE


def test_a_question_of_its_own_knows_none(sample: Desk, user: str) -> None:
    asked(sample, user, LEADER)
    assert ENGLISH.understood not in told(asked(sample, user, THEN)[-1])


@pytest.fixture
def three(sample: Desk, user: str) -> Shown:
    """A conversation of three turns."""
    shown = asked(sample, user, LEADER)[-1]
    for question in (FAR, "Who is Antony Blinken?"):
        shown = then(sample, user, shown, question)
    return shown


def test_an_edited_question_takes_the_place_of_what_stood_below(
    sample: Desk, user: str, three: Shown
) -> None:
    above = three._replace(messages=three.messages[:2])
    rows = asked(sample, user, "Who is Benny Gantz?", above.messages, above.conversation, anew=True)
    assert kept(sample, user, three.conversation) == [LEADER, "Who is Benny Gantz?"]
    assert [len(row.messages) for row in rows] == [4] * len(rows)
    assert rows[-1].conversation == three.conversation


def test_what_stood_below_stays_until_there_is_an_answer(
    sample: Desk, user: str, three: Shown
) -> None:
    before = kept(sample, user, three.conversation)
    for shown in steps(
        sample, user, LEADER, options=Options(), messages=[],
        conversation=three.conversation, words=ENGLISH, anew=True,
    ):  # fmt: skip
        if not shown.done:
            assert kept(sample, user, three.conversation) == before
    assert kept(sample, user, three.conversation) == [LEADER]


def test_a_page_that_lags_behind_takes_no_turn_away(sample: Desk, user: str, three: Shown) -> None:
    """Another tab has gone on with the conversation meanwhile."""
    asked(sample, user, "Who is Benny Gantz?", three.messages[:2], three.conversation)
    assert kept(sample, user, three.conversation) == [
        LEADER, FAR, "Who is Antony Blinken?", "Who is Benny Gantz?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "fails",
    [
        {"outlets": ("No Such Paper",)},
        {"writer": "model"},
        {"since": date(2024, 1, 2), "until": date(2024, 1, 1)},
    ],
)
def test_a_failed_answer_leaves_the_history_as_it_was(
    fails: dict[str, Any], sample: Desk, user: str, three: Shown
) -> None:
    before = sample.history.turns(user, str(three.conversation))
    last = asked(sample, user, LEADER, three.messages[:2], three.conversation, **fails)[-1]
    assert (last.question, last.conversation) == (LEADER, three.conversation)
    assert sample.history.turns(user, str(three.conversation)) == before


def test_an_answer_that_was_stopped_leaves_the_history_as_it_was(
    sample: Desk, user: str, three: Shown
) -> None:
    before = sample.history.turns(user, str(three.conversation))
    rows = steps(
        sample, user, LEADER, options=Options(), messages=[],
        conversation=three.conversation, words=ENGLISH,
    )  # fmt: skip
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    assert sample.history.turns(user, str(three.conversation)) == before


def test_a_question_after_one_that_failed_follows_those_that_did_not(
    sample: Desk, user: str
) -> None:
    first = asked(sample, user, LEADER)[-1]
    failed_ = then(sample, user, first, FAR, writer="model")
    last = then(sample, user, failed_, FAR)
    assert kept(sample, user, last.conversation) == [LEADER, FAR]
    assert len(last.messages) == 6


def test_a_conversation_that_was_deleted_is_told_and_not_begun_anew(
    sample: Desk, user: str, three: Shown
) -> None:
    sample.history.delete(user, str(three.conversation))
    last = then(sample, user, three, LEADER)
    assert last.question == LEADER and "it may have been deleted" in told(last)
    assert sample.history.count(user) == 0


def test_nobody_asks_in_the_conversation_of_another(sample: Desk, user: str, three: Shown) -> None:
    last = asked(sample, "Mallory", LEADER, three.messages, three.conversation)[-1]
    assert "There is no conversation" in told(last) and last.question == LEADER
    assert len(kept(sample, user, three.conversation)) == 3
    assert sample.history.count("Mallory") == 0


def test_messages_that_somebody_made_up_bring_no_turn_of_another(
    sample: Desk, user: str, three: Shown
) -> None:
    """What stands above comes from the browser."""
    mine = asked(sample, "Mallory 2", FAR)[-1]
    last = asked(sample, "Mallory 2", THEN, three.messages, mine.conversation)[-1]
    assert ENGLISH.understood not in told(last)


def test_two_users_ask_beside_each_other(sample: Desk, user: str) -> None:
    names = [f"{user} {n}" for n in range(4)]

    def talk(name: str) -> Shown:
        return then(sample, name, asked(sample, name, LEADER)[-1], FAR)

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(talk, names))
    assert len({end.conversation for end in ends}) == 4
    for name, end in zip(names, ends, strict=True):
        assert kept(sample, name, end.conversation) == [LEADER, FAR]
        assert sample.history.count(name) == 1


# --- places ------------------------------------------------------------------------------------


def begun(desk: Desk, question: str = LEADER) -> Iterator[Any]:
    """An answer that takes a place and waits half way."""
    steps_ = desk.stream(question, Options(writer="model"), NOTHING)
    assert isinstance(next(steps_), Said)
    return steps_


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with ModelServer(writes(HANEGBI), NAME) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield server


def test_one_too_many_is_turned_away_until_a_place_is_free(
    own: Callable[..., Desk], model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "MOST_AT_ONCE", 3)
    desk = own()
    held = [begun(desk) for _ in range(3)]
    with pytest.raises(Busy):
        answer_of(desk, LEADER)
    last = asked(desk, "", LEADER)[-1]
    assert (last.question, last.done) == (LEADER, True) and ENGLISH.busy in told(last)
    assert desk.history.count("") == 0
    held.pop().close()  # type: ignore[attr-defined]
    assert answer_of(desk, LEADER).status == "answered"
    for one in held:
        one.close()  # type: ignore[attr-defined]


def test_places_come_back_however_an_answer_ends(
    own: Callable[..., Desk], model: ModelServer
) -> None:
    desk = own()
    for question in (LEADER, FAR, "?"):
        asked(desk, "", question)
    asked(desk, "", LEADER, outlets=("No Such Paper",))
    with closing(begun(desk)):  # type: ignore[type-var]
        pass
    rows = steps(
        desk, "", LEADER, options=Options(writer="model"), messages=[], conversation=None,
        words=ENGLISH,
    )  # fmt: skip
    next(rows), next(rows)
    rows.close()  # type: ignore[attr-defined]
    for _ in range(MOST_AT_ONCE):
        assert desk._places.acquire(blocking=False)
    assert not desk._places.acquire(blocking=False)


# --- models ------------------------------------------------------------------------------------


def test_a_models_sentences_are_shown_one_by_one(
    own: Callable[..., Desk], model: ModelServer
) -> None:
    model.play(streams(f"{HANEGBI}\n{LED}"))
    rows = asked(own(), "", LEADER)
    counts = [len(Html(text_of(row.messages[-1])).all(".cw-claim")) for row in rows]
    assert counts == [0, 1, 2, 2]
    assert [row.done for row in rows] == [False, False, False, True]
    assert f"Written by {NAME}" in told(rows[-1])


def test_a_model_that_thinks_aloud_is_told_and_counts_for_nothing(
    own: Callable[..., Desk], model: ModelServer
) -> None:
    model.play(streams(f"{LED}\nLet me think.\n</think>\n\n{HANEGBI}"))
    rows = asked(own(), "", LEADER)
    assert any(ENGLISH.withdrawn in told(row) for row in rows[:-1])
    assert Html(text_of(rows[-1].messages[-1])).all(".cw-claim")[0].startswith("Netanyahu gave")
    assert ENGLISH.withdrawn not in told(rows[-1])


def test_a_model_that_fails_leaves_quotations_with_the_reason(
    own: Callable[..., Desk], model: ModelServer
) -> None:
    model.play([failed(400, "Out of <b>order</b>.")] * 3)
    last = asked(own(), "", LEADER)[-1]
    assert last.question == "" and last.conversation is not None
    assert "What follows is quoted." in told(last) and "Tzachi Hanegbi" in told(last)
    assert "Out of <b>order</b>" in told(last) and not Html(text_of(last.messages[-1])).all("b")


def test_a_server_that_is_not_there_leaves_quotations_with_the_reason(
    own: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer([]) as gone:
        monkeypatch.setenv("OPENAI_BASE_URL", gone.url)
    desk = own()
    last = asked(desk, "", LEADER)[-1]
    assert "What follows is quoted." in told(last) and "Tzachi Hanegbi" in told(last)
    (turn,) = desk.history.turns("", str(last.conversation))
    assert turn.answer.fault is not None and turn.answer.writer == "quotes"
    refused = asked(desk, "", FAR)[-1]
    assert "is quoted" not in told(refused)


def test_a_server_that_comes_back_is_asked_again(
    own: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = own()
    with ModelServer([]) as gone:
        monkeypatch.setenv("OPENAI_BASE_URL", gone.url)
    assert answer_of(desk, LEADER).fault is not None
    with ModelServer(writes(HANEGBI), NAME) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        answer = answer_of(desk, LEADER)
    assert (answer.writer, answer.fault) == ("model", None)


def test_a_server_that_is_slow_to_say_its_models_keeps_nobody_else_waiting(
    own: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_names, go_on = threading.Event(), threading.Event()

    def slow(settings: Settings, endpoint: object) -> None:
        if settings.writer == "model":
            asked_names.set()
            assert go_on.wait(30)
            raise ProviderError("It is down.")

    monkeypatch.setattr(desk_module, "served_model", slow)
    desk = own()
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(answer_of, desk, LEADER, writer="model")
        assert asked_names.wait(30)
        try:
            other = pool.submit(answer_of, desk, FAR, writer="quotes")
            assert other.result(20).status == "not_found"
        finally:
            go_on.set()
        assert waiting.result(30).fault == "It is down."


def test_one_model_serves_all_who_ask_for_it_and_is_closed_at_the_end(
    own: Callable[..., Desk], model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.llm import Model

    opened: list[int] = []
    closed: list[int] = []
    open_, close = Model.__init__, Model.close

    def counted(self: Model, *args: Any, **options: Any) -> None:
        opened.append(id(self))
        open_(self, *args, **options)

    def uncounted(self: Model) -> None:
        closed.append(id(self))
        close(self)

    monkeypatch.setattr(Model, "__init__", counted)
    monkeypatch.setattr(Model, "close", uncounted)
    desk = own()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: answer_of(desk, LEADER), range(8)))
    assert {a.writer for a in answers} == {"model"}
    held = len(desk._models)
    answer_of(desk, LEADER, model="another")
    assert model.requests[-1].body["model"] == "another"
    assert (held, len(desk._models)) == (1, 2)
    desk.close()
    assert set(opened) == set(closed)


def test_the_options_of_a_question_hold_for_it_alone(
    own: Callable[..., Desk], model: ModelServer
) -> None:
    desk = own()
    assert answer_of(desk, LEADER, writer="quotes", quotes=1).writer == "quotes"
    assert len(answer_of(desk, LEADER, writer="quotes", quotes=1).citations) == 1
    assert answer_of(desk, LEADER).writer == "model"
    assert answer_of(desk, LEADER, writer="quotes", as_of=date(2020, 1, 1)).status == "not_found"
    assert answer_of(desk, LEADER, writer="quotes", quotes=10).as_of is None


def test_a_follow_up_is_put_by_the_model_before_anything_is_claimed(
    own: Callable[..., Desk], model: ModelServer
) -> None:
    desk = own()
    first = asked(desk, "", LEADER)[-1]
    replies = iter([said(ALONE)])
    script = writes(HANEGBI)
    model.play(lambda request: next(replies, None) or script(request))
    rows = asked(desk, "", THEN, first.messages, first.conversation)
    assert f"{ENGLISH.understood} {ALONE}" in told(rows[1]) and ENGLISH.loading in told(rows[1])


# --- one engine for all ------------------------------------------------------------------------


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Engine]]:
    """The engines that were opened, and those that were closed."""
    count: dict[str, list[Engine]] = {"opened": [], "closed": []}
    monkeypatch.setattr(shared_engine, "_LOOKED_S", 0.0)

    class Counted(Engine):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            count["opened"].append(self)

        def close(self) -> None:
            count["closed"].append(self)
            super().close()

    monkeypatch.setattr(shared_engine, "Engine", Counted)
    return count


@pytest.fixture
def story(take: Callable[..., IngestReport], folder: Path) -> str:
    """A library of one article; its id."""
    (folder / "story.txt").write_text(STORY)
    article = take().files[0].article
    assert article is not None
    return article.id


def quoted(shared: SharedEngine, question: str) -> str:
    with shared.lent() as engine:
        return " ".join(c.quote for c in engine.ask(question).citations)


def test_one_engine_is_lent_to_all(
    home: Path, story: str, engines: dict[str, list[Engine]]
) -> None:
    with SharedEngine(home, Settings(), None) as shared:
        with shared.lent() as one, shared.lent() as other:
            assert one is other
        assert "Captain Ilya Brandt" in quoted(shared, HELM)
        assert "Captain Ilya Brandt" in quoted(shared, HELM)
    assert len(engines["opened"]) == 1 and engines["closed"] == engines["opened"]


def test_a_new_article_is_found_by_the_next_who_asks(
    home: Path,
    story: str,
    engines: dict[str, list[Engine]],
    take: Callable[..., IngestReport],
    folder: Path,
) -> None:
    with SharedEngine(home, Settings(), None) as shared:
        with shared.lent() as before:
            (folder / "other.txt").write_text(OTHER)
            take()
            assert "Petra Quill" in quoted(shared, MAYOR)
            # Whoever began before goes on undisturbed.
            assert before.ask(HELM).status == "answered"
            assert engines["closed"] == []
        assert engines["closed"] == [before]
    assert len(engines["opened"]) == 2 and engines["closed"] == engines["opened"]


def test_a_deleted_article_is_found_no_more(
    home: Path,
    story: str,
    engines: dict[str, list[Engine]],
    take: Callable[..., IngestReport],
    folder: Path,
) -> None:
    (folder / "other.txt").write_text(OTHER)
    take()
    with SharedEngine(home, Settings(), None) as shared:
        assert "Captain Ilya Brandt" in quoted(shared, HELM)
        delete(home, [story])
        assert "Captain Ilya Brandt" not in quoted(shared, HELM)


def test_a_library_that_was_emptied_is_told_and_filled_again(
    home: Path,
    story: str,
    engines: dict[str, list[Engine]],
    take: Callable[..., IngestReport],
) -> None:
    with SharedEngine(home, Settings(), None) as shared:
        quoted(shared, HELM)
        delete(home, [story])
        for _ in range(2):
            with pytest.raises(EmptyLibrary):
                quoted(shared, HELM)
        assert engines["closed"] == engines["opened"]
        take()
        assert "Captain Ilya Brandt" in quoted(shared, HELM)


def test_a_library_that_is_not_there_yet_is_found_once_it_is(
    home: Path, take: Callable[..., IngestReport], folder: Path
) -> None:
    with SharedEngine(home, Settings(), None) as shared:
        with pytest.raises(EmptyLibrary):
            quoted(shared, HELM)
        assert not home.exists()
        (folder / "story.txt").write_text(STORY)
        take()
        assert "Captain Ilya Brandt" in quoted(shared, HELM)


def test_whether_the_library_changed_is_looked_up_now_and_then(
    home: Path,
    story: str,
    take: Callable[..., IngestReport],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With many who ask, it would take more time than to answer them."""
    monkeypatch.setattr(shared_engine, "_LOOKED_S", 3600.0)
    with SharedEngine(home, Settings(), None) as shared:
        with shared.lent() as first, shared.lent():
            pass
        (folder / "other.txt").write_text(OTHER)
        take()
        with shared.lent() as still:
            assert still is first
        monkeypatch.setattr(shared_engine, "_LOOKED_S", 0.0)
        with shared.lent() as then_:
            assert then_ is not first


def test_while_an_ingest_runs_the_open_engine_goes_on(
    home: Path, story: str, engines: dict[str, list[Engine]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening one for each article that comes in would take all the time there is."""
    with SharedEngine(home, Settings(), None) as shared, writer_lock(home):
        quoted(shared, HELM)
        with Library(home) as library:
            library.move(story, "/elsewhere.txt")
        quoted(shared, HELM)
        assert len(engines["opened"]) == 1
        monkeypatch.setattr(shared_engine, "_PATIENCE_S", 0.0)
        quoted(shared, HELM)
        assert len(engines["opened"]) == 2


def test_an_engine_opened_during_an_ingest_gives_way_once_the_indexes_are_there(
    home: Path, story: str, engines: dict[str, list[Engine]]
) -> None:
    """It has no word index; the library does not change any more when they come."""
    (home / "index" / "current.json").unlink()
    with SharedEngine(home, Settings(), None) as shared:
        with writer_lock(home):
            quoted(shared, HELM)
            quoted(shared, HELM)
            assert len(engines["opened"]) == 1
            with Library(home) as library:
                Indexes(home, library).rebuild()
        quoted(shared, HELM)
        quoted(shared, HELM)
    assert len(engines["opened"]) == 2


def test_a_damaged_library_is_told_and_leaves_nothing_open(
    home: Path, story: str, engines: dict[str, list[Engine]]
) -> None:
    with SharedEngine(home, Settings(), None) as shared:
        (home / "library.db").write_bytes(b"x" * 10_000)
        for name in ("library.db-wal", "library.db-shm"):
            (home / name).unlink(missing_ok=True)
        with pytest.raises(LibraryError), shared.lent():
            pass
    assert engines["opened"] == engines["closed"]


def test_an_error_of_who_asks_gives_the_engine_back(
    home: Path, story: str, engines: dict[str, list[Engine]]
) -> None:
    shared = SharedEngine(home, Settings(), None)
    with pytest.raises(SettingsError):
        quoted(shared, "?")
    with shared.lent() as engine:
        shared.close()
        assert engines["closed"] == [] and engine.ask(HELM).status == "answered"
    assert engines["closed"] == [engine]
    shared.close()
    assert len(engines["closed"]) == 1


def test_an_engine_that_an_article_was_taken_from_gives_way_to_another(
    home: Path, story: str, engines: dict[str, list[Engine]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Engine.stream

    def broken(self: Engine, *args: Any) -> Iterator[Any]:
        if self.library is engines["opened"][0].library:
            raise NotFound("No article has the id 'a1'.")
        return stream(self, *args)

    monkeypatch.setattr(Engine, "stream", broken)
    with desk_on(home) as desk:
        assert answer_of(desk, HELM).status == "answered"
        assert engines["closed"] == engines["opened"][:1]


def test_an_engine_that_never_fits_is_told_in_the_end(
    home: Path, story: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Engine, *args: Any) -> Iterator[Any]:
        raise LibraryBusy("The article a1 was changed while it was read; ask again.")

    monkeypatch.setattr(Engine, "stream", broken)
    with desk_on(home) as desk:
        last = asked(desk, "", HELM)[-1]
        assert "ask again" in told(last) and last.question == HELM
        assert desk._places._value == MOST_AT_ONCE


# Taken for an error, the warning would have the indexes made anew each time.
@pytest.mark.filterwarnings("ignore:delete_documents is deprecated:DeprecationWarning")
def test_many_ask_while_articles_come_and_go(
    home: Path, story: str, engines: dict[str, list[Engine]], tmp_path: Path
) -> None:
    done = threading.Event()
    extra = [tmp_path / f"extra-{n}.txt" for n in range(4)]
    for n, path in enumerate(extra):
        path.write_text(STORY.replace("Halcyon", f"Halcyon {n}").replace("Brandt", f"Brandt{n}"))
    (tmp_path / "other.txt").write_text(OTHER)

    def ask(n: int) -> int:
        asked_ = 0
        while not done.is_set() or asked_ == 0:
            answer = answer_of(desk, HELM if n % 2 else FAR)
            assert answer.status == ("answered" if n % 2 else "not_found")
            asked_ += 1
        return asked_

    with desk_on(home) as desk:
        with ThreadPoolExecutor(16) as pool:
            asking = [pool.submit(ask, n) for n in range(16)]
            try:
                for path in extra:
                    article = ingest(home, [path], Settings()).files[0].article
                    assert article is not None
                    delete(home, [article.id])
                ingest(home, [tmp_path / "other.txt"], Settings())
            finally:
                done.set()
            assert sum(one.result(60) for one in asking) >= 16
        assert "Petra Quill" in answer_of(desk, MAYOR).citations[0].quote
        assert 2 <= len(engines["opened"]) <= 50
    assert {id(e) for e in engines["closed"]} == {id(e) for e in engines["opened"]}
    assert len(engines["closed"]) == len(engines["opened"])


# --- closing -----------------------------------------------------------------------------------


def test_a_desk_opens_nothing_before_the_first_question(
    home: Path, engines: dict[str, list[Engine]]
) -> None:
    with desk_on(home):
        assert engines["opened"] == [] and not Library.exists(home)


def test_a_history_that_cannot_be_read_is_told_at_once(home: Path) -> None:
    home.mkdir()
    (home / "history.db").write_text("no database " * 1000)
    with pytest.raises(LibraryError):
        desk_on(home)


def test_a_conversation_outlives_the_desk(own: Callable[..., Desk], home: Path) -> None:
    last = asked(own(), "Ada", LEADER)[-1]
    own().close()
    with History(home) as history:
        (turn,) = history.turns("Ada", str(last.conversation))
        assert turn.id == turn_of(last.messages[-1])
        with pytest.raises(NotFound):
            history.turns("", str(last.conversation))
