from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer_json import answer_of, json_of
from rag.errors import LibraryError, NotFound, SettingsError
from rag.history import History
from rag.kept import short_title
from rag.types import Answer, Disagreement, Dropped, Hit, Passage, Sentence, Side
from tests.conftest import ROOT
from tests.eval_factory import answer, article, cite, claim, quoted

OF = article()
BRANDT = cite(1, 1, OF)
FULL = replace(
    answer([quoted(BRANDT), claim("The rudder was not overhauled.", 1)], [BRANDT]),
    question="Who was at the helm?",
    disagreements=(Disagreement("helm", (Side("Brandt", (1,)), Side("Quill", (1,)))),),
    hits=(Hit(Passage("p", "a1", 0, 9, (Sentence("s", 0, 9),)), 0.5, 1, ("vectors",)),),
    writer="model",
    model="gpt",
    as_of=date(2024, 5, 4),
    usage={"prompt_tokens": 7},
    cost_usd=0.0125,
    cached=True,
    standalone="Who was at the helm of the Halcyon?",
    dropped=(Dropped("It sank.", ("“sank”",)),),
    notes=("A note.",),
    settings_hash="abc",
)
REFUSED = replace(
    answer([], []), question="Wer gewann?", nearest=(cite(1, 0, OF),), reason="Nichts da."
)
FIRST_FORM = (
    '{"question": "Who?", "status": "answered", "claims": [{"text": "B. \\ud83d\\ude00",'
    ' "citations": [1], "support": "verbatim"}], "citations": [{"n": 1, "article_id": "a",'
    ' "start": 0, "end": 2, "quote": "B.", "outlet": null, "title": "T", "published":'
    ' "2024-05-03", "source": "/a.txt", "origin": null, "context_start": 0, "context_end": 2}],'
    ' "nearest": [], "reason": null, "disagreements": [], "hits": [], "writer": "quotes",'
    ' "model": null, "as_of": null, "confidence": 0.5}'
)


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with History(home) as opened:
        yield opened


def edit(home: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(home / "history.db")) as db, db:
        db.execute(sql, values)


def asked(question: str) -> Answer:
    return replace(answer([], []), question=question)


# --- what is kept ---------------------------------------------------------------------------


@pytest.mark.parametrize("one", [FULL, REFUSED], ids=["answered", "refused"])
def test_an_answer_outlives_a_restart_as_it_was_but_for_its_hits(home: Path, one: Answer) -> None:
    before = datetime.now(UTC)
    with History(home) as history:
        conversation = history.start("", "The ferry")
        added = history.add("", conversation, one)
    with History(home) as history:
        (turn,) = history.turns("", conversation)
        assert turn == added == history.turn("", turn.id)
        (kept,) = history.conversations("")
    assert turn.answer == replace(one, hits=())
    assert (turn.n, turn.conversation, turn.thumb, turn.comment) == (0, conversation, 0, "")
    assert before <= kept.started <= turn.asked_at == kept.changed <= datetime.now(UTC)
    assert turn.asked_at.utcoffset() == timedelta(0)
    assert kept[:3] == (conversation, "The ferry", 1)


@given(st.text(st.characters(), max_size=40))
def test_any_text_is_kept_even_half_a_surrogate_pair(text: str) -> None:
    one = replace(FULL, hits=(), dropped=(Dropped(text, (text,)),), question=text)
    assert answer_of(json_of(one)) == one


def test_answers_kept_in_the_first_form_can_still_be_read() -> None:
    read = answer_of(FIRST_FORM)
    assert read.text == "B. 😀 [1]"
    assert read.citations[0].published == date(2024, 5, 3)


def test_a_long_title_is_cut_at_a_word_and_white_space_is_folded(history: History) -> None:
    conversation = history.start("", "  Who\n was \u00a0 at\tthe helm " + "of the ferry " * 9)
    title = history.conversations("")[0].title
    assert title.startswith("Who was at the helm of the ferry of") and len(title) <= 80
    assert title.removesuffix("…").split()[-1] in ("of", "the", "ferry") and title[-1] == "…"
    history.rename("", conversation, "京" * 200)
    assert history.conversations("")[0].title == "京" * 79 + "…"
    history.rename("", conversation, " \n ")
    assert history.conversations("")[0].title == "Untitled"


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_a_title_is_never_too_long_and_a_short_one_stays(text: str) -> None:
    title = short_title(text)
    assert 0 < len(title) <= 80
    assert title == (" ".join(text.split()) or "Untitled") or title.endswith("…")


def test_the_conversation_changed_last_comes_first(history: History) -> None:
    first, second = history.start("", "first"), history.start("", "second")
    assert [k.id for k in history.conversations("")] == [second, first]
    history.add("", first, FULL)
    history.rename("", second, "another name is no change")
    assert [k.id for k in history.conversations("")] == [first, second]
    assert history.count("") == 2


