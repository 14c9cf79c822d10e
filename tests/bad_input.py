"""A bad input: what is written into a folder, and what ingest has to say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.report import FileStatus

__all__ = ["BadInput", "Told", "double", "one", "refused", "report", "taken"]


@dataclass(frozen=True)
class Told:
    """What is to be said of one file, or of one article in it."""

    status: FileStatus
    reason: str = ""
    """How it begins; for a part, after its position."""
    key: str | None = None
    """The article's in a file of several."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Of the article as it is stored: fields by their name, and `holds`, a piece of its text."""
    file: str | None = None
    """Where the case has several."""


@dataclass(frozen=True)
class BadInput:
    """A case."""

    name: str
    """Also of the folder that it is written into."""
    file: str
    write: Callable[[Path], object]
    """Is given the path of the case's file, whose folder is there."""
    told: tuple[Told, ...]
    named: bool = False
    """Whether the user names the file itself, rather than a folder above it."""


def one(
    name: str,
    file: str,
    content: bytes | str | Callable[[], bytes | str],
    *told: Told,
    named: bool = False,
) -> BadInput:
    """A case of one file with this content, which may be made when it is needed."""

    def write(path: Path) -> None:
        held = content() if callable(content) else content
        path.write_bytes(held.encode() if isinstance(held, str) else held)

    return BadInput(name, file, write, told, named)


def taken(key: str | None = None, **facts: object) -> Told:
    """The article is stored, and these are its facts."""
    return Told("ingested", "", key, facts)


def refused(reason: str, key: str | None = None) -> Told:
    """The file, or the part of it, is rejected for a reason that begins so."""
    return Told("rejected", reason, key)


def double(key: str | None = None) -> Told:
    """The text is that of an article that was there."""
    return Told("duplicate", "the same text as ", key)


def report(ship: str) -> str:
    """Two sentences of invented news that no other case has."""
    return (
        f"The {ship} left the harbour of Port Ennick at noon on Friday with sixty people on board."
        f" Nobody on the {ship} was hurt when it touched the pier, the harbour master said.\n"
    )
