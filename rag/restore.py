"""Puts a backup in place: all of it or nothing, and never over what was there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from rag.backup import BACKUP_NAMES, Manifest
from rag.backup_reading import unpack
from rag.errors import LibraryBusy, LibraryError, SettingsError
from rag.index_mark import sync_folder
from rag.indexes import Indexes, Progress
from rag.library import Library
from rag.lock import is_used, writer_lock
from rag.reply_cache import ReplyCache, replies_of

__all__ = ["Restored", "restore"]

_JOURNALS = ("-wal", "-shm")


class Restored(NamedTuple):
    """What was done."""

    manifest: Manifest
    moved_to: Path | None
    """Where what was there before is now."""


def restore(
    home: Path,
    file: Path,
    *,
    force: bool = False,
    notify: Callable[[str], None] = lambda _: None,
    progress: Progress = lambda done, total: None,
) -> Restored:
    """Restore a backup, and make its indexes.

    Args:
        home: the library's directory, made if needed.
        file: the backup; all of it is checked before anything is changed.
        force: move aside what is in the home, to a folder of its own there.
        notify: is told where indexes can't be made; the library is restored all the same.
        progress: told how many passages of how many are indexed.

    Raises:
        NotFound: there is no such file.
        SettingsError: there is a library already.
        LibraryBusy: another process is writing, or asks.
        LibraryError: the backup is unfit, or the home can't be written.
    """
    made = not home.exists()
    try:
        with writer_lock(home, "restoring a backup"):
            restored = _restored(home, file, force)
            ReplyCache(replies_of(home)).clear()
            try:
                with Library(home) as library:
                    Indexes(home, library).rebuild(progress)
            except LibraryError as exc:
                notify(str(exc))
            return restored
    except BaseException:
        if made and not (home / "library.db").exists():
            with suppress(OSError):
                (home / "writer.lock").unlink(missing_ok=True)
                home.rmdir()
        raise


def _restored(home: Path, file: Path, force: bool) -> Restored:
    there = [home / name for name in (*reversed(BACKUP_NAMES), "index") if (home / name).exists()]
    for name in ("library.db", "history.db"):
        there += [p for end in _JOURNALS if (p := home / f"{name}{end}").exists()]
    if there and not force:
        raise SettingsError(
            f"{home} has {there[0].name} already; --force moves what is there to a folder of its"
            " own, or choose another --home."
        )
    if any(is_used(folder) for folder in (home / "index").glob("*/")):
        raise LibraryBusy(f"Another Citewire answers from {home}; stop it first.")
    work = Path(tempfile.mkdtemp(dir=home, prefix="restoring-"))
    try:
        manifest = unpack(file, work)
        aside = _aside(home) if there else None
        moves = [(old, aside / old.name) for old in there] if aside else []
        moves += [(work / name, home / name) for name in BACKUP_NAMES if name in manifest.files]
        if aside:
            aside.mkdir()
        try:
            _move(moves)
        except BaseException:
            if aside:
                aside.rmdir()
            raise
        sync_folder(home)
        return Restored(manifest, aside)
    except OSError as exc:
        raise LibraryError(
            f"{home} can't be written to ({exc.strerror or exc}); what was there is there."
        ) from exc
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _aside(home: Path) -> Path:
    name = f"before-restore-{datetime.now():%Y-%m-%dT%H%M%S}"
    path = home / name
    while path.exists():
        path = path.with_name(f"{path.name}x")
    return path


def _move(moves: Sequence[tuple[Path, Path]]) -> None:
    """All of them or none: the library goes first, and comes last."""
    done: list[tuple[Path, Path]] = []
    try:
        for old, new in moves:
            old.rename(new)
            done.append((old, new))
    except BaseException:
        for old, new in reversed(done):
            with suppress(OSError):
                new.rename(old)
        raise
