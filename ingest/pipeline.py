"""Ingestion: files in, whole articles out, and one outcome for every file.

Each article is read, split and embedded before anything is written, then stored in one
transaction that replaces its old version. The indexes follow at the end; if the process
dies before, they are rebuilt from the library when next opened.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from ingest.article import parse
from ingest.read import find_files, read
from ingest.split import passages_of, sentences_of, with_sentence_furniture
from rag.article_vectors import vectors_of
from rag.embed import MODEL_SHA256, Embedder
from rag.errors import NotFound, RejectedFile
from rag.indexes import Indexes
from rag.library import ArticleVectors, Library, StoredArticle
from rag.lock import writer_lock
from rag.settings import Settings
from rag.types import Article

__all__ = ["FileOutcome", "FileStatus", "IngestReport", "Progress", "ingest"]

PIPELINE = 2
"""Goes up when reading, marking or splitting changes, so that unchanged files are redone."""

FileStatus = Literal["ingested", "unchanged", "updated", "duplicate", "rejected"]


class FileOutcome(NamedTuple):
    """What became of one file."""

    path: str
    """Absolute; bytes of a name that are not UTF-8 are written as `\\xff`."""
    status: FileStatus
    reason: str | None
    """For `rejected`, `duplicate` and a move: one clause for people."""
    article: Article | None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of all of them. `found` is always the sum of the five statuses."""

    files: tuple[FileOutcome, ...]
    removed: tuple[str, ...]
    """Sources of the articles removed by `prune`."""
    stopped: bool = False
    """Whether the user stopped it before the end; what is done is kept."""

    def count(self, status: FileStatus) -> int:
        """How many files had this outcome."""
        return sum(outcome.status == status for outcome in self.files)


class Progress(NamedTuple):
    """Where a run stands."""

    done: int
    total: int
    path: str


