"""The library: articles, sentences, passages and their vectors, in one SQLite file.

One transaction an article, so a crash at any moment leaves every article whole: the old
one or the new one. Chroma and tantivy are derived from it and can be thrown away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.article_rows import ARTICLE_COLUMNS, values_of
from rag.corrections import KEEP, Corrections, Keep
from rag.errors import NotFound
from rag.library_files import ReadFile, forget_file_of, forget_files, note_files
from rag.library_passages import sentence_id
from rag.library_reading import Counts, LibraryReading, ListedArticle, StoredArticle
from rag.removed import forget, keep, put_back
from rag.types import Article, Passage, Sentence
from rag.versions import forget_orphans, forget_versions, keep_version

__all__ = ["ArticleVectors", "Counts", "Library", "ListedArticle", "StoredArticle", "sentence_id"]

FloatArray = npt.NDArray[np.float32]


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


class Library(LibraryReading):
    """An open library. Use it as a context manager, from any thread.

    Raises:
        LibraryError: from any method, when the file is damaged, full, or not ours.
    """

    def put(
        self,
        article: Article,
        vectors: ArticleVectors,
        pipeline_hash: str,
        file: str | None = None,
    ) -> None:
        """Store an article, replacing the one of the same id, in one transaction.

        Its corrections stay, and a version with another text is kept. What is kept of a deleted
        article of the same file is dropped.

        Args:
            article: with its final id.
            vectors: of all its sentences and passages.
            pipeline_hash: of everything but the file that decided how it was read.
            file: the file that it is in, where its source is not that.
        """
        position = {s.id: n for n, s in enumerate(vectors.sentences)}
        with self._db.transaction():
            forget(self._db, article.id, article.source)
            self._keep_version(article)
            # What is remembered of the file does not hold any more, unless all of it is taken.
            forget_files(self._db, (file or article.source,))
            self._db.write("DELETE FROM articles WHERE id = ?", (article.id,))
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._db.write(
                f"INSERT INTO articles ({', '.join(ARTICLE_COLUMNS)}, pipeline_hash, ingested_at,"
                " file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values_of(article), pipeline_hash, now, file or article.source),
            )
            self._db.write_many(
                "INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (article.id, n, s.start, s.end, alone, titled)
                    for n, (s, (alone, titled)) in enumerate(
                        zip(vectors.sentences, _of_sentences(vectors), strict=True)
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

    def article_vectors(self, article_id: str) -> ArticleVectors:
        """An article's sentences and passages with their vectors, exactly as they are stored.

        Raises:
            LibraryBusy: another process has changed the article in between.
        """
        sentences = self.sentences(article_id)
        alone, titled = self.sentence_vectors(article_id, sentences)
        passages = list(self.passages(self.passage_ids(article_id)).values())
        vectors = np.stack([self.passage_vector(p.id) for p in passages])
        return ArticleVectors(sentences, alone, titled, passages, vectors)

    def correct(self, article: Article, corrections: Corrections, vectors: ArticleVectors) -> None:
        """Store an article as corrected, with the vectors that go with it, in one transaction.

        Args:
            article: with its corrections applied.
            corrections: all of them, earlier ones too.
            vectors: of the sentences and passages that are stored.
        """
        facts = (corrections.outlet, corrections.published, corrections.title)
        with self._db.transaction():
            self._db.write(
                "INSERT OR REPLACE INTO corrections VALUES (?, ?, ?, ?)",
                (article.id, *map(_correction, facts)),
            )
            _, _, _, title, outlet, published, *_ = values_of(article)
            self._db.write(
                "UPDATE articles SET title = ?, outlet = ?, published = ? WHERE id = ?",
                (title, outlet, published, article.id),
            )
            self._db.write_many(
                "UPDATE sentences SET vector = ?, titled = ? WHERE article_id = ? AND n = ?",
                (
                    (alone, titled, article.id, n)
                    for n, (alone, titled) in enumerate(_of_sentences(vectors))
                ),
            )
            self._db.write_many(
                "UPDATE passages SET vector = ? WHERE id = ?",
                (
                    (v.astype(np.float32).tobytes(), p.id)
                    for p, v in zip(vectors.passages, vectors.passage_vectors, strict=True)
                ),
            )

    def move(self, article_id: str, source: str, file: str | None = None) -> None:
        """Say that an article's file is now elsewhere."""
        with self._db.transaction():
            forget_file_of(self._db, article_id)
            forget_files(self._db, (file or source,))
            self._db.write(
                "UPDATE articles SET source = ?, file = ? WHERE id = ?",
                (source, file or source, article_id),
            )

    def remove(self, article_ids: Iterable[str]) -> None:
        """Remove articles with everything that belongs to them, all or none, for good."""
        ids = [(article_id,) for article_id in article_ids]
        with self._db.transaction():
            for (article_id,) in ids:
                forget_file_of(self._db, article_id)
                forget_versions(self._db, article_id)
            self._db.write_many("DELETE FROM articles WHERE id = ?", ids)
            self._db.write_many("DELETE FROM corrections WHERE article_id = ?", ids)

    def note(self, files: Iterable[ReadFile]) -> None:
        """Remember files as they were read; a change to an article of one forgets it."""
        # No article changes by it, so the indexes stay as they are.
        with self._db.transaction(bump=False):
            note_files(self._db, files)

    def take_out(self, article_ids: Iterable[str]) -> None:
        """Remove articles, all or none, and keep them for `put_back`."""
        with self._db.transaction():
            for article_id in article_ids:
                keep(self._db, article_id)
            forget_orphans(self._db)

    def put_back(self, article_ids: Iterable[str]) -> tuple[Article, ...]:
        """Bring back articles that were taken out exactly as they were, all or none.

        Args:
            article_ids: ids that they had, or beginnings of these.

        Raises:
            NotFound: nothing is kept of one of them.
            SettingsError: the file or the text of one of them is in the library again.
        """
        with self._db.transaction():
            articles = tuple(put_back(self._db, article_id) for article_id in article_ids)
            for article in articles:
                forget_file_of(self._db, article.id)
            return articles

    def _keep_version(self, article: Article) -> None:
        """Keep the stored version of an article that is about to be replaced by another text."""
        try:
            old = self.unchecked(article.id)
        except NotFound:
            return
        if old.content_hash != article.content_hash:
            keep_version(self._db, old)


def _of_sentences(vectors: ArticleVectors) -> Iterable[tuple[bytes, bytes]]:
    """Each sentence's two vectors as they are stored."""
    rows = zip(vectors.sentence_vectors, vectors.titled_vectors, strict=True)
    for alone, titled in rows:
        yield alone.astype(np.float16).tobytes(), titled.astype(np.float16).tobytes()


def _correction(fact: str | date | Keep | None) -> str | None:
    if fact is KEEP:
        return None
    return json.dumps(fact.isoformat() if isinstance(fact, date) else fact)
