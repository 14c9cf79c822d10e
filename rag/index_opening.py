"""Opening a folder of indexes, and what stands in for one that can't be opened."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rag.index_exact import ExactVectors
from rag.index_faults import Unfit, unfit
from rag.index_files import DATABASE, altered, record_opened
from rag.index_probe import probed
from rag.index_vectors import VectorIndex
from rag.index_words import WordIndex
from rag.library import Library
from rag.lock import InUse, opening
from rag.types import Filters

__all__ = ["OpenIndexes", "VectorSearch", "instead", "opened", "told_of"]


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
    """None while there is no word index that could be opened."""
    use: InUse | None = None
    """Keeps their folder from being removed."""

    @property
    def whole(self) -> bool:
        """Whether they are the indexes, and not what stands in for them."""
        return isinstance(self.vectors, VectorIndex) and self.words is not None

    def close(self) -> None:
        """Let go of the files."""
        if isinstance(self.vectors, VectorIndex):
            self.vectors.close()
        if self.use is not None:
            self.use.close()


def opened(home: Path, folder: Path, library: Library, use: InUse) -> OpenIndexes:
    """Open a published folder, once it is known to be as it was written.

    Args:
        home: the library's directory.
        folder: of the indexes.
        library: that they belong to.
        use: of the folder, by whoever asks.

    Raises:
        Unfit: it can't be used; the message completes "the indexes …".
    """
    with opening(folder) as certain, unfit("can't be opened"):
        found = altered(folder)
        if found == [DATABASE]:
            # Whoever opened it last died, or was not Citewire.
            fault = probed(home, folder)
            if fault:
                raise Unfit(fault)
        elif found:
            raise Unfit(told_of(found))
        vectors, words = VectorIndex(folder / "chroma"), WordIndex(folder / "tantivy")
        try:
            held = library.counts().passages
            if not vectors.count() == words.count() == held:
                raise Unfit("do not hold what the library holds")
            # Reads the graph now, while nobody can remove it.
            for _, vector in library.vectors():
                vectors.search(vector, 1, Filters())
                break
            if certain:
                record_opened(folder)
        except BaseException:
            vectors.close()
            raise
        return OpenIndexes(vectors, words, use)


def instead(folder: Path | None, library: Library) -> OpenIndexes:
    """The library's own vectors, and the words where they alone can be opened.

    Args:
        folder: of the library's indexes, if there are any.
        library: what is searched.
    """
    words = None
    if folder and not [n for n in altered(folder, thorough=True) if n.startswith("tantivy/")]:
        with suppress(Unfit), unfit("can't be opened"):
            words = _words_of(folder / "tantivy")
    return OpenIndexes(ExactVectors(library), words)


def told_of(files: list[str]) -> str:
    """What is said of files that are not as they were written."""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"are damaged ({files[0]}{more} is not as it was written)"


def _words_of(folder: Path) -> WordIndex:
    if os.access(folder, os.W_OK):
        return WordIndex(folder)
    # Tantivy locks a file even to read; once open, it needs the files no more by name.
    with TemporaryDirectory(prefix="citewire-", ignore_cleanup_errors=True) as copy:
        for path in folder.iterdir():
            # Without its permissions, which let nobody write.
            shutil.copyfile(path, Path(copy) / path.name)
        return WordIndex(Path(copy))