def ingest(
    home: Path,
    paths: Sequence[Path],
    settings: Settings,
    *,
    encoding: str | None = None,
    outlet: str | None = None,
    prune: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> IngestReport:
    """Bring files and folders into the library.

    Args:
        home: the library's directory, made if needed.
        paths: files and folders.
        settings: passage sizes, file size limit and threads.
        encoding: for files that are not UTF-8.
        outlet: given to articles whose file names none.
        prune: also remove articles whose file was in one of the folders and is gone.
        progress: called before each file and once at the end.

    Raises:
        NotFound: a path does not exist.
        LibraryBusy: another process is writing.
        LibraryError: the library can't be read or written.
    """
    files = list(find_files(paths))
    if prune and not files:
        raise NotFound(
            "There are no files in what was named, so nothing was removed; check that the folder"
            " is the right one and its disk is there."
        )
    with writer_lock(home), Library(home) as library:
        run = _Run(library, settings, encoding, outlet, {p.absolute() for p in paths})
        base = library.generation
        stopped = False
        outcomes: list[FileOutcome] = []
        removed: list[str] = []
        try:
            for n, file in enumerate(files):
                progress(Progress(n, len(files), _shown(file)))
                outcomes.append(run.take(file))
            progress(Progress(len(files), len(files), ""))
            if prune:
                removed = run.prune(paths, files)
        except KeyboardInterrupt:
            stopped = True
        finally:
            # Also after an error: what was stored is then found at once.
            if library.generation != base or Indexes(home, library).state() != "current":
                Indexes(home, library).catch_up(base, run.added, run.gone)
        return IngestReport(tuple(outcomes), tuple(removed), stopped)


class _Run:
    """One run's state: what the library holds, and what changed."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        encoding: str | None,
        outlet: str | None,
        named: set[Path],
    ) -> None:
        self._library = library
        self._settings = settings
        self._encoding = encoding
        self._outlet = outlet
        self._named = named
        self._embedder: Embedder | None = None
        self._by_source = {row.source: row for row in library.stored()}
        self._by_content = {row.content_hash: row for row in library.stored()}
        facts = (PIPELINE, settings.passage_words, settings.overlap_sentences, MODEL_SHA256)
        self._pipeline = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
        self._ids = {row.id for row in library.stored()}
        self.added: list[str] = []
        self.gone: list[str] = []

    def take(self, file: Path) -> FileOutcome:
        """Read one file and store what is new about it."""
        old = self._by_source.get(str(file))
        try:
            source = read(
                file, self._settings.max_file_mb, self._encoding, named=file in self._named
            )
            article = parse(source)
        except RejectedFile as exc:
            return FileOutcome(_shown(file), "rejected", str(exc), None)
        except Exception as exc:  # a page that breaks a parser must not stop the others
            reason = f"could not be understood ({type(exc).__name__}): save it as plain text"
            return FileOutcome(_shown(file), "rejected", reason, None)
        same = self._by_content.get(article.content_hash)
        if same and same.source != str(file) and (not old or old != same):
            return self._copy(file, article, same, old)
        stored = self._library.article(old.id) if old else None
        if article.outlet is None:
            # A name given in an earlier run stays until another is given.
            earlier = stored.outlet if stored else None
            article = replace(article, outlet=self._outlet or earlier)
        if old and stored:
            # What a person put right is right whatever the file says.
            article = self._library.corrections(old.id).applied(article)
            same_pipeline = old.pipeline_hash == self._pipeline
            if same_pipeline and (stored.text, stored.outlet) == (article.text, article.outlet):
                return FileOutcome(_shown(file), "unchanged", None, stored)
            article = replace(article, id=old.id)
        else:
            article = replace(article, id=self._free_id(article.id))
        article = replace(article, skipped=with_sentence_furniture(article))
        vectors = self._vectors_of(article)
        if vectors is None:
            reason = "no sentence of an article in it: check the file"
            return FileOutcome(_shown(file), "rejected", reason, None)
        if old:
            self.gone += self._library.passage_ids(old.id)
        self._library.put(article, vectors, self._pipeline)
        self._remember(article, old)
        return FileOutcome(_shown(file), "updated" if old else "ingested", None, article)

    def prune(self, paths: Sequence[Path], files: Sequence[Path]) -> list[str]:
        """Remove the articles of files that were in these folders and are not any more."""
        present = {str(f) for f in files}
        folders = [p.absolute() for p in paths if p.is_dir()]
        lost = [
            row
            for row in self._by_source.values()
            if row.source not in present
            and any(Path(row.source).is_relative_to(folder) for folder in folders)
            and not Path(row.source).exists()
        ]
        for row in lost:
            self.gone += self._library.passage_ids(row.id)
        self._library.remove(row.id for row in lost)
        return [row.source for row in lost]

    def _vectors_of(self, article: Article) -> ArticleVectors | None:
        """Split and embed an article; None where it has no sentence."""
        sentences = sentences_of(article)
        if not sentences:
            return None
        passages = passages_of(
            article, sentences, self._settings.passage_words, self._settings.overlap_sentences
        )
        self._embedder = self._embedder or Embedder(self._settings.threads)
        return vectors_of(article, sentences, passages, self._embedder)

    def _copy(
        self, file: Path, article: Article, same: StoredArticle, old: StoredArticle | None
    ) -> FileOutcome:
        """A file whose very text another file has: the other one moved, or this is a copy."""
        if old:
            self._drop(old)
        if Path(same.source).exists():
            reason = f"the same text as {same.source}"
            return FileOutcome(_shown(file), "duplicate", reason, self._library.article(same.id))
        self._library.move(same.id, article.source)
        self._remember(replace(article, id=same.id), same, added=False)
        reason = f"moved from {same.source}"
        return FileOutcome(_shown(file), "updated", reason, self._library.article(same.id))

    def _drop(self, old: StoredArticle) -> None:
        self.gone += self._library.passage_ids(old.id)
        self._library.remove([old.id])
        del self._by_source[old.source]
        self._forget(old)

    def _remember(self, article: Article, old: StoredArticle | None, added: bool = True) -> None:
        if old:
            self._by_source.pop(old.source, None)
            self._forget(old)
        row = StoredArticle(article.id, article.source, article.content_hash, self._pipeline)
        self._by_source[row.source] = row
        self._by_content[row.content_hash] = row
        self._ids.add(row.id)
        if added:
            self.added.append(article.id)

    def _free_id(self, wanted: str) -> str:
        """The id, or another where an article that has moved and changed took it along."""
        while wanted in self._ids:
            wanted = "a" + hashlib.sha256(wanted.encode()).hexdigest()[:10]
        return wanted

    def _forget(self, old: StoredArticle) -> None:
        if self._by_content.get(old.content_hash) == old:
            del self._by_content[old.content_hash]


def _shown(file: Path) -> str:
    return os.fsencode(file).decode("utf-8", "backslashreplace")
