"""Deleting articles, bringing them back, and putting right what is known of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.pipeline import IngestReport, ingest
from rag import shelf
from rag.embed import Embedder
from rag.engine import Engine
from rag.errors import (
    EmptyLibrary,
    LibraryBusy,
    LibraryError,
    ModelError,
    NotFound,
    SettingsError,
)
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.probe import probe
from rag.reply_cache import replies_of
from rag.settings import Settings
from rag.types import Filters
from tests.conftest import OTHER, STORY, Run

Take = Callable[..., IngestReport]


@pytest.fixture
def ids(take: Take, folder: Path) -> list[str]:
    """Two articles in the library: the ferry's and the market hall's."""
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    return [f.article.id for f in take().files if f.article]


def content(home: Path, *, shelf_too: bool = True) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the library, but for its generation."""
    tables = ["articles", "sentences", "passages", "corrections"] + ["removed"] * shelf_too
    with sqlite3.connect(home / "library.db") as db:
        rows = {t: db.execute(f"SELECT * FROM {t} ORDER BY 1, 2").fetchall() for t in tables}
    db.close()
    return rows


def is_current(home: Path) -> bool:
    with Library(home) as library:
        return Indexes(home, library).state() == "current" and probe(home) is None


def found(home: Path, question: str, filters: Filters | None = None) -> set[str]:
    with Engine(home, Settings()) as engine:
        hits = engine.finder.find(question, filters or Filters()).hits
    return {hit.passage.article_id for hit in hits}


def leave_a_reply(home: Path) -> Path:
    path = replies_of(home) / "reply.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    return path


def backdate(home: Path, article_id: str, days: float) -> None:
    moment = datetime.now(UTC) - timedelta(days=days)
    with sqlite3.connect(home / "library.db") as db:
        db.execute(
            "UPDATE removed SET removed_at = ? WHERE id = ?",
            (moment.isoformat(timespec="microseconds"), article_id),
        )
    db.close()


def fail_in(monkeypatch: pytest.MonkeyPatch, sql: str, after: int = 0) -> None:
    """Lets a write of this statement fail, all before it done."""
    left = after

    def failing(name: str) -> Callable[..., None]:
        from rag.database import Database

        write = getattr(Database, name)

        def run(self: Database, statement: str, values: Any = ()) -> None:
            nonlocal left
            if statement.startswith(sql):
                left -= 1
                if left < 0:
                    raise sqlite3.OperationalError("database or disk is full")
            write(self, statement, values)

        return run

    for name in ("write", "write_many"):
        monkeypatch.setattr(f"rag.database.Database.{name}", failing(name))


# --- deleting and bringing back ----------------------------------------------------------


def test_a_deleted_article_is_found_no_more_and_comes_back_exactly(
    ids: list[str], home: Path
) -> None:
    shelf.edit(home, ids[0], outlet="The Ennick Post")
    before = content(home)
    (deleted,) = shelf.delete(home, [ids[0][:7]])
    assert deleted.id == ids[0]
    assert is_current(home)
    assert found(home, "Who was at the helm of the ferry?") == {ids[1]}
    assert content(home, shelf_too=False)["corrections"] == []
    (back,) = shelf.undelete(home, [ids[0][:7]])
    assert back == deleted
    assert content(home) == before
    assert is_current(home)
    assert ids[0] in found(home, "Who was at the helm of the ferry?")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffOutlet: Häfen “Ost”\n\nDer Kapitän 🚢 sah\u00a0nichts. Niemand\u2028fuhr mit.\n",
        "Title: \u202eevil\u202c\n\nThe ferry struck the pier.\r\nNobody was hurt.\r\n",
        "Title: فردا می\u200cآید\n\nThe ferry struck the pier; 'e\u0301' is two. \x00\n",
    ],
)
def test_odd_characters_come_back_as_they_were(text: str, home: Path, folder: Path) -> None:
    (folder / "odd \u00e9 😀.txt").write_text(text.replace("\x00", "\U0001d11e"))
    ((outcome),) = ingest(home, [folder], Settings()).files
    assert outcome.article
    before = content(home)
    shelf.delete(home, [outcome.article.id])
    assert [a.id for a in shelf.undelete(home, [outcome.article.id])] == [outcome.article.id]
    assert content(home) == before


