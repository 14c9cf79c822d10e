"""One file that holds all of a home that can't be made anew: `citewire backup`.

A zip of the library, the history, the users and the settings, each with its size and SHA-256
in `manifest.json`. Indexes and kept replies are left out: they are derived.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rag.errors import EmptyLibrary, LibraryError, SettingsError
from rag.history_db import HistoryDatabase
from rag.library import Library
from rag.snapshot import check_library, snapshot

__all__ = ["BACKUP_FORMAT", "BACKUP_NAMES", "MANIFEST", "Manifest", "PackedFile", "backup"]

BACKUP_FORMAT = 1
BACKUP_NAMES = ("citewire.toml", "users.json", "history.db", "library.db")
"""What is taken along, where it is there; the library, without which there is no backup, last."""
MANIFEST = "manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    format: int
    citewire: str
    """The version that made it."""
    made: str
    """ISO date and time, UTC."""
    schema: int
    """Of the library, as the next two."""
    identity: str
    generation: int
    articles: int
    files: Mapping[str, PackedFile]


def backup(home: Path, file: Path, *, force: bool = False) -> Manifest:
    """Write a backup, as of one moment, whoever writes to the library meanwhile.

    Args:
        home: the library's directory.
        file: is written whole, or not at all; only its owner may read it.
        force: replace the file that is there.

    Raises:
        EmptyLibrary: there is no library.
        SettingsError: the file is there, or can't be one.
        LibraryError: the library can't be read, or the file can't be written.
    """
    if not Library.exists(home):
        raise EmptyLibrary(f"There is no library in {home}, so nothing to back up.")
    if file.is_dir():
        raise SettingsError(f"{file} is a directory; name a file to write the backup to.")
    if file.exists() and not force:
        raise SettingsError(f"{file} is there already; name another, or replace it with --force.")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name[:40]}.") as work:
            packed = Path(work) / "packed"
            manifest = _pack(home, Path(work), packed)
            _put(packed, file, force)
            return manifest
    except OSError as exc:
        raise LibraryError(
            f"The backup {file} can't be written ({exc.strerror or exc}); make room, or name"
            " another place."
        ) from exc


def _pack(home: Path, work: Path, packed: Path) -> Manifest:
    # Opened as always first: what is damaged is told so, and never kept as a backup.
    with Library(home):
        snapshot(home / "library.db", work / "library.db")
    if (home / "history.db").exists():
        HistoryDatabase(home / "history.db").close()
        snapshot(home / "history.db", work / "history.db")
    for name in ("users.json", "citewire.toml"):
        with suppress(FileNotFoundError):
            shutil.copyfile(home / name, work / name)
    header = check_library(work / "library.db")
    files: dict[str, PackedFile] = {}
    number = os.open(packed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w+b") as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
            for name in BACKUP_NAMES:
                if (work / name).exists():
                    files[name] = _add(pack, work / name, name)
            made = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = Manifest(BACKUP_FORMAT, _version(), made, *header, files)
            pack.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
        out.flush()
        os.fsync(out.fileno())
    return manifest


def _add(pack: zipfile.ZipFile, path: Path, name: str) -> PackedFile:
    digest = hashlib.sha256()
    with path.open("rb") as source, pack.open(name, "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return PackedFile(path.stat().st_size, digest.hexdigest())


def _put(packed: Path, file: Path, force: bool) -> None:
    if force:
        packed.replace(file)
        return
    try:
        # Unlike a rename it never replaces what another wrote there meanwhile.
        os.link(packed, file)
    except FileExistsError:
        raise SettingsError(f"{file} is there already; name another.") from None
    except (OSError, NotImplementedError):  # a file system without links
        packed.replace(file)


def _version() -> str:
    try:
        return version("citewire")
    except PackageNotFoundError:
        return "0 (not installed)"
