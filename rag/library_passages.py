"""What can be read of a library's passages, sentences and their vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.closing import Closing
from rag.database import Database
from rag.errors import LibraryBusy, LibraryError
from rag.types import Passage, Sentence

__all__ = ["LibraryPassages", "sentence_id"]

FloatArray = npt.NDArray[np.float32]


class LibraryPassages(Closing):
    """An open library, as far as passages and sentences go. From any thread.

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

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """The passages of these ids; ids that are not there are left out."""
        found: dict[str, Passage] = {}
        for passage_id in ids:
            rows = self._db.rows(
                "SELECT p.article_id, a.content_hash, s.n, s.start, s.end FROM passages p"
                " JOIN articles a ON a.id = p.article_id JOIN sentences s"
                " ON s.article_id = p.article_id AND s.n BETWEEN p.first AND p.last"
                " WHERE p.id = ? ORDER BY s.n",
                (passage_id,),
            )
            if rows:
                sentences = tuple(Sentence(sentence_id(a, h, n), x, y) for a, h, n, x, y in rows)
                found[passage_id] = Passage(
                    passage_id, rows[0][0], sentences[0].start, sentences[-1].end, sentences
                )
        return found

    def sentences(self, article_id: str) -> tuple[Sentence, ...]:
        """All sentences of an article, in order."""
        rows = self._db.rows(
            "SELECT a.content_hash, s.n, s.start, s.end FROM articles a"
            " JOIN sentences s ON s.article_id = a.id WHERE a.id = ? ORDER BY s.n",
            (article_id,),
        )
        return tuple(Sentence(sentence_id(article_id, h, n), x, y) for h, n, x, y in rows)

    def sentence_vectors(
        self, article_id: str, sentences: Sequence[Sentence]
    ) -> tuple[FloatArray, FloatArray]:
        """Vectors of consecutive sentences of one article, alone and after its title.

        Both float32, (n, 384), unit length.

        Raises:
            LibraryBusy: the article is not any more the one that has these sentences.
        """
        rows = self._db.rows(
            "SELECT vector, titled, start, end FROM sentences"
            " WHERE article_id = ? AND n BETWEEN ? AND ? ORDER BY n",
            (article_id, _position(sentences[0]), _position(sentences[-1])),
        )
        if [row[2:] for row in rows] != [(s.start, s.end) for s in sentences]:
            raise _changed(article_id)
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
        """A passage's vector: float32, (384,), unit length.

        Raises:
            LibraryBusy: the article is not any more the one that has this passage.
        """
        row = self._db.row("SELECT vector FROM passages WHERE id = ?", (passage_id,))
        if row is None:
            raise _changed(passage_id.split(".", 1)[0])
        return np.frombuffer(row[0], dtype=np.float32)

    def contexts(self, article_id: str, sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
        """Of consecutive sentences of one article, each with those before and after it: offsets.

        Raises:
            LibraryBusy: the article is not any more the one that has these sentences.
        """
        first, last = _position(sentences[0]), _position(sentences[-1])
        rows = self._db.rows(
            "SELECT n, start, end FROM sentences WHERE article_id = ? AND n BETWEEN ? AND ?",
            (article_id, first - 1, last + 1),
        )
        places = {n: (start, end) for n, start, end in rows}
        found = [places.get(n) for n in range(first, last + 1)]
        if found != [(s.start, s.end) for s in sentences]:
            raise _changed(article_id)
        return [
            (places.get(n - 1, places[n])[0], places.get(n + 1, places[n])[1])
            for n in range(first, last + 1)
        ]

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


def sentence_id(article_id: str, content_hash: str, n: int) -> str:
    """The id of an article's n-th sentence: it changes when the content does."""
    return f"{article_id}.{content_hash[:8]}.{n}"


def _position(sentence: Sentence) -> int:
    return int(sentence.id.rsplit(".", 1)[1])


def _changed(article_id: str) -> LibraryBusy:
    return LibraryBusy(f"The article {article_id} was changed while it was read; ask again.")
