"""Embedding of many articles at once, beside the reading of the next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from rag.article_vectors import vectors_of
from rag.closing import Closing
from rag.embed import Embedder
from rag.library import ArticleVectors
from rag.types import Article, Passage, Sentence

__all__ = ["WORDS", "Embedded", "Embedding", "Waiting"]

WORDS = 5_000
"""Articles are embedded once so many words wait: enough to keep every core busy to the end, and
so few that stopping takes a few seconds."""


class Waiting(NamedTuple):
    """An article that waits to be embedded."""

    article: Article
    sentences: tuple[Sentence, ...]
    passages: tuple[Passage, ...]
    file: str


class Embedded(NamedTuple):
    """An article that can be stored."""

    waiting: Waiting
    vectors: ArticleVectors


class Embedding(Closing):
    """Embeds what is added, in order, while the caller goes on. Use it as a context manager."""

    def __init__(self, threads: int, store: Callable[[Embedded], None]) -> None:
        """Make no embedder before one is needed.

        Args:
            threads: processor threads to embed with.
            store: called in the caller's own thread, in the order of what was added.
        """
        self._threads = threads
        self._store = store
        self._embedder: Embedder | None = None
        self._waiting: list[Waiting] = []
        self._words = 0
        self._pool = ThreadPoolExecutor(1)
        self._running: Future[list[Embedded]] | None = None
        self._stopped = False

    def close(self) -> None:
        """Drop what waits and what is being embedded."""
        self._stopped = True
        self._pool.shutdown(cancel_futures=True)

    def add(self, waiting: Waiting) -> None:
        """Take an article; now and then this stores those before it."""
        self._waiting.append(waiting)
        self._words += len(waiting.article.text.split())
        if self._words >= WORDS:
            self._start()

    def finish(self) -> None:
        """Embed and store what is left."""
        self._start()
        self.settle()

    def settle(self) -> None:
        """Store what is embedded; what waits goes on waiting."""
        if self._running is not None:
            running, self._running = self._running, None
            for embedded in running.result():
                self._store(embedded)

    def _start(self) -> None:
        batch, self._waiting, self._words = self._waiting, [], 0
        before, self._running = self._running, None
        if batch:
            self._running = self._pool.submit(self._embed, batch)
        # The next articles are embedded while these are stored.
        for embedded in before.result() if before is not None else ():
            self._store(embedded)

    def _embed(self, batch: list[Waiting]) -> list[Embedded]:
        self._embedder = self._embedder or Embedder(self._threads)
        # Article by article: a text's vector depends a little on those it is embedded with, and
        # an article's must not depend on which others were ingested with it.
        return [
            Embedded(w, vectors_of(w.article, w.sentences, w.passages, self._embedder, self._go_on))
            for w in batch
        ]

    def _go_on(self, _: int) -> None:
        if self._stopped:
            raise InterruptedError
