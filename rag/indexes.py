"""The two derived indexes, kept in step with the library or rebuilt from it.

`index/current.json` names the folder in use, the library's identity and generation it
was made from, and whether it was closed cleanly. Only a clean folder of the library's
very generation is ever opened; in any doubt a new one is built beside it and published by
renaming the mark. No re-embedding is needed: the vectors are in the library.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import LibraryBusy, LibraryError
from rag.index_exact import ExactVectors
from rag.index_vectors import VectorDocument, VectorIndex
from rag.index_words import WordDocument, WordIndex
from rag.library import Library
from rag.lock import writer_lock
from rag.reading import context_line, reading_text
from rag.types import Article, Filters, Passage

__all__ = ["Indexes", "OpenIndexes", "Unfit", "passage_text"]

FORMAT = 1
"""Goes up when what the indexes hold changes: older ones are then rebuilt."""


class VectorSearch(Protocol):
    """What retrieval needs of a vector index; Chroma's and the exact one have it."""

    def search(
        self, vector: npt.NDArray[np.float32], k: int, filters: Filters
    ) -> list[tuple[str, float]]:
        """The k nearest passage ids with their cosine similarity, best first."""
        ...


class OpenIndexes(NamedTuple):
    """Both sides of hybrid retrieval."""

    vectors: VectorSearch
    words: WordIndex | None
    """None while another process is building it."""

    def close(self) -> None:
        """Let go of the files."""
        if isinstance(self.vectors, VectorIndex):
            self.vectors.close()


def passage_text(article: Article, passage: Passage) -> str:
    """What the embedder and both indexes are given: title, outlet and date, then the text."""
    text = reading_text(article, passage.start, passage.end)
    context = context_line(article)
    return f"{context}\n{text}" if context else text


class Indexes:
    """The indexes of one library."""

    def __init__(self, home: Path, library: Library) -> None:
        self._root = home / "index"
        self._home = home
        self._library = library

    def state(self) -> str:
        """One word for people: `current`, `stale`, or `missing`."""
        mark = self._mark()
        if mark is None:
            return "missing"
        return "current" if self._is_current(mark) else "stale"

    def open(self, notify: Callable[[str], None] = lambda _: None) -> OpenIndexes:
        """Open the indexes for searching, rebuilding them first where they don't fit.

        While another process writes, vectors are searched exactly in the library.

        Args:
            notify: told, in a sentence, when a rebuild begins.
        """
        try:
            return self.open_current()
        except Unfit as reason:
            try:
                with writer_lock(self._home):
                    # The other process may just have finished.
                    try:
                        return self.open_current()
                    except Unfit:
                        notify(f"The search indexes {reason}: rebuilding them from the library.")
                        self.rebuild()
                    return self.open_current()
            except (LibraryBusy, LibraryError, Unfit):
                # A read-only home, or a writer at work: answer from the library alone.
                return OpenIndexes(ExactVectors(self._library), None)

    def rebuild(self) -> None:
        """Build both indexes anew beside the old ones, then publish them. Needs the lock."""
        name = f"{self._library.generation}-{uuid.uuid4().hex[:8]}"
        folder = self._root / name
        generation = self._library.generation
        try:
            self._fill(folder, [a.id for a in self._library.articles()], [])
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._publish(name, generation)
        for old in self._root.iterdir():
            if old.is_dir() and old.name != name:
                shutil.rmtree(old, ignore_errors=True)

    def catch_up(self, base: int, added: Sequence[str], removed: Sequence[str]) -> None:
        """Bring the indexes to the library's generation. Needs the lock.

        Args:
            base: the generation that the changes start from.
            added: ids of the articles put since then.
            removed: ids of the passages gone since then.
        """
        mark = self._mark()
        if mark is None or not self._is_current(mark, base):
            self.rebuild()
            return
        self._write_mark({**mark, "clean": False})
        try:
            self._fill(self._root / str(mark["folder"]), added, removed)
        except Exception:  # whatever the vendors raise, the library is whole: start over
            self.rebuild()
            return
        self._publish(str(mark["folder"]), self._library.generation)

    def open_current(self) -> OpenIndexes:
        """Open the indexes as they are.

        Raises:
            Unfit: they can't be used; the message completes "the indexes …".
        """
        mark = self._mark()
        if mark is None:
            raise Unfit("do not exist yet")
        if not self._is_current(mark):
            raise Unfit("are behind the library or were not closed cleanly")
        folder = self._root / str(mark["folder"])
        try:
            if not (folder / "chroma" / "chroma.sqlite3").exists():
                raise Unfit("are incomplete")
            vectors, words = VectorIndex(folder / "chroma"), WordIndex(folder / "tantivy")
            held = self._library.counts().passages
            if not vectors.count() == words.count() == held:
                raise Unfit("do not hold what the library holds")
        except Unfit:
            raise
        except Exception as exc:  # vendors raise many kinds; each means the same to us
            raise Unfit(f"can't be opened ({type(exc).__name__})") from exc
        return OpenIndexes(vectors, words)

    # --- inside --------------------------------------------------------------------------

    def _fill(self, folder: Path, added: Iterable[str], removed: Sequence[str]) -> None:
        added = list(added)
        vectors = VectorIndex(folder / "chroma")
        try:
            vectors.update((d for a in added for d in self._vector_documents(a)), removed)
        finally:
            vectors.close()
        words = WordIndex(folder / "tantivy")
        words.update((d for a in added for d in self._word_documents(a)), removed)

    def _word_documents(self, article_id: str) -> Iterator[WordDocument]:
        article = self._library.article(article_id)
        passages = self._library.passages(self._library.passage_ids(article_id))
        for passage in passages.values():
            yield WordDocument(
                passage.id,
                article.id,
                passage_text(article, passage),
                article.outlet or "",
                article.day_number,
            )

    def _vector_documents(self, article_id: str) -> Iterator[VectorDocument]:
        article = self._library.article(article_id)
        passages = self._library.passages(self._library.passage_ids(article_id))
        for passage_id, vector in self._library.vectors([article_id]):
            yield VectorDocument(passages[passage_id], article, vector)

    def _is_current(self, mark: dict[str, object], generation: int | None = None) -> bool:
        wanted = self._library.generation if generation is None else generation
        return (
            mark.get("clean") is True
            and mark.get("format") == FORMAT
            and mark.get("identity") == self._library.identity
            and mark.get("generation") == wanted
        )

    def _mark(self) -> dict[str, object] | None:
        try:
            mark = json.loads((self._root / "current.json").read_text())
        except (OSError, ValueError):
            return None
        return mark if isinstance(mark, dict) else None

    def _publish(self, folder: str, generation: int) -> None:
        self._write_mark(
            {
                "format": FORMAT,
                "folder": folder,
                "identity": self._library.identity,
                "generation": generation,
                "clean": True,
            }
        )

    def _write_mark(self, mark: dict[str, object]) -> None:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            new = self._root / "current.json.new"
            with new.open("w") as file:
                json.dump(mark, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._root / "current.json")
        except OSError as exc:
            raise LibraryError(
                f"The search indexes in {self._root} can't be written ({exc.strerror})."
            ) from exc


class Unfit(Exception):
    """Why the indexes can't be used as they are."""
