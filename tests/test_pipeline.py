from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from ingest.article import parse
from ingest.pipeline import FileStatus, IngestReport, Progress, ingest
from ingest.read import Source
from rag import shelf
from rag.corrections import Corrections
from rag.embed import Embedder
from rag.engine import Engine
from rag.errors import LibraryBusy, NotFound
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.settings import Settings
from rag.types import Article, Filters
from tests.conftest import OTHER, STORY

Take = Callable[..., IngestReport]


def statuses(report: IngestReport) -> dict[str, str]:
    return {Path(f.path).name: f.status for f in report.files}


def snapshot(home: Path) -> list[tuple[object, ...]]:
    with Library(home) as library:
        return [
            (a.id, a.source, a.text, a.title, a.outlet, a.published, library.passage_ids(a.id))
            for a in library.articles()
        ]


def test_ingesting_the_same_folder_twice_changes_nothing(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    assert statuses(take()) == {"a.txt": "ingested", "b.txt": "ingested"}
    before = snapshot(home)
    with Library(home) as library:
        generation = library.generation
    assert statuses(take()) == {"a.txt": "unchanged", "b.txt": "unchanged"}
    assert snapshot(home) == before
    with Library(home) as library:
        assert library.generation == generation


def test_a_changed_file_replaces_its_article_and_keeps_its_id(
    take: Take, folder: Path, home: Path
) -> None:
    file = folder / "a.txt"
    file.write_text(STORY)
    first = take().files[0].article
    file.write_text(STORY.replace("fourteen", "fifteen"))
    report = take()
    second = report.files[0].article
    assert report.files[0].status == "updated"
    assert first and second and first.id == second.id
    with Engine(home, Settings(answer_threshold=0.2)) as engine:
        quotes = " ".join(c.quote for c in engine.ask("How many people were injured?").citations)
        found = {hit.passage.id for hit in engine.finder.find("ferry", Filters()).hits}
        assert found <= set(engine.library.passage_ids(second.id))
    assert "fifteen" in quotes
    assert "fourteen" not in quotes
    assert len(snapshot(home)) == 1


def test_a_missing_file_is_kept_unless_pruned(take: Take, folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    take()
    (folder / "b.txt").unlink()
    assert take().removed == ()
    assert len(snapshot(home)) == 2
    report = take(prune=True)
    assert [Path(p).name for p in report.removed] == ["b.txt"]
    assert [Path(str(row[1])).name for row in snapshot(home)] == ["a.txt"]


def test_pruning_touches_no_article_from_elsewhere(
    take: Take, folder: Path, home: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text(OTHER)
    (folder / "a.txt").write_text(STORY)
    take(elsewhere)
    elsewhere.unlink()
    take(prune=True)
    assert len(snapshot(home)) == 2


def test_pruning_an_empty_folder_is_refused(take: Take, folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    take()
    (folder / "a.txt").unlink()
    with pytest.raises(NotFound, match="nothing was removed"):
        take(prune=True)
    assert len(snapshot(home)) == 1


def test_a_copy_is_a_duplicate_and_says_of_what(take: Take, folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(STORY)
    report = take()
    assert statuses(report) == {"a.txt": "ingested", "b.txt": "duplicate"}
    assert str(folder / "a.txt") in (report.files[1].reason or "")
    assert statuses(take()) == {"a.txt": "unchanged", "b.txt": "duplicate"}
    assert len(snapshot(home)) == 1


def test_a_duplicate_becomes_an_article_once_its_twin_has_changed(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(STORY)
    take()
    (folder / "a.txt").write_text(OTHER)
    assert statuses(take()) == {"a.txt": "updated", "b.txt": "ingested"}


def test_a_file_that_becomes_a_copy_of_another_leaves_no_article_behind(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    take()
    (folder / "b.txt").write_text(STORY)
    assert statuses(take()) == {"a.txt": "unchanged", "b.txt": "duplicate"}
    assert len(snapshot(home)) == 1


def test_a_moved_file_keeps_its_article(take: Take, folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    first = take().files[0].article
    shutil.move(folder / "a.txt", folder / "z.txt")
    report = take()
    assert report.files[0].status == "updated"
    assert "moved from" in (report.files[0].reason or "")
    article = report.files[0].article
    assert first and article and article.id == first.id
    assert article.source == str(folder / "z.txt")
    assert len(snapshot(home)) == 1


def test_found_is_always_the_sum_of_the_statuses(take: Take, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "copy.txt").write_text(STORY)
    (folder / "empty.txt").write_text("")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    report = take()
    counts = [report.count(status) for status in get_args(FileStatus)]
    assert len(report.files) == 4 == sum(counts)
    assert counts.count(0) == 2


def test_one_bad_file_does_not_stop_the_others(take: Take, folder: Path) -> None:
    (folder / "0-binary.txt").write_bytes(bytes(range(256)))
    (folder / "1-broken.txt").write_bytes(b"Caf\xe9 talks collapsed on Monday.")
    (folder / "2-empty.md").write_text("  \n\n")
    (folder / "3-good.txt").write_text(STORY)
    report = take()
    assert [f.status for f in report.files] == ["rejected"] * 3 + ["ingested"]
    assert all(f.reason for f in report.files[:3])


def test_a_file_that_goes_bad_keeps_its_last_good_article(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    take()
    (folder / "a.txt").write_bytes(b"\0\1\2")
    assert statuses(take()) == {"a.txt": "rejected"}
    assert len(snapshot(home)) == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file_is_rejected(take: Take, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "a.txt").chmod(0)
    assert statuses(take()) == {"a.txt": "rejected"}


def test_a_fault_half_way_keeps_what_was_done_and_loses_nothing(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    take()
    (folder / "a.txt").write_text(STORY.replace("fourteen", "fifteen"))
    (folder / "b.txt").write_text(OTHER.replace("nine", "eight"))
    embed, calls = Embedder.embed, 0

    def failing(self: Embedder, texts: list[str], progress: None = None) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise MemoryError
        return embed(self, texts, progress)

    monkeypatch.setattr("ingest.embedding.WORDS", 1)
    monkeypatch.setattr(Embedder, "embed", failing)
    with pytest.raises(MemoryError):
        take()
    texts = sorted(str(row[2]) for row in snapshot(home))
    assert len(texts) == 2
    assert any("fifteen" in t for t in texts)
    assert any("nine to four" in t for t in texts)
    with Library(home) as library:
        assert Indexes(home, library).state() == "current"


def test_stopping_keeps_what_is_done_and_the_next_run_goes_on(folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)

    def stop(p: Progress) -> None:
        if p.done == 1:
            raise KeyboardInterrupt

    report = ingest(home, [folder], Settings(), progress=stop)
    assert report.stopped
    assert len(snapshot(home)) == 1
    assert statuses(ingest(home, [folder], Settings())) == {
        "a.txt": "unchanged",
        "b.txt": "ingested",
    }


def test_a_second_writer_is_told_who_holds_the_library(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    with writer_lock(home), pytest.raises(LibraryBusy, match=str(os.getpid())):
        take()


def test_a_named_outlet_fills_in_only_where_the_file_names_none(take: Take, folder: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(STORY.split("\n", 2)[2].replace("fourteen", "nine"))
    outlets = [f.article.outlet for f in take(outlet="My Wire").files if f.article]
    assert outlets == ["The Harbour Post", "My Wire"]


def test_a_name_given_to_an_outlet_stays_until_another_is_given(take: Take, folder: Path) -> None:
    (folder / "b.txt").write_text(STORY.split("\n", 2)[2])

    def outlet(report: IngestReport) -> tuple[str, str | None]:
        (file,) = report.files
        return file.status, file.article.outlet if file.article else None

    assert outlet(take(outlet="My Wire")) == ("ingested", "My Wire")
    assert outlet(take()) == ("unchanged", "My Wire")
    assert outlet(take(outlet="Our Wire")) == ("updated", "Our Wire")


def test_a_file_that_breaks_a_parser_is_rejected_and_the_others_go_on(
    take: Take, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)

    def breaking(source: Source) -> Article:
        if Path(source.path).name == "a.txt":
            raise RecursionError
        return parse(source)

    monkeypatch.setattr("ingest.parsed.parse", breaking)
    report = take()
    assert statuses(report) == {"a.txt": "rejected", "b.txt": "ingested"}
    assert "RecursionError" in (report.files[0].reason or "")


def test_a_file_that_takes_over_a_missing_files_text_takes_over_its_article(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    first = take().files[0].article
    shutil.move(folder / "a.txt", folder / "b.txt")
    (outcome,) = take().files
    assert outcome.status == "updated"
    assert first and outcome.article and outcome.article.id == first.id
    assert len(snapshot(home)) == 1


def test_another_passage_size_redoes_an_unchanged_file(folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    ingest(home, [folder], Settings())
    report = ingest(home, [folder], Settings(passage_words=20))
    assert statuses(report) == {"a.txt": "updated"}
    with Library(home) as library:
        assert library.counts().passages > 1


def test_vectors_belong_to_their_sentences(take: Take, folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    stored = take().files[0].article
    assert stored
    with Library(home) as library:
        article = library.article(stored.id)
        passage = library.passages(library.passage_ids(article.id)).popitem()[1]
        alone, titled = library.sentence_vectors(article.id, passage.sentences)
    texts = [article.text[s.start : s.end] for s in passage.sentences]
    embedder = Embedder()
    assert np.allclose((alone * embedder.embed(texts)).sum(axis=1), 1, atol=0.01)
    with_title = embedder.embed([f"{article.title}. {text}" for text in texts])
    assert np.allclose((titled * with_title).sum(axis=1), 1, atol=0.01)


# --- what people put right ---------------------------------------------------------------


def facts(report: IngestReport) -> tuple[str, str | None, date | None, str | None]:
    (file,) = report.files
    assert file.article
    return file.status, file.article.outlet, file.article.published, file.article.title


def test_corrections_outlive_the_same_file_and_an_updated_one(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    (file,) = take().files
    assert file.article
    shelf.edit(home, file.article.id, outlet="Ennick Post", published=date(2024, 5, 4), title="Hit")
    corrected = ("Ennick Post", date(2024, 5, 4), "Hit")
    assert facts(take()) == ("unchanged", *corrected)
    (folder / "a.txt").write_text(STORY.replace("fourteen", "fifteen").replace("05-03", "06-01"))
    assert facts(take()) == ("updated", *corrected)
    with Library(home) as library:
        article = library.article(file.article.id)
        assert "fifteen" in article.text
        sentences = library.sentences(article.id)
        _, titled = library.sentence_vectors(article.id, sentences)
    texts = [f"Hit. {article.text[s.start : s.end]}" for s in sentences]
    assert np.allclose((titled * Embedder().embed(texts)).sum(axis=1), 1, atol=0.01)
    assert facts(ingest(home, [folder], Settings(passage_words=20))) == ("updated", *corrected)


def test_corrections_move_with_the_file(take: Take, folder: Path, home: Path) -> None:
    (folder / "a.txt").write_text(STORY)
    (file,) = take().files
    assert file.article
    shelf.edit(home, file.article.id, outlet="Ennick Post")
    shutil.move(folder / "a.txt", folder / "z.txt")
    assert facts(take())[:2] == ("updated", "Ennick Post")
    assert facts(take())[:2] == ("unchanged", "Ennick Post")


@pytest.mark.parametrize("outlet", ["Ennick Post", None])
def test_a_corrected_outlet_wins_over_the_file_and_over_the_name_given(
    outlet: str | None, take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY.split("\n", 2)[2])
    (file,) = take(outlet="My Wire").files
    assert file.article
    shelf.edit(home, file.article.id, outlet=outlet)
    assert facts(take(outlet="Our Wire"))[:2] == ("unchanged", outlet)
    (folder / "a.txt").write_text(STORY)
    assert facts(take(outlet="Our Wire"))[:2] == ("updated", outlet)


@pytest.mark.parametrize("how", ["pruned", "a copy"])
def test_corrections_go_with_an_article_that_goes_for_good(
    how: str, take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(OTHER)
    (folder / "b.txt").write_text(STORY)
    article = take().files[1].article
    assert article
    shelf.edit(home, article.id, outlet="Ennick Post")
    if how == "pruned":
        (folder / "b.txt").unlink()
        take(prune=True)
    else:
        (folder / "b.txt").write_text(OTHER)
        take()
    with Library(home) as library:
        assert library.corrections(article.id) == Corrections()
    (folder / "b.txt").write_text(STORY)
    again = take().files[1].article
    assert again and (again.id, again.outlet) == (article.id, "The Harbour Post")
    assert shelf.removed(home) == []


def test_a_new_file_in_the_place_of_one_that_moved_and_changed_replaces_nothing(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    take()
    shutil.move(folder / "a.txt", folder / "z.txt")
    take()
    (folder / "z.txt").write_text(STORY.replace("fourteen", "fifteen"))
    take()
    (folder / "a.txt").write_text(STORY)
    assert statuses(take()) == {"a.txt": "ingested", "z.txt": "unchanged"}
    held = {Path(str(source)).name: text for _, source, text, *_ in snapshot(home)}
    assert held == {"a.txt": STORY, "z.txt": STORY.replace("fourteen", "fifteen")}
    assert len({row[0] for row in snapshot(home)}) == 2
