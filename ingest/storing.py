"""Storing articles as they are read: with the vectors that they had, or embedded anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.catalogue import Catalogue
from ingest.embedding import Embedded, Embedding, Waiting
from ingest.outcomes import Outcomes
from ingest.parsed import Parsed
from ingest.split import renamed
from rag.closing import Closing
from rag.library import ArticleVectors, Library, StoredArticle
from rag.reading import fold, reading_text
from rag.types import Article, Passage, Sentence

__all__ = ["Storing"]


class Storing(Closing):
    """Puts articles into a library, and tells what became of each. Use as a context manager."""

    def __init__(
        self,
        library: Library,
        catalogue: Catalogue,
        outcomes: Outcomes,
        pipeline: str,
        *,
        outlet: str | None,
        threads: int,
    ) -> None:
        """Store nothing yet.

        Args:
            library: open for writing.
            catalogue: of its articles; kept in step.
            outcomes: told of each article.
            pipeline: see `ingest.known_files.pipeline_hash`.
            outlet: of articles that name none.
            threads: to embed with.
        """
        self._library = library
        self._catalogue = catalogue
        self._outcomes = outcomes
        self._pipeline = pipeline
        self._outlet = outlet
        self._embedding = Embedding(threads, self._store)
        self.stored = 0
        """How many articles were embedded and stored."""

    def close(self) -> None:
        """Drop what is not stored."""
        self._embedding.close()

    def finish(self) -> None:
        """Store what waits."""
        self._embedding.finish()

    def take(
        self,
        parsed: Parsed,
        file: str,
        place: int,
        old: StoredArticle | None,
        moved_from: str | None = None,
    ) -> None:
        """Store an article, unless it is stored just so.

        Args:
            parsed: the article.
            file: where it is from.
            place: where to tell what became of it.
            old: what is stored under its source.
            moved_from: the source that this had before.
        """
        article = parsed.article
        stored = None
        if old is not None:
            self._store_waiting(old)
            # Unchecked: so one whose text is damaged is healed when its file is read again.
            stored = self._library.unchecked(old.id)
        if article.outlet is None:
            # A name given in an earlier run stays until another is given.
            article = replace(article, outlet=self._outlet or (stored.outlet if stored else None))
        if old is not None:
            # What a person put right is right whatever the file says.
            article = self._library.corrections(old.id).applied(article)
            article = replace(article, id=old.id)
        else:
            article = replace(article, id=self._catalogue.free_id(article.id))
        row = self._row(article, file)
        moved = f"moved from {moved_from}" if moved_from else None
        is_current = old is not None and old.pipeline_hash == self._pipeline
        if is_current and article == stored:
            self._outcomes.tell(place, row.source, "updated" if moved else "unchanged", moved, row)
            return
        sentences, passages = renamed(article, parsed.sentences, parsed.passages)
        kept = None
        if is_current and stored:
            kept = self._kept(stored, article, sentences, passages)
        if kept:
            self._library.put(article, kept, self._pipeline, file)
        else:
            self._outcomes.wait(article.id, place)
        self._catalogue.add(row)
        self._outcomes.tell(place, row.source, "updated" if old else "ingested", moved, row)
        if not kept:
            self._embedding.add(Waiting(article, sentences, passages, file))

    def move(self, row: StoredArticle, source: str, file: str) -> StoredArticle:
        """Say that an article is elsewhere now."""
        self._store_waiting(row)
        self._library.move(row.id, source, file)
        self._catalogue.drop(row)
        row = row._replace(source=source, file=file)
        self._catalogue.add(row)
        return row

    def remove(self, row: StoredArticle) -> None:
        """Remove an article for good."""
        self._store_waiting(row)
        self._library.remove([row.id])
        self._catalogue.drop(row)

    def _kept(
        self,
        stored: Article,
        article: Article,
        sentences: Sequence[Sentence],
        passages: Sequence[Passage],
    ) -> ArticleVectors | None:
        """The vectors that an article has, where only what is known of it has changed.

        Those of its passages were made with the outlet and the date of then before their texts.
        """
        held = self._library.passages(self._library.passage_ids(stored.id))
        before = _words(stored, self._library.sentences(stored.id), list(held.values()))
        if before != _words(article, sentences, passages):
            return None
        vectors = self._library.article_vectors(stored.id)
        return vectors._replace(sentences=sentences, passages=passages)

    def _store_waiting(self, row: StoredArticle) -> None:
        """See that an article of this very run is stored before it is changed again."""
        if self._outcomes.is_waiting(row.id):
            self._embedding.finish()

    def _store(self, embedded: Embedded) -> None:
        article, _, _, file = embedded.waiting
        self._library.put(article, embedded.vectors, self._pipeline, file)
        self._outcomes.stored(article.id)
        self.stored += 1

    def _row(self, article: Article, file: str) -> StoredArticle:
        return StoredArticle(
            article.id,
            article.source,
            file,
            article.content_hash,
            self._pipeline,
            article.title,
            article.outlet,
            article.published,
        )


def _words(
    article: Article, sentences: Sequence[Sentence], passages: Sequence[Passage]
) -> tuple[str, list[str], list[str]]:
    """What an article says, wherever in its text that stands."""
    return (
        fold(article.title or ""),
        [reading_text(article, s.start, s.end) for s in sentences],
        [reading_text(article, p.start, p.end) for p in passages],
    )
