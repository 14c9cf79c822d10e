"""The library: articles, sentences, passages and their vectors, in one SQLite file.

One transaction an article, so a crash at any moment leaves every article whole: the old
one or the new one. Chroma and tantivy are derived from it and can be thrown away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.closing import Closing
from rag.database import Database
from rag.errors import LibraryError, NotFound
from rag.types import Article, Passage, Sentence, SkippedSpan

__all__ = ["ArticleVectors", "Counts", "Library", "StoredArticle"]

FloatArray = npt.NDArray[np.float32]


class Counts(NamedTuple):
    """How much a library holds."""

    articles: int
    passages: int
    sentences: int


class StoredArticle(NamedTuple):
    """What ingestion needs to know of an article already stored."""

    id: str
    source: str
    content_hash: str
    pipeline_hash: str


class ArticleVectors(NamedTuple):
    """An article's sentences and passages with their vectors, row by row."""

    sentences: Sequence[Sentence]
    sentence_vectors: FloatArray
    """float32, (number of sentences, 384), unit length: each sentence alone."""
    titled_vectors: FloatArray
    """Likewise: each sentence after the article's title."""
    passages: Sequence[Passage]
    passage_vectors: FloatArray
    """float32, (number of passages, 384), unit length."""


class Library(Closing):
    """An open library. Use it as a context manager, from one thread.

    Raises:
        LibraryError: from any method, when the file is damaged, full, or not ours.
    """

    def __init__(self, home: Path) -> None:
        self._db = Database(home / "library.db")

    @staticmethod
    def exists(home: Path) -> bool:
        """Whether a library was ever made there. Looking makes none."""
        return (home / "library.db").exists()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --- reading -------------------------------------------------------------------------

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
        """Every article's id, source and hashes, by source."""
        rows = self._db.rows(
            "SELECT id, source, content_hash, pipeline_hash FROM articles ORDER BY source"
        )
        return [StoredArticle(*row) for row in rows]

    def articles(self) -> Iterator[Article]:
        """Every article, by date (undated first), then by source."""
        ids = self._db.rows(
            "SELECT id FROM articles ORDER BY published IS NOT NULL, published, source"
        )
        for (article_id,) in ids:
            yield self.article(article_id)

    def article(self, article_id: str) -> Article:
        """The article of that id, or of the one id that starts so.

        Raises:
            NotFound: no id, or more than one, starts so.
        """
        # A range and not a pattern, so that the primary key is used: a scan of 5,000
        # articles took 8 ms, a dozen times a question.
        rows = self._db.rows(
            "SELECT id, source, text, title, outlet, published, byline, url, skipped,"
            " content_hash FROM articles WHERE id >= ? AND id < ? ORDER BY id LIMIT 2",
            (article_id, article_id + "\U0010ffff"),
        )
        if len(rows) != 1 or not article_id:
            how = "more than one article's id starts with" if rows else "no article has the id"
            raise NotFound(f"{how.capitalize()} {article_id!r}; `citewire list` shows them.")
        article = _article(rows[0])
        if hashlib.sha256(article.text.encode()).hexdigest() != article.content_hash:
            raise LibraryError(
                f"The library {self._db.path} is damaged (the text of {article.id} is not the one"
                " that was stored); delete that article and ingest its file again."
            )
        return article

    def outlets(self) -> list[str]:
        """The outlets that articles name, each once, sorted."""
        rows = self._db.rows(
            "SELECT DISTINCT outlet FROM articles WHERE outlet IS NOT NULL ORDER BY outlet"
        )
        return [row[0] for row in rows]

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """The passages of these ids; ids that are not there are left out."""
        found: dict[str, Passage] = {}
        for passage_id in ids:
            row = self._db.row(
                "SELECT p.article_id, p.first, p.last, a.content_hash FROM passages p"
                " JOIN articles a ON a.id = p.article_id WHERE p.id = ?",
                (passage_id,),
            )
            if row:
                article_id, first, last, content_hash = row
                sentences = self._sentences(article_id, content_hash, first, last)
                found[passage_id] = Passage(
                    passage_id, article_id, sentences[0].start, sentences[-1].end, sentences
                )
        return found

    def sentence_vectors(
        self, article_id: str, sentences: Sequence[Sentence]
    ) -> tuple[FloatArray, FloatArray]:
        """Vectors of consecutive sentences of one article, alone and after its title.

        Both float32, (n, 384), unit length.
        """
        first, last = (int(s.id.rsplit(".", 1)[1]) for s in (sentences[0], sentences[-1]))
        rows = self._db.rows(
            "SELECT vector, titled FROM sentences WHERE article_id = ? AND n BETWEEN ? AND ?"
            " ORDER BY n",
            (article_id, first, last),
        )
        alone, titled = (
            np.stack([np.frombuffer(row[i], dtype=np.float16) for row in rows]).astype(np.float32)
            for i in (0, 1)
        )
        if not (np.isfinite(alone).all() and np.isfinite(titled).all()):
            raise LibraryError(
                f"The library {self._db.path} is damaged (a vector of {article_id} is not one);"
                " see `citewire doctor`."
            )
        return alone, titled

    def passage_vector(self, passage_id: str) -> FloatArray:
        """A passage's vector: float32, (384,), unit length."""
        row = self._db.only("SELECT vector FROM passages WHERE id = ?", (passage_id,))
        return np.frombuffer(row[0], dtype=np.float32)

    def neighbours(self, sentence: Sentence, article_id: str) -> tuple[int, int]:
        """Offsets from the start of the sentence before to the end of the one after."""
        n = int(sentence.id.rsplit(".", 1)[1])
        row = self._db.only(
            "SELECT min(start), max(end) FROM sentences WHERE article_id = ? AND n BETWEEN ? AND ?",
            (article_id, n - 1, n + 1),
        )
        return int(row[0]), int(row[1])

    def vectors(self, article_ids: Iterable[str] | None = None) -> Iterator[tuple[str, FloatArray]]:
        """Passage ids with their vectors (float32, (384,)), of all articles or of these."""
        if article_ids is None:
            rows = self._db.stream("SELECT id, vector FROM passages ORDER BY article_id, n")
            for passage_id, vector in rows:
                yield passage_id, np.frombuffer(vector, dtype=np.float32)
            return
        for article_id in article_ids:
            for passage_id, vector in self._db.rows(
                "SELECT id, vector FROM passages WHERE article_id = ? ORDER BY n",
                (article_id,),
            ):
                yield passage_id, np.frombuffer(vector, dtype=np.float32)

    def passage_ids(self, article_id: str) -> list[str]:
        """The ids of an article's passages, in order."""
        rows = self._db.rows(
            "SELECT id FROM passages WHERE article_id = ? ORDER BY n", (article_id,)
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
            except LibraryError as exc:
                problems.append(str(exc))
        return problems

    # --- writing -------------------------------------------------------------------------

    def put(self, article: Article, vectors: ArticleVectors, pipeline_hash: str) -> None:
        """Store an article, replacing the one of the same id, in one transaction."""
        position = {s.id: n for n, s in enumerate(vectors.sentences)}
        with self._db.transaction():
            self._db.write("DELETE FROM articles WHERE id = ?", (article.id,))
            self._db.write(
                "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    article.id,
                    article.source,
                    article.text,
                    article.title,
                    article.outlet,
                    article.published and article.published.isoformat(),
                    article.byline,
                    article.url,
                    json.dumps(article.skipped),
                    article.content_hash,
                    pipeline_hash,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                ),
            )
            self._db.write_many(
                "INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        article.id,
                        n,
                        s.start,
                        s.end,
                        alone.astype(np.float16).tobytes(),
                        titled.astype(np.float16).tobytes(),
                    )
                    for n, (s, alone, titled) in enumerate(
                        zip(
                            vectors.sentences,
                            vectors.sentence_vectors,
                            vectors.titled_vectors,
                            strict=True,
                        )
                    )
                ),
            )
            self._db.write_many(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        p.id,
                        article.id,
                        n,
                        position[p.sentences[0].id],
                        position[p.sentences[-1].id],
                        v.astype(np.float32).tobytes(),
                    )
                    for n, (p, v) in enumerate(
                        zip(vectors.passages, vectors.passage_vectors, strict=True)
                    )
                ),
            )

    def move(self, article_id: str, source: str) -> None:
        """Say that an article's file is now elsewhere."""
        with self._db.transaction():
            self._db.write("UPDATE articles SET source = ? WHERE id = ?", (source, article_id))

    def remove(self, article_ids: Iterable[str]) -> None:
        """Remove articles with everything that belongs to them, all or none."""
        with self._db.transaction():
            self._db.write_many("DELETE FROM articles WHERE id = ?", ((i,) for i in article_ids))

    # --- inside --------------------------------------------------------------------------

    def _sentences(
        self, article_id: str, content_hash: str, first: int, last: int
    ) -> tuple[Sentence, ...]:
        rows = self._db.rows(
            "SELECT n, start, end FROM sentences WHERE article_id = ? AND n BETWEEN ? AND ?"
            " ORDER BY n",
            (article_id, first, last),
        )
        return tuple(
            Sentence(sentence_id(article_id, content_hash, n), start, end) for n, start, end in rows
        )

    def _meta(self, key: str) -> str:
        row = self._db.only("SELECT value FROM meta WHERE key = ?", (key,))
        return str(row[0])


def sentence_id(article_id: str, content_hash: str, n: int) -> str:
    """The id of an article's n-th sentence: it changes when the content does."""
    return f"{article_id}.{content_hash[:8]}.{n}"


def _article(row: Sequence[str]) -> Article:
    skipped = tuple(SkippedSpan(*span) for span in json.loads(row[8]))
    published = date.fromisoformat(row[5]) if row[5] else None
    return Article(
        id=row[0],
        source=row[1],
        text=row[2],
        title=row[3],
        outlet=row[4],
        published=published,
        byline=row[6],
        url=row[7],
        skipped=skipped,
        content_hash=row[9],
    )