def test_a_wrong_id_removes_nothing_and_brings_nothing_back(ids: list[str], home: Path) -> None:
    before = content(home)
    with pytest.raises(NotFound, match="'nothing'"):
        shelf.delete(home, [ids[0], "nothing"])
    with pytest.raises(NotFound, match="More than one"):
        shelf.delete(home, ["a"])
    assert content(home) == before
    shelf.delete(home, ids)
    before = content(home)
    for wrong in ("nothing", "", "%"):
        with pytest.raises(NotFound, match="deleted article has an id that starts"):
            shelf.undelete(home, [ids[0], wrong])
    with pytest.raises(NotFound, match="More than one deleted article"):
        shelf.undelete(home, ["a"])
    assert content(home) == before


def test_an_article_named_twice_counts_once(ids: list[str], home: Path) -> None:
    assert [a.id for a in shelf.delete(home, [ids[0], ids[0][:8], ids[0]])] == [ids[0]]
    assert [a.id for a in shelf.undelete(home, [ids[0], ids[0]])] == [ids[0]]
    assert shelf.delete(home, []) == ()


def test_what_is_deleted_is_listed_last_first(ids: list[str], home: Path) -> None:
    assert shelf.removed(home) == []
    for article_id in reversed(ids):
        shelf.delete(home, [article_id])
    listed = shelf.removed(home)
    assert [r.article.id for r in listed] == ids
    assert listed[0].article.text == STORY
    assert datetime.now(UTC) - listed[0].removed_at < timedelta(minutes=1)


def test_without_a_library_nothing_is_made(home: Path) -> None:
    assert shelf.removed(home) == []
    for change in (shelf.delete, shelf.undelete):
        with pytest.raises(EmptyLibrary, match="citewire ingest FOLDER"):
            change(home, ["a1"])
    with pytest.raises(EmptyLibrary):
        shelf.edit(home, "a1", title="A title")
    assert not home.exists()


@pytest.mark.parametrize("by", ["file", "text"])
def test_what_was_ingested_again_is_not_brought_back_beside_itself(
    by: str, ids: list[str], take: Take, home: Path, folder: Path
) -> None:
    shelf.delete(home, ids)
    shutil.move(folder / "a.txt", folder / "c.txt")
    take(folder / "c.txt")
    if by == "file":
        # Moved to where the deleted article's file was, with another text.
        (folder / "c.txt").write_text(STORY.replace("fourteen", "fifteen"))
        take(folder / "c.txt")
        shutil.move(folder / "c.txt", folder / "a.txt")
        assert take(folder / "a.txt").files[0].reason
    before = content(home)
    says = r"its file '.*a\.txt'" if by == "file" else "the same text"
    with pytest.raises(SettingsError, match=f"{says} is in the library again as a\\w+; del") as e:
        shelf.undelete(home, [ids[1], ids[0]])
    assert "\n" not in str(e.value)
    assert content(home) == before


def test_of_two_deleted_articles_with_the_same_text_one_comes_back(
    ids: list[str], take: Take, home: Path, folder: Path
) -> None:
    shelf.delete(home, [ids[0]])
    shutil.move(folder / "a.txt", folder / "c.txt")
    (again,) = (f.article for f in take(folder / "c.txt").files)
    assert again
    shelf.delete(home, [again.id])
    before = content(home)
    with pytest.raises(SettingsError, match="the same text"):
        shelf.undelete(home, [ids[0], again.id])
    assert content(home) == before
    assert [a.id for a in shelf.undelete(home, [again.id])] == [again.id]


def test_a_deleted_articles_file_comes_in_as_new(
    ids: list[str], take: Take, home: Path, folder: Path
) -> None:
    shelf.edit(home, ids[0], title="Another title")
    shelf.delete(home, ids)
    report = take(folder / "a.txt")
    assert report.files[0].status == "ingested"
    assert report.files[0].article
    assert report.files[0].article.title == "Ferry strikes pier in Port Ennick"
    assert [r.article.id for r in shelf.removed(home)] == [ids[1]]
    with pytest.raises(NotFound, match="citewire undelete"):
        shelf.undelete(home, [ids[0]])


def test_what_was_deleted_30_days_ago_is_gone(
    ids: list[str], take: Take, home: Path, folder: Path
) -> None:
    shelf.delete(home, ids)
    backdate(home, ids[0], 30.01)
    backdate(home, ids[1], 29.99)
    assert [r.article.id for r in shelf.removed(home)] == [ids[1]]
    with pytest.raises(NotFound):
        shelf.undelete(home, [ids[0]])
    (folder / "c.txt").write_text(OTHER.replace("nine", "eight"))
    take(folder / "c.txt")
    assert [row[0] for row in content(home)["removed"]] == [ids[1]]
    shelf.undelete(home, [ids[1]])


