"""Backups: one file of one moment; restoring puts all of it in place, or changes nothing."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from ingest.pipeline import ingest
from rag import backup_reading
from rag.backup import MANIFEST, backup
from rag.engine import Engine
from rag.errors import EmptyLibrary, LibraryBusy, LibraryError, NotFound, SettingsError
from rag.history_db import HistoryDatabase
from rag.library import Library
from rag.lock import writer_lock
from rag.probe import probe
from rag.restore import restore
from rag.schema import SCHEMA_VERSION
from rag.settings import Settings
from tests.conftest import STORY
from tests.invented_library import fill
from ui.backup_command import (
    add_backup_options,
    add_restore_options,
    run_backup,
    run_restore,
)

QUESTION = "Who was put in charge of the secret talks?"
Parts = dict[str, bytes]


@pytest.fixture
def full(seeds_home: Path, home: Path) -> Path:
    """A home with everything in it that a backup takes along."""
    shutil.copytree(seeds_home, home)
    HistoryDatabase(home / "history.db").close()
    (home / "users.json").write_text('{"format": 1, "users": []}')
    (home / "citewire.toml").write_text('writer = "quotes"\n# Grüße\n')
    return home


@pytest.fixture
def file(full: Path, tmp_path: Path) -> Path:
    backup(full, tmp_path / "news.zip")
    return tmp_path / "news.zip"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "other home"


def everything(home: Path) -> dict[str, str]:
    """All files below a folder by their content, but for locks."""
    return {
        str(p.relative_to(home)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in home.rglob("*")
        if p.is_file() and p.suffix not in (".lock", ".pid")
    }


def parts_of(file: Path) -> Parts:
    with zipfile.ZipFile(file) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def written(path: Path, parts: Parts) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in parts.items():
            pack.writestr(name, content)
    return path


def with_manifest(parts: Parts, **changes: object) -> Parts:
    """The parts under a manifest that tells of them as they are now."""
    manifest = json.loads(parts[MANIFEST])
    manifest["files"] = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in parts.items()
        if name != MANIFEST
    }
    return {**parts, MANIFEST: json.dumps({**manifest, **changes}).encode()}


def answers(home: Path) -> list[str]:
    with Engine(home, Settings()) as engine:
        return [c.quote for c in engine.ask(QUESTION).citations]


# --- backing up ----------------------------------------------------------------------------------


def test_a_backup_brings_everything_back(full: Path, file: Path, other: Path) -> None:
    restored = restore(other, file)
    assert restored.moved_to is None
    for name in ("users.json", "citewire.toml"):
        assert (other / name).read_bytes() == (full / name).read_bytes()
    HistoryDatabase(other / "history.db").close()
    assert answers(other) == answers(full) != []
    assert probe(other) is None
    with Library(other) as library, Library(full) as old:
        assert library.check() == []
        assert list(library.articles()) == list(old.articles())
        assert (library.identity, library.generation) == (old.identity, old.generation)


def test_a_backup_is_for_its_owners_eyes(file: Path, other: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restore(other, file)
    for name in ("users.json", "history.db"):
        assert stat.S_IMODE((other / name).stat().st_mode) == 0o600


def test_a_library_alone_is_enough(seeds_home: Path, tmp_path: Path, other: Path) -> None:
    manifest = backup(seeds_home, tmp_path / "b.zip")
    assert list(manifest.files) == ["library.db"]
    assert restore(other, tmp_path / "b.zip").manifest == manifest


def test_a_backup_made_while_articles_come_in_holds_whole_ones(home: Path, tmp_path: Path) -> None:
    fill(home, 3)
    stop = threading.Event()

    def write() -> None:
        n = 3
        while not stop.is_set():
            fill(home, 1, first=n)
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(3):
            manifest = backup(home, tmp_path / f"{n}.zip")
            restore(tmp_path / str(n), tmp_path / f"{n}.zip")
            with Library(tmp_path / str(n)) as library:
                assert library.counts().passages == 10 * manifest.articles
                assert library.check() == []
    finally:
        stop.set()
        writer.join()


def test_what_is_there_is_not_replaced_unasked(full: Path, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(SettingsError, match="--force"):
        backup(full, file)
    assert file.read_bytes() == before
    (full / "citewire.toml").unlink()
    backup(full, file, force=True)
    assert "citewire.toml" not in parts_of(file)


def test_a_backup_that_appears_meanwhile_is_not_replaced(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "late.zip"

    def late(*args: object) -> None:
        target.write_text("another's")
        os_link(*args)

    os_link: Callable[..., None] = os.link
    monkeypatch.setattr(os, "link", late)
    with pytest.raises(SettingsError, match="there already"):
        backup(full, target)
    assert target.read_text() == "another's"


@pytest.mark.parametrize("where", ["missing/folder/b.zip", "."])
def test_a_backup_that_cannot_be_written_is_told_in_a_line(
    where: str, full: Path, tmp_path: Path
) -> None:
    with pytest.raises((LibraryError, SettingsError)) as caught:
        backup(full, tmp_path / where)
    assert "\n" not in str(caught.value)


def test_nothing_is_left_of_a_backup_that_failed(full: Path, tmp_path: Path) -> None:
    (full / "history.db").write_bytes(b"no database" * 1000)
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(LibraryError, match="damaged"):
        backup(full, folder / "b.zip")
    assert list(folder.iterdir()) == []


def test_a_damaged_library_is_never_kept_as_a_backup(full: Path, tmp_path: Path) -> None:
    content = bytearray((full / "library.db").read_bytes())
    content[20_000:40_000] = b"\xa5" * 20_000
    (full / "library.db").write_bytes(content)
    with pytest.raises(LibraryError, match="damaged"):
        backup(full, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_where_there_is_no_library_none_is_made(home: Path, tmp_path: Path) -> None:
    with pytest.raises(EmptyLibrary, match="no library"):
        backup(home, tmp_path / "b.zip")
    assert not home.exists()


# --- restoring over something --------------------------------------------------------------------


def test_a_library_that_is_there_is_moved_aside_and_never_deleted(
    file: Path, other: Path, folder: Path
) -> None:
    (folder / "story.txt").write_text(STORY)
    ingest(other, [folder], Settings())
    (other / "citewire.toml").write_text("# mine\n")
    before = everything(other)
    with pytest.raises(SettingsError, match="--force"):
        restore(other, file)
    assert everything(other) == before
    moved = restore(other, file, force=True).moved_to
    assert moved is not None and moved.parent == other
    kept = everything(moved)
    # Chroma's own file changes whenever it is opened; no library does.
    assert {n: h for n, h in kept.items() if "index" not in n} == {
        n: h for n, h in before.items() if "index" not in n
    }
    with Library(moved) as library:
        assert library.counts().articles == 1
    assert answers(other)


@pytest.mark.parametrize("name", ["history.db", "users.json", "citewire.toml", "library.db-wal"])
def test_whatever_a_backup_would_stand_over_counts(name: str, file: Path, other: Path) -> None:
    other.mkdir()
    (other / name).write_text("mine")
    with pytest.raises(SettingsError, match=name):
        restore(other, file)
    moved = restore(other, file, force=True).moved_to
    assert moved is not None and (moved / name).read_text() == "mine"


def test_a_damaged_library_can_be_restored_over(file: Path, other: Path) -> None:
    other.mkdir()
    (other / "library.db").write_bytes(b"garbage" * 5000)
    moved = restore(other, file, force=True).moved_to
    assert moved is not None and (moved / "library.db").read_bytes() == b"garbage" * 5000
    assert answers(other)


def test_nothing_is_restored_while_another_writes(file: Path, other: Path) -> None:
    with writer_lock(other), pytest.raises(LibraryBusy, match="writing"):
        restore(other, file, force=True)
    assert not (other / "library.db").exists()


def test_nothing_is_restored_under_one_who_asks(full: Path, file: Path) -> None:
    with Engine(full, Settings()):
        before = everything(full)
        with pytest.raises(LibraryBusy, match="stop it first"):
            restore(full, file, force=True)
        assert everything(full) == before
    assert restore(full, file, force=True).moved_to


def test_where_something_can_not_be_moved_all_goes_back(
    full: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(full)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "users.json" and self.parent.name.startswith("restoring-"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        with pytest.raises(LibraryError, match="Input/output error"):
            restore(full, file, force=True)
    assert everything(full) == before
    assert not list(full.glob("*restor*"))


# --- restoring from something that is no backup --------------------------------------------------


def flipped(content: bytes, at: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 0x10
    return bytes(changed)


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: b"",
        lambda c: b"no zip at all\n" * 100,
        lambda c: c[: len(c) // 2],
        lambda c: c[:-1],
        lambda c: c[:10],
        lambda c: flipped(c, len(c) // 2),
        lambda c: flipped(c, len(c) // 5),
        lambda c: flipped(c, 40),
        lambda c: b"PK\x05\x06" + bytes(18),
        lambda c: os.urandom(5000),
    ],
)
def test_a_damaged_backup_is_told_in_one_line_and_changes_nothing(
    damage: Callable[[bytes], bytes], file: Path, other: Path, full: Path
) -> None:
    file.write_bytes(damage(file.read_bytes()))
    for home, force in ((other, False), (full, True)):
        before = everything(home)
        with pytest.raises(LibraryError, match="no backup that can be restored") as caught:
            restore(home, file, force=force)
        assert "\n" not in str(caught.value)
        assert everything(home) == before
    assert not other.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/evil",
        "index/current.json",
        "writer.lock",
        "C:\\evil",
        "Library.db",
        "library.db/",
    ],
)
def test_files_that_no_backup_has_are_never_written(name: str, file: Path, other: Path) -> None:
    parts = parts_of(file)
    odd = written(file, with_manifest({**parts, name: b"evil"}))
    with pytest.raises(LibraryError, match="no backup that can be restored"):
        restore(other, odd)
    assert not other.exists()
    assert not (other.parent / "evil.txt").exists()


def test_a_name_that_comes_twice_is_refused(file: Path, other: Path) -> None:
    with zipfile.ZipFile(file, "a") as pack, pytest.warns(UserWarning, match="Duplicate"):
        pack.writestr("users.json", "{}")
    with pytest.raises(LibraryError, match="no backup has"):
        restore(other, file)


def test_a_bomb_is_refused_before_it_is_unpacked(
    file: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = with_manifest({**parts_of(file), "history.db": bytes(30_000_000)})
    monkeypatch.setattr(backup_reading, "_extract", None)
    with pytest.raises(LibraryError, match="30,000,000 bytes"):
        restore(other, written(file, parts))


def test_a_backup_that_lies_about_its_size_fills_no_disk(file: Path, other: Path) -> None:
    parts = parts_of(file)
    lie = json.loads(parts[MANIFEST])
    lie["files"]["users.json"]["size"] = 1
    with pytest.raises(LibraryError, match=r"users\.json is not as long"):
        restore(other, written(file, {**parts, MANIFEST: json.dumps(lie).encode()}))


def test_a_backup_for_which_there_is_no_room_is_not_unpacked(
    file: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9))
    with pytest.raises(LibraryError, match="9 are free"):
        restore(other, file)
    assert not other.exists()


def edited(library: bytes, tmp_path: Path, sql: str) -> bytes:
    path = tmp_path / "edited.db"
    path.write_bytes(library)
    with sqlite3.connect(path) as db:
        db.execute(sql)
    db.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (f"PRAGMA user_version = {SCHEMA_VERSION + 1}", "newer Citewire"),
        ("PRAGMA application_id = 7", "not a library of Citewire's"),
        ("DELETE FROM articles", "damaged|not the one"),
        ("UPDATE meta SET value = 'x' WHERE key = 'identity'", "not the one"),
        ("DROP TABLE meta", "damaged"),
    ],
)
def test_a_library_that_can_not_be_used_is_not_restored(
    sql: str, told: str, file: Path, other: Path, tmp_path: Path
) -> None:
    parts = parts_of(file)
    library = edited(parts["library.db"], tmp_path, sql)
    odd = written(file, with_manifest({**parts, "library.db": library}))
    with pytest.raises(LibraryError, match=told):
        restore(other, odd)
    assert not other.exists()


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"files": 3}',
        b'{"files": {"library.db": []}}',
    ],
)
def test_a_manifest_of_any_other_shape_is_refused(manifest: bytes, file: Path, other: Path) -> None:
    odd = written(file, {**parts_of(file), MANIFEST: manifest})
    with pytest.raises(LibraryError, match="its manifest is damaged"):
        restore(other, odd)


def test_a_backup_of_a_newer_format_asks_for_an_update(file: Path, other: Path) -> None:
    with pytest.raises(LibraryError, match="update Citewire"):
        restore(other, written(file, with_manifest(parts_of(file), format=2)))


def test_a_history_that_is_none_is_not_restored(file: Path, other: Path) -> None:
    parts = with_manifest({**parts_of(file), "history.db": b"no database" * 1000})
    with pytest.raises(LibraryError, match=r"history\.db is damaged"):
        restore(other, written(file, parts))
    assert not other.exists()


def test_a_backup_that_is_not_there_is_told(other: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        restore(other, tmp_path / "nowhere.zip")
    assert not other.exists()


# --- the commands --------------------------------------------------------------------------------


def arguments(add: Callable[[argparse.ArgumentParser], None], *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    add(parser)
    return parser.parse_args(words)


def test_the_commands_say_what_was_done_and_where_the_old_library_is(
    full: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Zeitung für alle.zip"
    assert run_backup(arguments(add_backup_options, str(file)), full) == 0
    out = capsys.readouterr().out
    assert "5 articles" in out and "history.db" in out and "keep it to yourself" in out
    assert run_restore(arguments(add_restore_options, str(file), "--force"), full) == 0
    out = capsys.readouterr().out
    assert "Restored 5 articles" in out and "before-restore-" in out


def test_the_commands_print_one_object(
    full: Path, tmp_path: Path, other: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b.zip"
    run_backup(arguments(add_backup_options, str(file), "--json"), full)
    made = json.load(io.StringIO(capsys.readouterr().out))
    assert made["articles"] == 5 and made["bytes"] == file.stat().st_size
    run_restore(arguments(add_restore_options, str(file), "--json"), other)
    restored = json.load(io.StringIO(capsys.readouterr().out))
    assert restored["moved_to"] is None and restored["files"] == made["files"]
