"""Ingesting again what was ingested before: as little as possible is done, and nothing missed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import IngestReport, ingest
from rag import shelf
from rag.embed import Embedder
from rag.engine import Engine
from rag.library import Library
from rag.settings import Settings
from rag.types import Article, Filters
from tests.conftest import OTHER, STORY

Take = Callable[..., IngestReport]
MILL = STORY.replace("Halcyon", "Petrel").replace("fourteen", "three")


def forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Make any of these the end of the test that calls it."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("this was not to be done")

    for name in names:
        if name == "embedding":
            monkeypatch.setattr(Embedder, "embed", never)
        else:
            monkeypatch.setattr("ingest.readers.parsed_articles", never)
            monkeypatch.setattr("ingest.pipeline.Readers", never)


def written(path: Path, text: str, at: int = 1_700_000_000) -> Path:
    """A file that was written long ago, so that its times can be trusted."""
    path.write_text(text)
    os.utime(path, (at, at))
    return path


def told(report: IngestReport) -> list[tuple[str, str]]:
    return [(Path(f.path).name, f.status) for f in report.files]


def held(home: Path) -> dict[str, Article]:
    """Articles by the names of their files."""
    with Library(home) as library:
        return {Path(a.source).name: a for a in library.articles()}


def contents(home: Path) -> list[tuple[object, ...]]:
    """Everything that is stored of articles, but for when."""
    with Library(home) as library:
        db = library._db
        return [
            *db.rows(
                "SELECT id, source, file, text, title, outlet, published, byline, url, skipped,"
                " content_hash, pipeline_hash FROM articles ORDER BY id"
            ),
            *db.rows("SELECT * FROM sentences ORDER BY article_id, n"),
            *db.rows("SELECT * FROM passages ORDER BY article_id, n"),
        ]


# --- unchanged ---------------------------------------------------------------------------


def test_an_unchanged_folder_is_passed_over_without_reading_a_file(
    take: Take, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder / "a.txt", STORY)
    written(folder / "b.txt", OTHER)
    written(folder / "c.txt", STORY)
    take()
    opened: list[object] = []
    real = Path.open

    def noting(self: Path, *args: Any, **more: Any) -> Any:
        opened.append(self)
        return real(self, *args, **more)

    monkeypatch.setattr(Path, "open", noting)
    forbid(monkeypatch, "embedding")
    report = take()
    assert told(report) == [("a.txt", "unchanged"), ("b.txt", "unchanged"), ("c.txt", "duplicate")]
    assert [p for p in opened if folder in getattr(p, "parents", ())] == []


def test_a_touched_file_is_looked_at_but_not_embedded(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(folder / "a.txt", STORY)
    take()
    before = contents(home)
    written(file, STORY, at=1_700_000_100)
    forbid(monkeypatch, "embedding")
    assert told(take()) == [("a.txt", "unchanged")]
    assert contents(home) == before
    forbid(monkeypatch, "reading")
    assert told(take()) == [("a.txt", "unchanged")]


def test_rereading_parses_files_that_are_byte_for_byte_the_same(
    take: Take, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder / "a.txt", STORY)
    written(folder / "b.txt", OTHER)
    take()
    parsed: list[str] = []
    from ingest.article import parse

    def watched(source: object) -> Article:
        parsed.append(str(getattr(source, "path", "")))
        return parse(source)  # type: ignore[arg-type]

    monkeypatch.setattr("ingest.parsed.parse", watched)
    forbid(monkeypatch, "embedding")
    assert told(take()) == [("a.txt", "unchanged"), ("b.txt", "unchanged")]
    assert parsed == []
    assert told(take(reread=True)) == [("a.txt", "unchanged"), ("b.txt", "unchanged")]
    assert [Path(p).name for p in parsed] == ["a.txt", "b.txt"]


def test_a_file_written_within_the_last_seconds_is_looked_at_again(
    take: Take, folder: Path
) -> None:
    file = folder / "a.txt"
    file.write_text(STORY)
    take()
    at = file.stat().st_mtime_ns
    # Programs can keep a file's date and size: only what was read long after it is trusted.
    file.write_text(STORY.replace("fourteen", "nineteen"[:8]))
    os.utime(file, ns=(at, at))
    assert told(take()) == [("a.txt", "updated")]


def test_a_file_touched_within_the_last_seconds_is_looked_at_again_too(
    take: Take, folder: Path, home: Path
) -> None:
    file = written(folder / "a.txt", STORY)
    take()
    os.utime(file)
    assert told(take()) == [("a.txt", "unchanged")]
    with Library(home) as library:
        (known,) = library.files().values()
    from ingest.files import stamp_of

    assert known.stamp != stamp_of(file)


def test_a_file_that_changes_between_reading_and_storing_is_read_again(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(folder / "a.txt", STORY)
    embed = Embedder.embed

    def changing(self: Embedder, texts: list[str], progress: None = None) -> object:
        written(file, STORY.replace("fourteen", "nineteen"), at=1_700_000_000)
        return embed(self, texts, progress)

    monkeypatch.setattr(Embedder, "embed", changing)
    take()
    monkeypatch.setattr(Embedder, "embed", embed)
    assert "fourteen" in held(home)["a.txt"].text
    assert told(take()) == [("a.txt", "updated")]
    assert "nineteen" in held(home)["a.txt"].text


def test_a_file_that_changes_while_it_is_read_is_read_again_at_once(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.article import parse

    file = written(folder / "a.txt", STORY)
    calls = 0

    def changing(source: object) -> Article:
        nonlocal calls
        calls += 1
        if calls == 1:
            written(file, OTHER)
        return parse(source)  # type: ignore[arg-type]

    monkeypatch.setattr("ingest.parsed.parse", changing)
    monkeypatch.setattr("ingest.parsed._SETTLES_S", 0.01)
    assert told(take()) == [("a.txt", "ingested")]
    assert held(home)["a.txt"].text == OTHER


# --- only what is known of it has changed ------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Date: 2024-05-03", "Date: 2023-01-09"),
        ("Outlet: The Harbour Post\n", "Outlet: Ennick Times\n"),
        ("Outlet: The Harbour Post\n", "Outlet: The Harbour Post\nByline: Ada Marsh\n"),
    ],
)
def test_changed_facts_are_stored_without_embedding(
    before: str,
    after: str,
    *,
    take: Take,
    folder: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written(folder / "a.txt", STORY)
    take()
    old = held(home)["a.txt"]
    written(folder / "a.txt", STORY.replace(before, after))
    forbid(monkeypatch, "embedding")
    assert told(take()) == [("a.txt", "updated")]
    new = held(home)["a.txt"]
    assert new.id == old.id
    assert (new.outlet, new.published, new.byline) != (old.outlet, old.published, old.byline)
    assert new.text == STORY.replace(before, after)
    with Library(home) as library:
        quotes = [new.text[s.start : s.end] for s in library.sentences(new.id)]
        assert [v.article.text for v in library.versions(new.id)] == [STORY]
    assert quotes[0].startswith("The ferry Halcyon struck")


def test_front_matter_that_changes_is_followed_by_answers_and_filters(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = STORY.split("\n\n", 1)[1]
    header = "---\noutlet: {}\ndate: {}\n---\n\n"
    file = written(folder / "a.md", header.format("The Harbour Post", "2024-05-03") + body)
    take()
    written(file, header.format("Ennick Times", "2023-01-09") + body)
    with monkeypatch.context() as patch:
        forbid(patch, "embedding")
        assert told(take()) == [("a.md", "updated")]
    with Engine(home, Settings(answer_threshold=0.2)) as engine:
        (citation, *_) = engine.ask("How many people were injured?").citations
        assert (citation.outlet, citation.published) == ("Ennick Times", date(2023, 1, 9))
        article = engine.library.article(citation.article_id)
        assert article.text[citation.start : citation.end] == citation.quote
        january = Filters(since=date(2023, 1, 1), until=date(2023, 1, 31))
        assert engine.finder.find("ferry", january).hits
        may = Filters(since=date(2024, 5, 1), until=date(2024, 5, 31))
        assert not engine.finder.find("ferry", may).hits


def test_an_outlet_named_later_needs_no_embedding(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder / "a.txt", STORY.split("\n", 1)[1])
    take()
    assert held(home)["a.txt"].outlet is None
    forbid(monkeypatch, "embedding")
    assert told(take(outlet="My Wire")) == [("a.txt", "updated")]
    assert held(home)["a.txt"].outlet == "My Wire"
    forbid(monkeypatch, "reading")
    assert told(take(outlet="My Wire")) == [("a.txt", "unchanged")]


def test_a_changed_title_is_embedded_for_sentences_are_found_after_it(
    take: Take, folder: Path, home: Path
) -> None:
    written(folder / "a.txt", STORY)
    take()
    written(folder / "a.txt", STORY.replace("Ferry strikes pier", "Halcyon hits harbour"))
    assert told(take()) == [("a.txt", "updated")]
    changed = contents(home)
    fresh = home.parent / "fresh"
    ingest(fresh, [folder], Settings())
    assert [row[-2:] for row in contents(fresh)[1:]] == [row[-2:] for row in changed[1:]]


# --- changed text ------------------------------------------------------------------------


def test_earlier_versions_are_kept_the_latest_first(take: Take, folder: Path, home: Path) -> None:
    file = written(folder / "a.txt", STORY)
    first = take().files[0].article
    for number in ("fifteen", "sixteen"):
        written(file, STORY.replace("fourteen", number))
        assert told(take()) == [("a.txt", "updated")]
    assert first
    with Library(home) as library:
        texts = [v.article.text for v in library.versions(first.id)]
        assert "sixteen" in library.article(first.id).text
    assert [n in t for n, t in zip(("fifteen", "fourteen"), texts, strict=True)] == [True, True]


def test_corrections_outlive_several_changes(take: Take, folder: Path, home: Path) -> None:
    file = written(folder / "a.txt", STORY)
    first = take().files[0].article
    assert first
    shelf.edit(home, first.id, outlet="Ennick Times", published=date(2024, 5, 4))
    for text in (STORY.replace("fourteen", "fifteen"), STORY.replace("05-03", "05-01")):
        written(file, text)
        take()
        now = held(home)["a.txt"]
        assert (now.id, now.text) == (first.id, text)
        assert (now.outlet, now.published) == ("Ennick Times", date(2024, 5, 4))


def test_a_file_put_back_as_it_was_brings_its_text_back(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies before it notes its files must not leave notes of the texts of before."""
    file = written(folder / "a.txt", STORY)
    take()
    written(file, STORY.replace("fourteen", "fifteen"))

    def dying(*_: object) -> None:
        raise RuntimeError("as if the power had gone")

    with monkeypatch.context() as patch:
        patch.setattr(Library, "note", dying)
        with pytest.raises(RuntimeError):
            take()
    assert "fifteen" in held(home)["a.txt"].text
    written(file, STORY)
    assert told(take()) == [("a.txt", "updated")]
    assert held(home)["a.txt"].text == STORY