def test_a_turn_may_take_the_place_of_one_and_of_what_followed(history: History) -> None:
    conversation = history.start("", "t")
    turns = [history.add("", conversation, asked(q)) for q in ("a?", "b?", "c?")]
    again = history.add("", conversation, asked("d?"), first=1)
    assert [(t.n, t.answer.question) for t in history.turns("", conversation)] == [
        (0, "a?"),
        (1, "d?"),
    ]
    assert again.n == 1
    with pytest.raises(NotFound, match=turns[2].id):
        history.turn("", turns[2].id)
    assert history.add("", conversation, asked("e?"), first=9).n == 2


def test_what_gives_way_stays_where_the_new_turn_cannot_be_kept(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = history.start("", "t")
    turns = [history.add("", conversation, asked(q)) for q in ("a?", "b?")]

    def fails(*_: object) -> None:
        raise LibraryError("the disk is full")

    monkeypatch.setattr(history, "_changed", fails)
    with pytest.raises(LibraryError, match="full"):
        history.add("", conversation, asked("c?"), first=0)
    assert history.turns("", conversation) == turns


# --- searching ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", True),
        ("HELM halcyon", True),
        ("brandt master", True),
        ("ferry STRASSE", True),
        ("caf\u00e9", True),
        ("gewann pier", True),
        ("nichts", True),
        ("helm samarkand", False),
        ("%", False),
        ("_", False),
        ('" OR 1=1 --', False),
        ("\ud800", False),
        ("vectors", False),
        ("helm " * 5_000, True),
    ],
)
def test_a_search_matches_every_word_in_any_case_wherever_it_stands(
    history: History, search: str, found: bool
) -> None:
    conversation = history.start("", "Stra\u00dfe and cafe\u0301")
    history.add("", conversation, FULL)
    history.add("", conversation, REFUSED)
    history.start("", "Other")
    ids = [k.id for k in history.conversations("", search)]
    assert (conversation in ids) is found
    assert len(ids) == (2 if not search else int(found))


def test_a_new_title_is_searched_and_the_old_one_is_not(history: History) -> None:
    conversation = history.start("", "Ferry")
    history.rename("", conversation, "\u0130zmir")
    assert history.conversations("", "ferry") == []
    assert history.conversations("", "\u0130ZMIR")


# --- users ----------------------------------------------------------------------------------


def test_nothing_of_one_user_is_there_for_another(history: History) -> None:
    mine = history.start("ann", "Mine")
    turn = history.add("ann", mine, FULL)
    for other in ("", "Ann", "bob"):
        assert history.conversations(other) == [] and history.count(other) == 0
        assert history.conversations(other, "helm") == []
        for use in (
            lambda u: history.turns(u, mine),
            lambda u: history.turn(u, turn.id),
            lambda u: history.add(u, mine, FULL),
            lambda u: history.add(u, mine, FULL, first=0),
            lambda u: history.rename(u, mine, "x"),
            lambda u: history.delete(u, mine),
            lambda u: history.restore(u, mine),
            lambda u: history.rate(u, turn.id, 1, ""),
        ):
            with pytest.raises(NotFound):
                use(other)
    assert history.turns("ann", mine) == [turn]
    assert history.conversations("ann")[0].title == "Mine"


def test_what_is_not_there_is_named_in_one_line(history: History) -> None:
    with pytest.raises(NotFound, match="no conversation 'zzz'") as caught:
        history.turns("", "zzz")
    assert "\n" not in str(caught.value) and caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_text_that_is_not_unicode_is_refused_and_nothing_is_kept(
    history: History, text: str
) -> None:
    conversation = history.start("", "t")
    turn = history.add("", conversation, FULL)
    for use in (
        lambda: history.start("", text),
        lambda: history.start(text, "t"),
        lambda: history.rename("", conversation, text),
        lambda: history.rate("", turn.id, 1, text),
        lambda: history.add("", conversation, FULL, first=10**30),
    ):
        with pytest.raises(SettingsError, match="can't be kept"):
            use()
    assert history.turns("", conversation) == [turn] and history.count("") == 1


# --- deleting -------------------------------------------------------------------------------


