from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from rag.errors import LibraryError, NotFound
from rag.library import Library
from rag.schema import SCHEMA_VERSION


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