# --- moved and copied --------------------------------------------------------------------


def test_a_moved_file_is_known_again_without_embedding(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder / "a.txt", STORY)
    first = take().files[0].article
    shutil.move(folder / "a.txt", folder / "z.txt")
    forbid(monkeypatch, "embedding")
    report = take()
    assert told(report) == [("z.txt", "updated")]
    assert "moved from" in (report.files[0].reason or "")
    assert first and held(home)["z.txt"].id == first.id


def test_a_file_that_moved_and_changed_is_a_new_one(take: Take, folder: Path, home: Path) -> None:
    written(folder / "a.txt", STORY)
    take()
    (folder / "a.txt").unlink()
    written(folder / "z.txt", STORY.replace("fourteen", "fifteen"))
    assert told(take()) == [("z.txt", "ingested")]
    assert set(held(home)) == {"a.txt", "z.txt"}


def test_a_copy_takes_the_place_of_an_original_that_is_deleted(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder / "a.txt", STORY)
    written(folder / "b.txt", STORY)
    first = take().files[0].article
    (folder / "a.txt").unlink()
    forbid(monkeypatch, "embedding")
    report = take(prune=True)
    assert told(report) == [("b.txt", "updated")]
    assert report.removed == ()
    assert first and held(home)["b.txt"].id == first.id


