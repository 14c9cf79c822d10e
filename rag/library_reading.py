"""What can be read of a library's articles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import NamedTuple

from rag.article_rows import ARTICLE_COLUMNS, article_of
from rag.corrections import KEEP, Corrections
from rag.errors import LibraryError, NotFound
from rag.library_files import ReadFile, read_files
from rag.library_passages import LibraryPassages
from rag.removed import RemovedArticle, kept
from rag.types import Article
from rag.versions import Version, versions_of

__all__ = ["Counts", "LibraryReading", "ListedArticle", "StoredArticle"]

_SELECT = f"SELECT {', '.join(ARTICLE_COLUMNS)} FROM articles"


class Counts(NamedTuple):
    """How much a library holds."""

    articles: int
    passages: int
    sentences: int


class StoredArticle(NamedTuple):
    """What ingestion needs to know of an article already stored."""

    id: str
    source: str
    file: str
    """The file that it is in; the source, but for files that hold several articles."""
    content_hash: str
    pipeline_hash: str
    title: str | None
    outlet: str | None
    published: date | None


class ListedArticle(NamedTuple):
    """What a table of articles shows of one."""

    id: str
    source: str
    title: str | None
    outlet: str | None
    published: date | None
    passages: int


class LibraryReading(LibraryPassages):
    """An open library that is only read. From any thread.

    Raises:
        LibraryError: from any method, when the file is damaged, full, or not ours.
    """

    @property
    def identity(self) -> str:
        """A name made at random with the library; ties derived indexes to it."""
        return self._meta("identity")

    @property
    def generation(self) -> int:
        """Goes up by at least one with every change."""
        return int(self._meta("generation"))

    def counts(self) -> Counts:
        """Count what the library holds."""
        row = self._db.only(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages),"
            " (SELECT count(*) FROM sentences)"
        )
        return Counts(*row)

    def stored(self) -> list[StoredArticle]:
        """Every article without its text, by source."""
        rows = self._db.rows(
            "SELECT id, source, coalesce(file, source), content_hash, pipeline_hash, title, outlet,"
            " published FROM articles ORDER BY source"
        )
        return [
            StoredArticle(
                id_, source, file, text, pipeline, title, outlet, day and date.fromisoformat(day)
            )
            for id_, source, file, text, pipeline, title, outlet, day in rows
        ]

    def files(self) -> dict[str, ReadFile]:
        """The files that articles were read from, by their paths."""
        return read_files(self._db)

    def versions(self, article_id: str) -> list[Version]:
        """The earlier versions of an article, the latest first."""
        return versions_of(self._db, article_id)

    def articles(self) -> Iterator[Article]:
        """Every article, by date (undated first), then by source."""
        ids = self._db.rows(
            "SELECT id FROM articles ORDER BY published IS NOT NULL, published, source"
        )
        for (article_id,) in ids:
            with suppress(NotFound):  # deleted since
                yield self.article(article_id)

    def some(self, most: int) -> list[Article]:
        """The articles published last, undated ones after them; not more than so many."""
        ids = self._db.rows(
            "SELECT id FROM articles ORDER BY published DESC, source LIMIT ?", (most,)
        )
        return [self.article(article_id) for (article_id,) in ids]

    def listing(self) -> list[ListedArticle]:
        """Every article without its text, which makes 5,000 of them quick to list."""
        rows = self._db.rows(
            "SELECT a.id, a.source, a.title, a.outlet, a.published,"
            " (SELECT count(*) FROM passages p WHERE p.article_id = a.id)"
            " FROM articles a ORDER BY a.source"
        )
        return [
            ListedArticle(i, source, title, outlet, day and date.fromisoformat(day), passages)
            for i, source, title, outlet, day, passages in rows
        ]

    def article(self, article_id: str) -> Article:
        """The article of that id, or of the one id that starts so.

        Raises:
            NotFound: no id, or more than one, starts so.
        """
        article = self.unchecked(article_id)
        if hashlib.sha256(article.text.encode()).hexdigest() != article.content_hash:
            raise LibraryError(
                f"The library {self._db.path} is damaged (the text of {article.id} is not the one"
                " that was stored); delete that article and ingest its file again."
            )
        return article

    def unchecked(self, article_id: str) -> Article:
        """As `article`, but its text may be damaged: to delete it, never to quote it.

        Raises:
            NotFound: no id, or more than one, starts so.
        """
        # A range and not a pattern, so that the primary key is used: a scan of 5,000
        # articles took 8 ms, a dozen times a question.
        rows = self._db.rows(
            f"{_SELECT} WHERE id >= ? AND id < ? ORDER BY id LIMIT 2",
            (article_id, article_id + "\U0010ffff"),
        )
        if len(rows) != 1 or not article_id:
            how = "more than one article's id starts with" if rows else "no article has the id"
            raise NotFound(f"{how.capitalize()} {article_id!r}; `citewire list` shows them.")
        return article_of(rows[0])

    def corrections(self, article_id: str) -> Corrections:
        """What a person has put right about an article."""
        row = self._db.row(
            "SELECT outlet, published, title FROM corrections WHERE article_id = ?", (article_id,)
        )
        if row is None:
            return Corrections()
        outlet, published, title = (KEEP if v is None else json.loads(v) for v in row)
        if isinstance(published, str):
            published = date.fromisoformat(published)
        return Corrections(outlet, published, title)

    def removed(self) -> list[RemovedArticle]:
        """The deleted articles that can be brought back, the last deleted first."""
        return kept(self._db)

    def outlets(self) -> list[str]:
        """The outlets that articles name, each once, sorted."""
        rows = self._db.rows(
            "SELECT DISTINCT outlet FROM articles WHERE outlet IS NOT NULL ORDER BY outlet"
        )
        return [row[0] for row in rows]

    def check(self) -> list[str]:
        """Look for damage through the whole file; an empty list means sound."""
        problems = [r[0] for r in self._db.rows("PRAGMA integrity_check")]
        problems = [p for p in problems if p != "ok"]
        problems += [
            f"table {r[0]}: row {r[1]} has no article"
            for r in self._db.rows("PRAGMA foreign_key_check")
        ]
        for row in self.stored():
            try:
                self.article(row.id)
            except NotFound:  # deleted since
                continue
            except LibraryError as exc:
                problems.append(str(exc))
        return problems

    def _meta(self, key: str) -> str:
        row = self._db.only("SELECT value FROM meta WHERE key = ?", (key,))
        return str(row[0])
