from __future__ import annotations

import hashlib
import shutil
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.engine import Engine
from rag.errors import LibraryBusy, LibraryError, NotFound
from rag.library import ArticleVectors, Library, sentence_id
from rag.schema import SCHEMA_VERSION, STEPS
from rag.settings import Settings
from rag.types import Article, Passage, Sentence


@pytest.fixture
def copy(seeds_home: Path, home: Path) -> Path:
    shutil.copytree(seeds_home, home)
    return home


def test_looking_for_a_library_makes_none(home: Path) -> None:
    assert not Library.exists(home)
    assert not home.exists()


def test_a_text_file_in_its_place_is_called_damaged(home: Path) -> None:
    home.mkdir()
    (home / "library.db").write_text("this is no database, but it is long enough to look at\n" * 50)
    with pytest.raises(LibraryError, match="damaged"):
        Library(home)


def test_damage_in_the_middle_is_reported_and_nothing_is_changed(copy: Path) -> None:
    path = copy / "library.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = bytearray(path.read_bytes())
    content[4096:40960] = b"\xa5" * (40960 - 4096)
    path.write_bytes(content)
    with pytest.raises(LibraryError, match="damaged"), Library(copy) as library:
        list(library.articles())
    assert path.read_bytes() == bytes(content)


def test_another_programs_database_is_left_alone(home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "library.db") as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()
    with pytest.raises(LibraryError, match="not a Citewire library"):
        Library(home)


def test_a_newer_format_is_refused(copy: Path) -> None:
    with sqlite3.connect(copy / "library.db") as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(LibraryError, match="newer Citewire"):
        Library(copy)


def test_a_beginning_of_an_id_is_enough_and_an_ambiguous_one_is_refused(seeds_home: Path) -> None:
    with Library(seeds_home) as library:
        article = next(library.articles())
        assert library.article(article.id[:7]).id == article.id
        with pytest.raises(NotFound, match="More than one"):
            library.article("a")
        for wrong in ("", "nothing", "%", "a%"):
            with pytest.raises(NotFound):
                library.article(wrong)


def test_removing_is_all_or_nothing_and_takes_everything_along(copy: Path) -> None:
    with Library(copy) as library:
        article = next(library.articles())
        library.remove([article.id])
        assert library.passage_ids(article.id) == []
        assert library.check() == []
        assert library.counts().articles == 4