def test_a_deleted_conversation_is_gone_until_it_is_restored(history: History) -> None:
    conversation = history.start("", "t")
    turn = history.add("", conversation, FULL)
    history.rate("", turn.id, 1, "")
    history.delete("", conversation)
    assert history.conversations("") == [] and history.count("") == 0 and history.rated() == []
    for use in (
        lambda: history.turn("", turn.id),
        lambda: history.turns("", conversation),
        lambda: history.add("", conversation, FULL),
        lambda: history.rate("", turn.id, -1, ""),
        lambda: history.delete("", conversation),
    ):
        with pytest.raises(NotFound):
            use()
    history.restore("", conversation)
    history.restore("", conversation)
    assert history.turns("", conversation) == [turn._replace(thumb=1)]


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_what_was_deleted_over_thirty_days_ago_is_purged_at_opening(
    home: Path, days: int, kept: bool
) -> None:
    with History(home) as history:
        conversation, stays = history.start("", "t"), history.start("", "stays")
        history.add("", conversation, FULL)
        history.delete("", conversation)
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
    edit(home, "UPDATE conversations SET deleted = ? WHERE deleted IS NOT NULL", then)
    with History(home) as history:
        if kept:
            history.restore("", conversation)
            assert len(history.turns("", conversation)) == 1
        else:
            with pytest.raises(NotFound):
                history.restore("", conversation)
        assert stays in [k.id for k in history.conversations("")]
    with closing(sqlite3.connect(home / "history.db")) as db:
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (int(kept),)


# --- ratings --------------------------------------------------------------------------------


def test_ratings_come_in_the_order_they_were_given_whoever_gave_them(history: History) -> None:
    turns = {u: history.add(u, history.start(u, "t"), FULL).id for u in ("", "ann", "bob", "cid")}
    history.rate("bob", turns["bob"], -1, " wrong\n")
    history.rate("ann", turns["ann"], 1, "")
    history.rate("", turns[""], 0, "hm")
    history.rate("bob", turns["bob"], 1, "right after all 👍")
    history.rate("cid", turns["cid"], 1, "")
    history.rate("cid", turns["cid"], 0, " ")
    assert [(t.id, t.thumb, t.comment) for t in history.rated()] == [
        (turns["ann"], 1, ""),
        (turns[""], 0, "hm"),
        (turns["bob"], 1, "right after all 👍"),
    ]


@pytest.mark.parametrize(
    ("thumb", "comment", "message"),
    [(2, "", "The thumb 2"), (-2, "", "The thumb -2"), (1, "x" * 2_001, "2,001 characters")],
)
def test_a_rating_out_of_range_is_refused(
    history: History, thumb: int, comment: str, message: str
) -> None:
    turn = history.add("", history.start("", "t"), FULL)
    history.rate("", turn.id, -1, "x" * 2_000)
    with pytest.raises(SettingsError, match=message):
        history.rate("", turn.id, thumb, comment)
    assert history.turn("", turn.id).comment == "x" * 2_000


# --- damage ---------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["no JSON", "{}", "[" * 100_000, '{"question": 5}', b"\xff"])
def test_a_row_that_cannot_be_read_is_named_and_stops_no_other(
    home: Path, history: History, content: str | bytes
) -> None:
    first, second = history.start("", "first"), history.start("", "second")
    good, bad = history.add("", first, FULL), history.add("", first, FULL)
    other = history.add("", second, FULL)
    for turn in (good, bad, other):
        history.rate("", turn.id, 1, "")
    edit(home, "UPDATE turns SET answer = ? WHERE id = ?", content, bad.id)
    assert len(history.conversations("", "helm")) == 2
    assert history.turns("", second)[0].id == history.turn("", other.id).id == other.id
    for use in (lambda: history.turns("", first), lambda: history.turn("", bad.id), history.rated):
        with pytest.raises(LibraryError, match=f"{bad.id}, number 2") as caught:
            use()
        assert "\n" not in str(caught.value)
    told: list[LibraryError] = []
    assert [t.id for t in history.turns("", first, told.append)] == [good.id]
    assert [t.id for t in history.rated(told.append)] == [good.id, other.id]
    assert len(told) == 2


def test_a_conversation_that_cannot_be_read_stops_no_other(home: Path, history: History) -> None:
    bad, good = history.start("", "bad"), history.start("", "good")
    edit(home, "UPDATE conversations SET started = 'soon' WHERE id = ?", bad)
    with pytest.raises(LibraryError, match=bad):
        history.conversations("")
    told: list[LibraryError] = []
    assert [k.id for k in history.conversations("", broken=told.append)] == [good]
    assert len(told) == 1


def test_looking_for_a_history_begins_none(home: Path) -> None:
    assert not History.exists(home)
    assert not home.exists()
    History(home).close()
    assert History.exists(home)


def test_a_text_file_in_its_place_is_called_damaged_and_left_alone(home: Path) -> None:
    home.mkdir()
    text = "this is no database, but it is long enough to look at\n" * 50
    (home / "history.db").write_text(text)
    with pytest.raises(LibraryError, match=r"history\.db is damaged") as caught:
        History(home)
    assert "\n" not in str(caught.value)
    assert (home / "history.db").read_text() == text