def test_of_many_deleted_articles_the_last_are_kept(
    ids: list[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.removed.MOST_KEPT", 1)
    shelf.delete(home, ids)
    assert [r.article.id for r in shelf.removed(home)] == [ids[1]]


def test_a_damaged_article_can_be_deleted_as_its_error_says(ids: list[str], home: Path) -> None:
    with sqlite3.connect(home / "library.db") as db:
        db.execute("UPDATE articles SET text = text || ' More.' WHERE id = ?", (ids[0],))
    db.close()
    with Library(home) as library, pytest.raises(LibraryError, match="delete that article"):
        library.article(ids[0])
    shelf.delete(home, [ids[0]])
    with Library(home) as library:
        assert library.check() == []


# --- putting right -----------------------------------------------------------------------


def test_a_corrected_article_is_what_a_corrected_file_would_have_been(
    ids: list[str], home: Path, folder: Path, tmp_path: Path
) -> None:
    with Library(home) as library:
        old = library.article(ids[0])
    new = shelf.edit(
        home,
        ids[0],
        outlet=" The\u00a0 Ennick\nPost ",
        published=date(2024, 5, 4),
        title="Ferry hits",
    )
    assert new == replace(
        old, outlet="The Ennick Post", published=date(2024, 5, 4), title="Ferry hits"
    )
    with Library(home) as library:
        assert library.article(ids[0]) == new
        passages = list(library.passages(library.passage_ids(ids[0])).values())
        alone, titled = library.sentence_vectors(ids[0], library.sentences(ids[0]))
        of_passage = library.passage_vector(passages[0].id)
    texts = [new.text[s.start : s.end] for s in passages[0].sentences]
    first = f"Ferry hits. The Ennick Post, 4 May 2024\n{' '.join(texts)}"
    # All at once, as ingestion embeds them: their company counts a little.
    wanted = Embedder().embed([first, *texts, *(f"Ferry hits. {t}" for t in texts)])
    assert np.array_equal(of_passage, wanted[0])
    stored = np.concatenate([alone, titled])
    assert np.array_equal(stored, wanted[1:].astype(np.float16).astype(np.float32))


def test_a_corrected_article_is_found_by_its_new_facts(ids: list[str], home: Path) -> None:
    shelf.edit(home, ids[0], outlet="Zanzibar Kurier", published=date(2021, 1, 2), title="Quokka")
    assert is_current(home)
    question = "Who was at the helm of the ferry?"
    assert found(home, question, Filters(outlets=("Zanzibar Kurier",))) == {ids[0]}
    assert found(home, question, Filters(until=date(2021, 1, 2))) == {ids[0]}
    with Engine(home, Settings()) as engine:
        words = engine._indexes.words
        assert words
        assert [i.split(".")[0] for i, _ in words.search("quokka", 5, Filters())] == [ids[0]]
        assert words.search("strikes", 5, Filters()) == []
        (citation, *_) = engine.ask(question).citations
    assert (citation.outlet, citation.published) == ("Zanzibar Kurier", date(2021, 1, 2))


def test_what_is_not_named_is_kept_and_none_means_unknown(ids: list[str], home: Path) -> None:
    with Library(home) as library:
        old = library.article(ids[0])
    assert shelf.edit(home, ids[0]) == old
    assert content(home)["corrections"] == []
    assert shelf.edit(home, ids[0], published=None) == replace(old, published=None)
    new = shelf.edit(home, ids[0], outlet=None, title=" \u2003\n")
    assert new == replace(old, published=None, outlet=None, title=None)
    assert content(home)["corrections"] == [(ids[0], "null", "null", "null")]
    assert is_current(home)


def test_two_corrections_one_after_the_other_both_stay(ids: list[str], home: Path) -> None:
    shelf.edit(home, ids[0], outlet="One", title="A title")
    new = shelf.edit(home, ids[0], outlet="Two")
    assert (new.outlet, new.title) == ("Two", "A title")
    assert content(home)["corrections"] == [(ids[0], '"Two"', None, '"A title"')]


def test_correcting_back_gives_the_same_bytes(ids: list[str], home: Path) -> None:
    before = content(home)
    with Library(home) as library:
        old = library.article(ids[0])
    shelf.edit(home, ids[0], title="Something else altogether", outlet=None)
    assert content(home)["sentences"] != before["sentences"]
    shelf.edit(home, ids[0], title=old.title, outlet=old.outlet)
    after = content(home)
    assert {**after, "corrections": []} == before


TODAY = date.today()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"outlet": "x" * 201}, "outlet has 201 characters; 200"),
        ({"title": "a\x1b[31mb"}, r"title has the character '\\x1b'"),
        ({"title": "a\u202eb"}, r"'\\u202e'"),
        ({"outlet": "a\u200bb"}, r"'\\u200b'"),
        ({"outlet": "a\ud800b"}, r"'\\ud800'"),
        ({"outlet": "a\x00b"}, r"'\\x00'"),
        ({"published": TODAY + timedelta(days=3)}, "is in the future"),
        ({"published": date(1599, 12, 31)}, "1599-12-31 is before 1600"),
        ({"published": date.max}, "is in the future"),
    ],
)
def test_what_no_article_can_have_is_refused(
    facts: dict[str, Any], says: str, ids: list[str], home: Path
) -> None:
    before = content(home)
    with pytest.raises(SettingsError, match=says) as caught:
        shelf.edit(home, ids[0], **{"title": "A new title", **facts})
    assert "\n" not in str(caught.value)
    assert content(home) == before


