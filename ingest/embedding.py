"""Embedding of many articles at once, beside the reading of the next."""

from __future__ import annotations

from collections import deque
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
        self._running: deque[Future[list[Embedded]]] = deque()
        self._embedded: deque[Embedded] = deque()
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
            # The next articles are embedded while those before them are stored.
            self._settle(left=1)

    def finish(self) -> None:
        """Embed and store what is left. Broken off, it can be called again."""
        self._start()
        self._settle(left=0)

    def _start(self) -> None:
        if self._waiting:
            self._running.append(self._pool.submit(self._embed, self._waiting))
            self._waiting, self._words = [], 0

    def _settle(self, left: int) -> None:
        """Store what is embedded, until no more than so many batches are left."""
        while self._embedded or len(self._running) > left:
            # Let go only once it is stored: Ctrl-C comes at any moment, and a file whose articles
            # were lost here would pass for read. To store one twice does no harm.
            while self._embedded:
                self._store(self._embedded[0])
                self._embedded.popleft()
            if len(self._running) > left:
                self._embedded.extend(self._running[0].result())
                self._running.popleft()

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
