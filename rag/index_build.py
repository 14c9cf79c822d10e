"""Making a folder of indexes from the library. Nobody sees it before it is published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from rag.errors import LibraryError
from rag.index_check import fault_of
from rag.index_documents import documents_of
from rag.index_faults import Unfit, unfit
from rag.index_files import record
from rag.index_vectors import VectorIndex, is_whole
from rag.index_words import WordIndex
from rag.library import Library
from rag.library_digest import Held
from rag.lock import opening

__all__ = ["Contents", "Progress", "build", "follow", "read_contents"]

Progress = Callable[[int, int], None]
"""Told how many passages of how many are done."""

_BATCH = 1000
_SAMPLE = 25
"""Passages that are searched for before anything is published: 0.1 s."""
_NAME = "contents.json"


class Contents(NamedTuple):
    """What a folder of indexes holds."""

    articles: Mapping[str, Held]
    taken_out: int = 0
    """Passages that were taken out since it was made: Chroma's graph keeps them."""


def read_contents(folder: Path) -> Contents | None:
    """None where it can't be read."""
    try:
        read = json.loads((folder / _NAME).read_text())
        articles = {i: Held(digest, tuple(ids)) for i, (digest, ids) in read["articles"].items()}
        return Contents(articles, int(read["taken_out"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def build(folder: Path, library: Library, held: Mapping[str, Held], progress: Progress) -> None:
    """Make indexes of the whole library.

    Args:
        folder: is made.
        library: what is indexed.
        held: its articles.
        progress: is told how far it is.

    Raises:
        LibraryError: they can't be written, or the library can't be read.
    """
    with _making(folder):
        VectorIndex(folder / "chroma", new=True).close()
        WordIndex(folder / "tantivy", new=True)
        _fill(folder, library, list(held), [], progress)
        _finish(folder, library, Contents(held))


def follow(
    old: Path, folder: Path, library: Library, held: Mapping[str, Held], progress: Progress
) -> None:
    """Make indexes from older ones of the same library, with what changed since.

    Args:
        old: those, which stay as they are.
        folder: is made.
        library: what is indexed.
        held: its articles.
        progress: is told how far it is.

    Raises:
        Unfit: the older ones do not serve; nothing is left of the folder.
        LibraryError: the new ones can't be written, or the library can't be read.
    """
    before = read_contents(old)
    if before is None:
        raise Unfit("do not say what they hold")
    added = [i for i, now in held.items() if before.articles.get(i) != now]
    gone = [p for i, was in before.articles.items() if held.get(i) != was for p in was.passages]
    taken_out = before.taken_out + len(gone)
    total = sum(len(now.passages) for now in held.values())
    if taken_out > total or sum(len(held[i].passages) for i in added) > total / 2:
        raise Unfit("are sooner made anew than brought up to date")
    with _making(folder):
        with opening(old):
            for side in ("chroma", "tantivy"):
                shutil.copytree(old / side, folder / side)
        _fill(folder, library, added, gone, progress)
        _finish(folder, library, Contents(held, taken_out))


@contextmanager
def _making(folder: Path) -> Iterator[None]:
    """Leaves nothing of a folder that could not be made whole."""
    try:
        with unfit("can't be written"):
            folder.mkdir(parents=True)
            yield
    except BaseException as exc:
        shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(exc, Unfit):
            raise
        raise LibraryError(
            f"The search indexes in {folder.parent} {exc}; the articles are safe in the library."
            " Mend that, then see `citewire doctor --fix`."
        ) from exc


def _fill(
    folder: Path, library: Library, added: Sequence[str], gone: Sequence[str], progress: Progress
) -> None:
    total = sum(len(library.passage_ids(article_id)) for article_id in added)
    done = 0
    with (
        closing(VectorIndex(folder / "chroma")) as vectors,
        WordIndex(folder / "tantivy").writing() as words,
    ):
        vectors.remove(gone)
        words.remove(gone)
        for documents in documents_of(library, added, _BATCH):
            progress(done, total)
            vectors.add(documents.vectors)
            words.add(documents.words)
            done += len(documents.words)
    progress(done, total)


def _finish(folder: Path, library: Library, contents: Contents) -> None:
    """Prove what was written, and record what it is like."""
    (folder / _NAME).write_text(
        json.dumps({"articles": contents.articles, "taken_out": contents.taken_out})
    )
    fault = (
        fault_of(folder, library, sample=_SAMPLE)
        if is_whole(folder / "chroma")
        else "were not written whole; is the disk full, or the size of files limited?"
    )
    if fault:
        raise Unfit(fault)
    record(folder)