def test_two_files_that_change_places_lose_nothing(take: Take, folder: Path, home: Path) -> None:
    written(folder / "a.txt", STORY)
    written(folder / "b.txt", OTHER)
    ids = {name: a.id for name, a in held_after(take, home).items()}
    written(folder / "a.txt", OTHER)
    written(folder / "b.txt", STORY)
    assert told(take()) == [("a.txt", "updated"), ("b.txt", "updated")]
    now = held(home)
    assert {name: a.text for name, a in now.items()} == {"a.txt": OTHER, "b.txt": STORY}
    assert {name: a.id for name, a in now.items()} == ids
    assert told(take()) == [("a.txt", "unchanged"), ("b.txt", "unchanged")]


@pytest.mark.parametrize("names", ["abc", "cba"])
def test_files_that_each_take_the_next_ones_place_lose_nothing(
    names: str, take: Take, folder: Path, home: Path
) -> None:
    texts = [STORY, OTHER, MILL]
    paths = [folder / f"{name}.txt" for name in names]
    for path, text in zip(paths, texts, strict=True):
        written(path, text)
    take()
    for path, text in zip(paths, texts[1:], strict=False):
        written(path, text)
    paths[2].unlink()
    report = take()
    assert {s for _, s in told(report)} == {"updated"}
    assert {a.text for name, a in held(home).items() if name != paths[2].name} == set(texts[1:])
    assert {status for _, status in told(take())} == {"unchanged"}


