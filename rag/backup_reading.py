"""Unpacks a backup, and believes nothing that it says before it is checked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.backup import BACKUP_FORMAT, BACKUP_NAMES, MANIFEST, Manifest, PackedFile
from rag.errors import CitewireError, LibraryError, NotFound
from rag.history_db import HistoryDatabase
from rag.snapshot import check_library

__all__ = ["unpack"]

_LARGEST_MANIFEST = 1_000_000
_PLAIN = 10_000_000
_RATIO = 200
"""Texts and vectors pack to a half; what packs to less than a two-hundredth, beyond the 10 MB
that an empty library may have of nothing, is made to fill a disk."""
_CHUNK = 1 << 20
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    UnicodeError,
    ValueError,
)
"""What reading a damaged or an odd zip may raise."""


def unpack(file: Path, into: Path) -> Manifest:
    """Unpack a backup and check all of it.

    Args:
        file: the backup.
        into: an empty directory.

    Raises:
        NotFound: there is no such file.
        LibraryError: it is not a backup, is damaged or too new, or there is no room.
    """
    if not file.exists():
        raise NotFound(f"There is no file {file}; name one that `citewire backup` wrote.")
    try:
        with zipfile.ZipFile(file) as pack:
            manifest = _manifest(pack)
            _check_room(manifest, into)
            for name, packed in manifest.files.items():
                _extract(pack, name, packed, into / name)
        _check_contents(manifest, into)
    except _ZIP_FAULTS as exc:
        raise _unfit(file, str(exc) or type(exc).__name__) from exc
    except OSError as exc:
        raise LibraryError(
            f"The backup {file} can't be unpacked in {into.parent} ({exc.strerror or exc});"
            " nothing was changed."
        ) from exc
    except CitewireError as exc:
        raise _unfit(file, str(exc)) from exc
    return manifest


def _manifest(pack: zipfile.ZipFile) -> Manifest:
    infos = {info.filename: info for info in pack.infolist()}
    if len(infos) != len(pack.infolist()) or set(infos) - {MANIFEST, *BACKUP_NAMES}:
        raise LibraryError("it holds files that no backup has")
    if MANIFEST not in infos or infos[MANIFEST].file_size > _LARGEST_MANIFEST:
        raise LibraryError("it has no manifest of a backup")
    try:
        manifest = _read(json.loads(pack.read(MANIFEST)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise LibraryError("its manifest is damaged") from None
    if manifest.format > BACKUP_FORMAT:
        raise LibraryError("a newer Citewire made it; update Citewire")
    if set(manifest.files) != set(infos) - {MANIFEST} or "library.db" not in manifest.files:
        raise LibraryError("files of it are missing")
    for name, packed in manifest.files.items():
        info = infos[name]
        if info.file_size != packed.size:
            raise LibraryError(f"its {name} is not as long as it was")
        if packed.size > _PLAIN and packed.size > _RATIO * info.compress_size:
            raise LibraryError(f"its {name} holds next to nothing, {packed.size:,} bytes of it")
    return manifest


def _read(row: dict[str, Any]) -> Manifest:
    files = {
        name: PackedFile(int(file["size"]), str(file["sha256"]))
        for name, file in row["files"].items()
    }
    return Manifest(
        format=int(row["format"]),
        citewire=str(row["citewire"]),
        made=str(row["made"]),
        schema=int(row["schema"]),
        identity=str(row["identity"]),
        generation=int(row["generation"]),
        articles=int(row["articles"]),
        files=files,
    )


def _check_room(manifest: Manifest, into: Path) -> None:
    needed = sum(packed.size for packed in manifest.files.values())
    free = shutil.disk_usage(into).free
    if needed > free:
        raise LibraryError(f"it takes {needed:,} bytes, and {free:,} are free")


def _extract(pack: zipfile.ZipFile, name: str, packed: PackedFile, path: Path) -> None:
    digest, left = hashlib.sha256(), packed.size
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as out, pack.open(name) as source:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if left or digest.hexdigest() != packed.sha256:
        raise LibraryError(f"its {name} is damaged")


def _check_contents(manifest: Manifest, into: Path) -> None:
    header = check_library(into / "library.db")
    if header != (manifest.schema, manifest.identity, manifest.generation, manifest.articles):
        raise LibraryError("its library.db is not the one that its manifest tells of")
    if (into / "history.db").exists():
        try:
            HistoryDatabase(into / "history.db").close()
        except CitewireError as exc:
            raise LibraryError("its history.db is damaged, or of a newer Citewire") from exc
        for name in ("history.db-wal", "history.db-shm"):
            with suppress(FileNotFoundError):
                (into / name).unlink()


def _unfit(file: Path, reason: str) -> LibraryError:
    reason = reason.splitlines()[0][:200].removesuffix(".")
    return LibraryError(f"{file} is no backup that can be restored: {reason}. Nothing was changed.")