def test_damage_in_the_middle_is_told_at_opening(home: Path) -> None:
    with History(home) as history:
        conversation = history.start("", "t")
        for _ in range(30):
            history.add("", conversation, FULL)
    path = home / "history.db"
    content = bytearray(path.read_bytes())
    content[4096:40960] = b"\xa5" * (40960 - 4096)
    path.write_bytes(content)
    with pytest.raises(LibraryError, match="damaged"):
        History(home)
    assert path.read_bytes() == bytes(content)


@pytest.mark.parametrize("mark", [0, 0x43495445])
def test_another_programs_database_is_left_alone(home: Path, mark: int) -> None:
    home.mkdir()
    edit(home, "CREATE TABLE theirs (x)")
    edit(home, f"PRAGMA application_id = {mark}")
    before = (home / "history.db").read_bytes()
    with pytest.raises(LibraryError, match="not a history"):
        History(home)
    assert (home / "history.db").read_bytes() == before


def test_a_newer_format_is_refused(home: Path) -> None:
    History(home).close()
    edit(home, "PRAGMA user_version = 2")
    with pytest.raises(LibraryError, match="newer Citewire"):
        History(home)


def test_a_folder_in_its_place_and_a_closed_file_are_told_in_one_line(
    home: Path, tmp_path: Path
) -> None:
    history = History(home)
    history.close()
    history.close()
    with pytest.raises(LibraryError, match="can't be used"):
        history.count("")
    (tmp_path / "other" / "history.db").mkdir(parents=True)
    with pytest.raises(LibraryError, match="can't be used"):
        History(tmp_path / "other")


def test_a_full_disk_leaves_the_conversation_as_it_was(history: History) -> None:
    conversation = history.start("", "t")
    turn = history.add("", conversation, FULL)
    ((pages,),) = history._db.rows("PRAGMA page_count")
    history._db.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LibraryError, match="full"):
        history.add("", conversation, asked("x" * 1_000_000))
    assert history.turns("", conversation) == [turn]
    history.rename("", conversation, "goes on")


def test_a_crash_before_the_tables_were_made_leaves_a_file_that_can_be_used(home: Path) -> None:
    home.mkdir()
    edit(home, "PRAGMA journal_mode = WAL")
    assert (home / "history.db").stat().st_size > 0
    with History(home) as history:
        assert history.start("", "t")


# --- many at once ---------------------------------------------------------------------------


def test_many_threads_may_write_to_one_history(history: History) -> None:
    conversation = history.start("", "t")
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda n: history.add("", conversation, asked(f"q{n}?")), range(60)))
    assert sorted(t.n for t in added) == list(range(60))
    assert [t.n for t in history.turns("", conversation)] == list(range(60))


def test_a_history_may_be_begun_by_many_at_the_same_moment(tmp_path: Path) -> None:
    for n in range(5):
        home, together = tmp_path / str(n), Barrier(6)

        def begin(k: int, home: Path = home, together: Barrier = together) -> str:
            together.wait()
            with History(home) as history:
                return history.start("", f"t{k}")

        with ThreadPoolExecutor(6) as pool:
            begun = set(pool.map(begin, range(6)))
        with History(home) as history:
            assert {k.id for k in history.conversations("")} == begun


def test_reading_waits_for_no_writer(home: Path, history: History) -> None:
    history.start("", "t")
    with closing(sqlite3.connect(home / "history.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert history.count("") == 1
        with History(home) as again:
            assert again.count("") == 1


WRITER = """
import sys
from pathlib import Path
from rag.answer_json import answer_of
from rag.history import History

with History(Path(sys.argv[1])) as history:
    for _ in range(25):
        history.add("", sys.argv[2], answer_of(sys.argv[3]))
"""


def test_two_processes_may_write_to_one_conversation(home: Path, history: History) -> None:
    conversation = history.start("", "t")
    command = [sys.executable, "-W", "error", "-c", WRITER, str(home), conversation, FIRST_FORM]
    writers = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    for _ in range(25):
        history.add("", conversation, FULL)
    assert [w.wait(60) for w in writers] == [0, 0]
    assert [t.n for t in history.turns("", conversation)] == list(range(75))
    assert history.conversations("")[0].turns == 75


def test_a_writer_that_is_killed_leaves_whole_turns_only(home: Path, history: History) -> None:
    conversation = history.start("", "t")
    endless = WRITER.replace("range(25)", "iter(int, 1)")
    command = [sys.executable, "-c", endless, str(home), conversation, FIRST_FORM]
    with subprocess.Popen(command, cwd=ROOT) as writer:
        while history.conversations("")[0].turns < 5:
            assert writer.poll() is None
        writer.kill()
    written = len(history.turns("", conversation))
    assert written >= 5
    assert history.add("", conversation, FULL).n == written
    with History(home) as again:
        assert len(again.turns("", conversation)) == written + 1