@pytest.mark.parametrize(
    "facts",
    [
        {"outlet": "x" * 200},
        {"title": "فردا می\u200cآید"},
        {"title": "“Čas” – 時間 🚢"},
        {"published": TODAY},
        {"published": date(1600, 1, 1)},
    ],
)
def test_what_an_article_may_have_is_kept_as_it_is(
    facts: dict[str, Any], ids: list[str], home: Path
) -> None:
    shelf.edit(home, ids[0], **facts)
    with Library(home) as library:
        ((name, value),) = facts.items()
        assert getattr(library.article(ids[0]), name) == value


def test_a_moment_given_for_a_date_is_its_day(ids: list[str], home: Path) -> None:
    shelf.edit(home, ids[0], published=datetime(2024, 5, 4, 23, 59, tzinfo=UTC))
    with Library(home) as library:
        assert library.article(ids[0]).published == date(2024, 5, 4)


def test_an_article_that_is_not_there_is_not_corrected(ids: list[str], home: Path) -> None:
    before = content(home)
    for wrong in ("nothing", "a", ""):
        with pytest.raises(NotFound):
            shelf.edit(home, wrong, title="A new title")
    assert content(home) == before


# --- whatever happens --------------------------------------------------------------------


def delete_both(home: Path, ids: list[str]) -> None:
    shelf.delete(home, ids)


def undelete_both(home: Path, ids: list[str]) -> None:
    shelf.undelete(home, ids)


def edit_one(home: Path, ids: list[str]) -> None:
    shelf.edit(home, ids[0], outlet="The Ennick Post", title="A new title")


