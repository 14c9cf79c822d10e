"""What an ingestion tells: where it stands, and what became of each file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from rag.library import StoredArticle

__all__ = ["FileOutcome", "FileStatus", "IngestReport", "Progress"]

FileStatus = Literal["ingested", "unchanged", "updated", "duplicate", "rejected"]


class FileOutcome(NamedTuple):
    """What became of one file, or of one article in a file that holds several."""

    path: str
    """Absolute, or an address, and `#` and the article's key in a file of several; bytes of a
    name that are not UTF-8 are written as `\\xff`."""
    status: FileStatus
    reason: str | None
    """For `rejected`, `duplicate` and a move: one clause for people."""
    article: StoredArticle | None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of all of them. The number of `files` is always the sum of the statuses."""

    files: tuple[FileOutcome, ...]
    removed: tuple[str, ...]
    """Sources of the articles removed by `prune`."""
    stopped: bool = False
    """Whether the user stopped it before the end; what is done is kept."""

    def count(self, status: FileStatus) -> int:
        """How many files had this outcome."""
        return sum(outcome.status == status for outcome in self.files)


class Progress(NamedTuple):
    """Where a run stands."""

    done: float
    """Files, the one that is being read as the share of it that is."""
    total: int
    path: str
    articles: int = 0
    """Articles stored so far."""
