"""What became of each article of a run, in the order of the files, whenever it is known."""

from __future__ import annotations

from ingest.files import shown
from ingest.report import FileOutcome, FileStatus
from rag.library import StoredArticle

__all__ = ["Outcomes"]


class Outcomes:
    """A place for each article, in the order they were read; it is filled in once.

    What is told of an article that waits to be stored does not count until it is.
    """

    def __init__(self) -> None:
        self._places: list[tuple[int, FileOutcome | None]] = []
        self._waiting: dict[str, int] = {}

    def place(self, n: int) -> int:
        """Keep a place for an article of the n-th file."""
        self._places.append((n, None))
        return len(self._places) - 1

    def tell(
        self,
        place: int,
        source: str,
        status: FileStatus,
        reason: str | None,
        article: StoredArticle | None,
    ) -> None:
        """Say what became of the article of that place."""
        n, _ = self._places[place]
        self._places[place] = (n, FileOutcome(shown(source), status, reason, article))

    def wait(self, article_id: str, place: int) -> None:
        """Count what is told at that place only once the article is stored."""
        self._waiting[article_id] = place

    def stored(self, article_id: str) -> None:
        """Count it from now on."""
        self._waiting.pop(article_id, None)

    def is_waiting(self, article_id: str) -> bool:
        """Whether an article of this run is yet to be stored."""
        return article_id in self._waiting

    def all(self) -> tuple[FileOutcome, ...]:
        """Those that count, by their files."""
        waiting = set(self._waiting.values())
        done = [one for place, one in enumerate(self._places) if place not in waiting]
        return tuple(o for _, o in sorted(done, key=lambda one: one[0]) if o is not None)