def held_after(take: Take, home: Path) -> dict[str, Article]:
    take()
    return held(home)


def test_a_file_that_is_copied_over_another_is_its_duplicate_whatever_their_order(
    take: Take, folder: Path, home: Path
) -> None:
    written(folder / "a.txt", STORY)
    written(folder / "b.txt", OTHER)
    take()
    written(folder / "a.txt", OTHER)
    os.utime(folder / "b.txt", (1_700_000_500, 1_700_000_500))
    report = take()
    assert told(report) == [("a.txt", "duplicate"), ("b.txt", "unchanged")]
    assert report.files[0].reason == f"the same text as {folder / 'b.txt'}"
    assert set(held(home)) == {"b.txt"}


def test_a_copy_names_its_original_where_that_is_now(take: Take, folder: Path) -> None:
    written(folder / "a.txt", STORY)
    written(folder / "b.txt", STORY)
    take()
    shutil.move(folder / "a.txt", folder / "0.txt")
    take()
    report = take()
    assert told(report) == [("0.txt", "unchanged"), ("b.txt", "duplicate")]
    assert report.files[1].reason == f"the same text as {folder / '0.txt'}"


def test_found_is_the_sum_of_what_became_of_them_in_the_order_of_the_files(
    take: Take, folder: Path
) -> None:
    names = [f"{n}.txt" for n in range(6)]
    texts = [STORY, OTHER, "", STORY, MILL, OTHER]
    for name, text in zip(names, texts, strict=True):
        written(folder / name, text)
    first = take()
    assert [s for _, s in told(first)] == [
        *("ingested", "ingested", "rejected", "duplicate", "ingested", "duplicate")
    ]
    written(folder / "4.txt", MILL.replace("three", "four"))
    (folder / "0.txt").unlink()
    second = take()
    assert [Path(f.path).name for f in second.files] == names[1:]
    assert [s for _, s in told(second)] == [
        *("unchanged", "rejected", "updated", "updated", "duplicate")
    ]