@pytest.mark.parametrize(
    ("change", "at"),
    [
        (delete_both, ("INSERT OR REPLACE INTO removed", 1)),
        (delete_both, ("DELETE FROM articles", 1)),
        (delete_both, ("DELETE FROM removed", 3)),
        (undelete_both, ("INSERT INTO sentences", 3)),
        (undelete_both, ("INSERT INTO corrections", 0)),
        (undelete_both, ("DELETE FROM removed", 1)),
        (edit_one, ("UPDATE articles", 0)),
        (edit_one, ("UPDATE sentences", 0)),
        (edit_one, ("UPDATE passages", 0)),
    ],
)
def test_a_write_that_fails_half_way_leaves_the_library_as_it_was(
    change: Callable[[Path, list[str]], None],
    at: tuple[str, int],
    ids: list[str],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf.edit(home, ids[1], title="An earlier title")
    if change is undelete_both:
        shelf.delete(home, ids)
    before = content(home)
    reply = leave_a_reply(home)
    with monkeypatch.context() as patch:
        fail_in(patch, *at)
        with pytest.raises(LibraryError, match="full"):
            change(home, ids)
    assert content(home) == before
    assert is_current(home)
    assert reply.exists()
    change(home, ids)
    assert content(home) != before


def test_an_embedder_that_fails_changes_nothing(
    ids: list[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(home)

    def missing(*_: object) -> None:
        raise ModelError("The model file is missing.")

    monkeypatch.setattr(Embedder, "embed", missing)
    with pytest.raises(ModelError):
        edit_one(home, ids)
    assert content(home) == before


@pytest.mark.parametrize("change", [delete_both, undelete_both, edit_one])
def test_indexes_that_can_not_follow_are_made_anew_at_the_next_question(
    change: Callable[[Path, list[str]], None],
    ids: list[str],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if change is undelete_both:
        shelf.delete(home, ids)
    reply = leave_a_reply(home)

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Indexes, "catch_up", dying)
        with pytest.raises(KeyboardInterrupt):
            change(home, ids[:1])
    assert not reply.exists()
    with Library(home) as library:
        assert Indexes(home, library).state() == "stale"
        Indexes(home, library).open().close()
    assert is_current(home)


@pytest.mark.parametrize("change", [delete_both, undelete_both, edit_one])
def test_what_models_wrote_is_forgotten_with_each_change(
    change: Callable[[Path, list[str]], None], ids: list[str], home: Path
) -> None:
    if change is undelete_both:
        shelf.delete(home, ids)
    reply = leave_a_reply(home)
    change(home, ids)
    assert not reply.exists()
    assert is_current(home)


@pytest.mark.parametrize("change", [delete_both, undelete_both, edit_one])
def test_while_another_writes_nothing_is_changed(
    change: Callable[[Path, list[str]], None], ids: list[str], home: Path
) -> None:
    before = content(home)
    with writer_lock(home), pytest.raises(LibraryBusy):
        change(home, ids)
    assert content(home) == before


# --- commands ----------------------------------------------------------------------------


def test_delete_says_how_to_undelete_and_undelete_does_it(run: Run, ids: list[str]) -> None:
    code, out, _ = run("delete", ids[0])
    assert code == 0
    assert f"citewire undelete {ids[0]}" in out
    code, out, _ = run("undelete")
    assert code == 0
    assert out.startswith(f"{ids[0]}  deleted {datetime.now(UTC):%Y-}")
    (row,) = json.loads(run("undelete", "--json")[1])["removed"]
    assert row["id"] == ids[0] and row["removed_at"].endswith("+00:00") and "text" not in row
    code, out, _ = run("undelete", ids[0][:6])
    assert (code, out) == (0, f"Back {ids[0]}: Ferry strikes pier in Port Ennick\n")
    assert "Nothing was deleted" in run("undelete")[1]
    assert json.loads(run("undelete", "--json")[1]) == {"removed": []}
    assert ids[0] in run("list")[1]
    run("delete", ids[0])
    assert json.loads(run("undelete", ids[0], "--json")[1])["undeleted"][0]["id"] == ids[0]


def test_edit_puts_right_and_show_shows_it(run: Run, ids: list[str]) -> None:
    code, out, _ = run(
        "edit", ids[0], "--outlet", "Ennick Post", "--date", "2024-05-04", "--title", "Pier hit"
    )
    assert code == 0
    assert out == f"Edited {ids[0]}: Pier hit\n  Ennick Post, 4 May 2024\n"
    shown = json.loads(run("show", ids[0], "--json")[1])
    assert (shown["outlet"], shown["published"]) == ("Ennick Post", "2024-05-04")
    assert shown["title"] == "Pier hit"
    code, out, _ = run("edit", ids[0], "--date", "unknown", "--outlet", "", "--json")
    edited = json.loads(out)["edited"]
    assert (edited["outlet"], edited["published"], edited["title"]) == (None, None, "Pier hit")
    assert "unknown outlet, undated" in run("edit", ids[0], "--title", "")[1]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("edit", "{id}"), "give --outlet, --date or --title"),
        (("edit", "{id}", "--date", "yesterday"), "2023-02-20"),
        (("edit", "{id}", "--date", "9999-12-31"), "in the future"),
        (("edit", "{id}", "--title", "x\x07"), "can't be printed"),
        (("edit", "a"), "give --outlet"),
        (("edit", "nothing", "--title", "x"), "citewire list"),
        (("undelete", "nothing"), "citewire undelete"),
        (("delete", "nothing"), "citewire list"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    args: tuple[str, ...], says: str, run: Run, ids: list[str]
) -> None:
    code, out, err = run(*(a.format(id=ids[0]) for a in args))
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_before_anything_is_ingested_the_commands_say_how(run: Run, home: Path) -> None:
    for args in (("undelete",), ("undelete", "a1"), ("edit", "a1", "--title", "x")):
        code, _, err = run(*args)
        assert code == 2
        assert "citewire ingest FOLDER" in err
    assert not home.exists()
