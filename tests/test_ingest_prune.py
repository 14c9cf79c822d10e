"""Pruning: what is gone goes, can be brought back, and no empty disk empties a library."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.pipeline import IngestReport
from rag import shelf
from rag.errors import NotFound
from rag.library import Library
from tests.conftest import OTHER, STORY, Run

Take = Callable[..., IngestReport]


@pytest.fixture(autouse=True)
def read_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.pipeline._is_harmless", lambda _: True)


def fill(folder: Path, count: int) -> list[Path]:
    """Short articles in files of their own."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{n}.txt" for n in range(count)]
    for n, path in enumerate(paths):
        path.write_text(f"Ship number {n} of the {folder.name} line left the harbour on Monday.\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return paths


def sources(home: Path) -> set[str]:
    with Library(home) as library:
        return {row.source for row in library.stored()}


def test_what_was_pruned_can_be_brought_back_as_it_was(
    take: Take, folder: Path, home: Path
) -> None:
    (folder / "a.txt").write_text(STORY)
    (folder / "b.txt").write_text(OTHER)
    article = take().files[0].article
    assert article
    shelf.edit(home, article.id, outlet="Ennick Times")
    with Library(home) as library:
        before = library.article(article.id), library.article_vectors(article.id)
    (folder / "a.txt").unlink()
    assert take(prune=True).removed == (str(folder / "a.txt"),)
    assert [r.article.id for r in shelf.removed(home)] == [article.id]
    shelf.undelete(home, [article.id])
    with Library(home) as library:
        assert library.article(article.id) == before[0]
        vectors = library.article_vectors(article.id)
        assert vectors.titled_vectors.tobytes() == before[1].titled_vectors.tobytes()
        assert vectors.passage_vectors.tobytes() == before[1].passage_vectors.tobytes()


def test_a_part_that_was_pruned_and_brought_back_is_not_said_to_be_in_its_file(
    take: Take, folder: Path, home: Path
) -> None:
    rows = [json.dumps({"id": str(n), "text": f"Ship {n} left on Monday."}) for n in range(3)]
    file = folder / "all.jsonl"
    file.write_text("\n".join(rows))
    last = take().files[2].article
    file.write_text("\n".join(rows[:2]))
    assert take(prune=True).removed == (f"{file}#2",)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    take()
    assert last
    shelf.undelete(home, [last.id])
    for _ in range(2):
        assert [f.path for f in take().files] == [f"{file}#0", f"{file}#1"]
    assert f"{file}#2" in sources(home)


def test_a_folder_that_lost_most_of_its_files_is_not_pruned_unless_forced(
    take: Take, folder: Path, home: Path
) -> None:
    paths = fill(folder, 7)
    take()
    for path in paths[:4]:
        path.unlink()
    with pytest.raises(NotFound) as caught:
        take(prune=True)
    assert str(caught.value) == (
        f"4 of the 7 articles from {folder} would go, so nothing was removed. Check that its disk"
        " is there and its files are whole, or add --force."
    )
    assert len(sources(home)) == 7
    assert len(take(prune=True, force=True).removed) == 4
    assert sources(home) == set(map(str, paths[4:]))


@pytest.mark.parametrize(("count", "gone"), [(8, 4), (4, 3)])
def test_half_of_a_folder_or_a_few_files_may_go(
    count: int, gone: int, take: Take, folder: Path, home: Path
) -> None:
    paths = fill(folder, count)
    take()
    for path in paths[:gone]:
        path.unlink()
    assert len(take(prune=True).removed) == gone
    assert len(sources(home)) == count - gone


def test_a_folder_without_files_is_not_pruned_unless_forced(
    take: Take, folder: Path, home: Path
) -> None:
    """As where a disk is not mounted: its folder is there, and empty."""
    (path,) = fill(folder, 1)
    take()
    path.unlink()
    with pytest.raises(NotFound, match=r"no files in .*nothing was removed.*add --force"):
        take(prune=True)
    assert sources(home) == {str(path)}
    assert take(prune=True, force=True).removed == (str(path),)


def test_one_of_two_disks_that_is_not_there_is_not_pruned(
    take: Take, folder: Path, home: Path, tmp_path: Path
) -> None:
    many, few = fill(folder, 9), fill(tmp_path / "disk", 2)
    take(folder, tmp_path / "disk")
    for path in few:
        path.unlink()
    with pytest.raises(NotFound, match=f"no files in {tmp_path / 'disk'}"):
        take(folder, tmp_path / "disk", prune=True)
    assert sources(home) == set(map(str, [*many, *few]))


def test_a_folder_that_is_missing_is_an_error_and_removes_nothing(
    take: Take, folder: Path, home: Path
) -> None:
    fill(folder, 2)
    take()
    shutil.rmtree(folder)
    with pytest.raises(NotFound, match="nothing at"):
        take(prune=True, force=True)
    assert len(sources(home)) == 2


def test_an_empty_folder_that_nothing_came_from_is_no_mistake(take: Take, folder: Path) -> None:
    report = take(prune=True)
    assert (report.files, report.removed) == ((), ())


def test_files_outside_the_folders_named_stay(
    take: Take, folder: Path, home: Path, tmp_path: Path
) -> None:
    fill(folder, 3)
    elsewhere = fill(tmp_path / "articles-of-2023", 2)
    take(folder, tmp_path / "articles-of-2023")
    elsewhere[0].unlink()
    assert take(prune=True).removed == ()
    assert str(elsewhere[0]) in sources(home)


def test_a_file_that_is_named_is_no_folder(take: Take, folder: Path, home: Path) -> None:
    paths = fill(folder, 3)
    take()
    paths[0].unlink()
    assert take(paths[1], prune=True).removed == ()
    assert len(sources(home)) == 3


def test_a_file_of_many_that_lost_most_of_them_is_not_pruned_unless_forced(
    take: Take, folder: Path, home: Path
) -> None:
    rows = [json.dumps({"id": str(n), "text": f"Ship {n} left on Monday."}) for n in range(9)]
    file = folder / "all.jsonl"
    file.write_text("\n".join(rows))
    take(file)
    file.write_text("\n".join(rows[:2]))
    with pytest.raises(NotFound, match=r"7 of the 9 articles from .*all\.jsonl would go"):
        take(file, prune=True)
    assert len(sources(home)) == 9
    assert len(take(file, prune=True, force=True).removed) == 7


def test_a_file_that_was_read_without_pruning_can_be_pruned_later(
    take: Take, folder: Path, home: Path
) -> None:
    rows = [json.dumps({"id": str(n), "text": f"Ship {n} left on Monday."}) for n in range(3)]
    file = folder / "all.jsonl"
    file.write_text("\n".join(rows))
    take()
    file.write_text("\n".join(rows[:2]))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert len(take().files) == 2
    assert len(take().files) == 2
    assert take(prune=True).removed == (f"{file}#2",)


def test_a_file_that_cannot_be_looked_for_is_not_gone(
    take: Take, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = fill(folder, 3)
    take()
    real = Path.stat

    def broken(self: Path, **options: bool) -> os.stat_result:
        if self == paths[0]:
            raise OSError(5, "Input/output error")
        return real(self, **options)

    paths[0].unlink()
    monkeypatch.setattr(Path, "stat", broken)
    assert take(prune=True).removed == ()
    assert len(sources(home)) == 3


def test_the_command_says_what_to_do(run: Run, folder: Path, home: Path) -> None:
    paths = fill(folder, 5)
    assert run("ingest", folder)[0] == 0
    for path in paths[:4]:
        path.unlink()
    code, out, err = run("ingest", folder, "--prune")
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1 and "add --force" in err
    code, out, _ = run("ingest", folder, "--prune", "--force", "--json")
    assert (code, json.loads(out)["removed"]) == (0, 4)
