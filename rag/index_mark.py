"""`index/current.json`: which folder holds the indexes in use, and what they were made from."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["FORMAT", "Mark", "read_mark", "sync_folder", "write_mark"]

FORMAT = 2
"""Goes up when what the indexes hold changes: older ones are then rebuilt."""
_NAME = "current.json"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is published. It is written last of all, so what it names is whole."""

    folder: str
    """Its name in `index/`."""
    identity: str
    """Of the library that the indexes were made from."""
    generation: int
    """Likewise."""
    format: int = FORMAT
    clean: bool = True
    """False keeps the indexes from being trusted."""


def read_mark(root: Path) -> Mark | None:
    """The mark; None where there is none, or it can't be read."""
    try:
        mark = Mark(**json.loads((root / _NAME).read_text()))
        plain = Path(mark.folder).name == mark.folder != ""
    except (OSError, ValueError, TypeError):
        return None
    return mark if plain else None


def write_mark(root: Path, mark: Mark) -> None:
    """Publish what the mark names, at once or not at all.

    Raises:
        OSError: it can't be written.
    """
    new = root / f"{_NAME}.new"
    with new.open("w") as file:
        json.dump(asdict(mark), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(root / _NAME)
    sync_folder(root)


def sync_folder(folder: Path) -> None:
    """Bring a folder's own entries to the disk, where the system can do that."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
