"""Whether a library's indexes are sound."""

from __future__ import annotations

from pathlib import Path

from rag.indexes import Indexes
from rag.library import Library

__all__ = ["probe"]


def probe(home: Path) -> str | None:
    """What is wrong with the indexes, in one clause; None where nothing is."""
    with Library(home) as library:
        return Indexes(home, library).fault()
