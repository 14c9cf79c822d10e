"""What a reader of a format is given, and what it gives: the articles of a file, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.masthead import Masthead

__all__ = ["FIELDS", "BadPart", "Part", "ReadOptions"]

FIELDS = ("id", "title", "text", "outlet", "published", "byline", "url")
"""What an article of a table can state, and `--field` can find under another name."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are to be read."""

    max_mb: int = 20
    """The largest article taken, in megabytes; also the largest file of one article."""
    encoding: str | None = None
    """Of files that are not UTF-8."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Names of columns or keys in tables, by what they state (one of `FIELDS`)."""


class Part(NamedTuple):
    """One article of a file."""

    text: str
    """As read: offsets count in it."""
    stated: Masthead = Masthead()
    """What the format itself states of it."""
    key: str | None = None
    """Names it within a file of several, the same at each reading; None where the file is one
    article."""


class BadPart(NamedTuple):
    """An article of a file that can't be taken; those beside it can."""

    reason: str
    """One clause for people, with what to do; it begins with the position, such as `line 12:`."""
    key: str | None = None