def test_a_full_disk_is_told_in_one_line(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Library(copy) as library:
        pages = library._db.rows("PRAGMA page_count")[0][0]
        library._db.rows(f"PRAGMA max_page_count = {pages}")
        article = next(library.articles())
        with pytest.raises(LibraryError, match="full") as caught:
            library.move(article.id, "x" * 1_000_000)
        assert "\n" not in str(caught.value)
        assert library.article(article.id).source == article.source


def test_a_damaged_page_among_the_vectors_is_found_at_opening(copy: Path) -> None:
    path = copy / "library.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 8192 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(LibraryError, match="damaged") as caught:
        Library(copy)
    assert "\n" not in str(caught.value)


def test_a_text_altered_in_the_file_is_found_by_the_check(copy: Path) -> None:
    with Library(copy) as library:
        article = next(library.articles())
        assert library.check() == []
    with sqlite3.connect(copy / "library.db") as db:
        db.execute("UPDATE articles SET text = text || ' More.' WHERE id = ?", (article.id,))
    db.close()
    with Library(copy) as library:
        (problem,) = library.check()
        assert f"the text of {article.id} is not the one that was stored" in problem
        # Never "the articles do not say": that would be false.
        with pytest.raises(LibraryError, match="damaged"):
            library.article(article.id)


# --- formats -----------------------------------------------------------------------------


def as_made_by_version_1(home: Path) -> None:
    with sqlite3.connect(home / "library.db") as db:
        for table in ("corrections", "removed", "files", "versions"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP INDEX articles_by_file")
        db.execute("ALTER TABLE articles DROP COLUMN file")
        db.execute("PRAGMA user_version = 1")
    db.close()


def tables(home: Path) -> tuple[int, list[tuple[str, str]]]:
    with sqlite3.connect(home / "library.db") as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        rows = db.execute("SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY 1").fetchall()
    db.close()
    return version, rows


def test_a_library_of_version_1_opens_with_all_it_holds(copy: Path) -> None:
    new = tables(copy)
    with Library(copy) as library:
        held = list(library.articles()), library.identity, library.generation
    as_made_by_version_1(copy)
    assert tables(copy)[0] == 1
    with Library(copy) as library:
        assert (list(library.articles()), library.identity, library.generation) == held
        assert library.check() == []
        assert library.removed() == []
    assert tables(copy) == new
    with Engine(copy, Settings()) as engine:
        assert engine.ask("Who was put in charge of the secret talks?").citations


def test_a_change_of_format_that_fails_half_way_leaves_the_old_one(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_made_by_version_1(copy)
    old = tables(copy)
    broken = (STEPS[0], STEPS[1] + "CREATE TABLE articles (again TEXT);\n")
    with monkeypatch.context() as patch:
        patch.setattr("rag.database.STEPS", broken)
        with pytest.raises(LibraryError, match="already exists"):
            Library(copy)
    assert tables(copy) == old
    with Library(copy) as library:
        assert library.counts().articles == 5


def test_two_that_open_a_library_of_version_1_at_once_both_may(copy: Path) -> None:
    as_made_by_version_1(copy)
    together = threading.Barrier(4)

    def opened() -> int:
        together.wait()
        with Library(copy) as library:
            return library.counts().articles

    with ThreadPoolExecutor(4) as pool:
        assert [f.result() for f in [pool.submit(opened) for _ in range(4)]] == [5] * 4


# --- threads -----------------------------------------------------------------------------


def version_of(library: Library, article_id: str, mark: str) -> tuple[Article, ArticleVectors]:
    """The article with a mark before its text, which shifts every offset."""
    old = library.article(article_id)
    text = mark + old.text
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    article = replace(old, text=text, title=mark, content_hash=content_hash, skipped=())
    sentences = [
        Sentence(sentence_id(old.id, content_hash, n), s.start + len(mark), s.end + len(mark))
        for n, s in enumerate(library.sentences(old.id))
    ]
    passages = [
        Passage(f"{old.id}.{content_hash[:8]}.p{n}", old.id, p[0].start, p[-1].end, tuple(p))
        for n, p in enumerate([sentences[:4], sentences[3:]])
    ]
    vectors = np.full((len(sentences), 384), float(len(mark)), np.float32)
    return article, ArticleVectors(sentences, vectors, vectors, passages, vectors[:2])


@pytest.fixture
def versions(copy: Path) -> list[tuple[Article, ArticleVectors]]:
    """Two versions of one article, the first of them stored."""
    with Library(copy) as library:
        first = next(library.articles()).id
        found = [version_of(library, first, mark) for mark in ("x", "longer")]
        library.put(*found[0], "p")
    return found


def test_eight_threads_read_whole_articles_while_one_writes(
    copy: Path, versions: list[tuple[Article, ArticleVectors]]
) -> None:
    article_id = versions[0][0].id
    whole = {p.id: p for _, v in versions for p in v.passages}
    done = threading.Event()

    def write(library: Library) -> None:
        try:
            for n in range(40):
                library.put(*versions[n % 2], "p")
        finally:
            done.set()

    def read(library: Library) -> int:
        rounds = 0
        while not done.is_set() or rounds == 0:
            article = library.article(article_id)
            assert article in [a for a, _ in versions]
            for passage in library.passages(library.passage_ids(article_id)).values():
                assert passage == whole[passage.id]
            rows = [v for i, v in library.vectors() if i.startswith(article_id)]
            assert len(rows) == 2
            assert rows[0][0] == rows[1][0]
            assert {a.id for a in library.articles()} >= {article_id}
            assert library.counts().articles == 5
            rounds += 1
        return rounds

    with Library(copy) as library, ThreadPoolExecutor(9) as pool:
        readers = [pool.submit(read, library) for _ in range(8)]
        writer = pool.submit(write, library)
        assert all(reader.result() for reader in readers)
        writer.result()
        assert library.check() == []


def _delete_all_and_fail(library: Library) -> None:
    with library._db.transaction():
        library._db.write("DELETE FROM articles")
        raise ZeroDivisionError


def test_a_stream_half_read_goes_on_over_changes_and_holds_nobody_up(
    copy: Path, versions: list[tuple[Article, ArticleVectors]]
) -> None:
    with Library(copy) as library, Library(copy) as other:
        held = list(library.vectors())
        stream = library.vectors()
        begun = [next(stream)]
        other.put(*versions[1], "p")  # what another process does
        library.put(*versions[0], "p")
        with pytest.raises(ZeroDivisionError):
            _delete_all_and_fail(library)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(library.counts).result().articles == 5
            rest = pool.submit(list, stream).result()
        assert [i for i, _ in begun + rest] == [i for i, _ in held]


def test_a_transaction_is_not_seen_by_another_thread_before_its_end(copy: Path) -> None:
    with Library(copy) as library, ThreadPoolExecutor(1) as pool:
        with library._db.transaction():
            library._db.write("DELETE FROM articles")
            counted = pool.submit(library.counts)
            with pytest.raises(TimeoutError):
                counted.result(timeout=0.05)
            assert library.counts().articles == 0
        assert counted.result().articles == 0


@pytest.mark.parametrize(
    "read",
    [
        lambda library, p: library.sentence_vectors(p.article_id, p.sentences),
        lambda library, p: library.contexts(p.article_id, p.sentences),
        lambda library, p: library.passage_vector(p.id),
    ],
)
@pytest.mark.parametrize("change", ["put", "remove"])
def test_what_belongs_to_an_older_version_is_never_taken_for_the_new_ones(
    change: str,
    read: Callable[[Library, Passage], object],
    copy: Path,
    versions: list[tuple[Article, ArticleVectors]],
) -> None:
    (article, vectors) = versions[0]
    with Library(copy) as library:
        passage = vectors.passages[0]
        read(library, passage)
        if change == "put":
            library.put(*versions[1], "p")
        else:
            library.remove([article.id])
        with pytest.raises(LibraryBusy, match=f"{article.id} was changed while it was read"):
            read(library, passage)


def test_a_library_closed_under_a_thread_is_told_in_one_line(copy: Path) -> None:
    library = Library(copy)
    library.close()
    with pytest.raises(LibraryError, match="closed") as caught:
        library.counts()
    assert "\n" not in str(caught.value)
