"""Ingestion: files in, whole articles out, and one outcome for every article.

Files are read, cleaned and split in processes beside this one, embedded many articles at a
time, and each article is stored in one transaction that replaces its old version. The
indexes follow at the end; if the process dies before, they are rebuilt from the library when
next opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from ingest.files import FoundFile, find_files, shown
from ingest.formats.part import ReadOptions
from ingest.parsed import Event, Rules, Task
from ingest.prune import prune_with
from ingest.readers import Readers, read_here
from ingest.report import FileOutcome, FileStatus, IngestReport, Progress
from ingest.run import Run
from ingest.web.events import read_address, shown_address
from ingest.web.fetch import Limits
from ingest.web.visitor import Visitor
from rag.indexes import Indexes
from rag.library import Library
from rag.lock import writer_lock
from rag.settings import Settings

__all__ = ["FileOutcome", "FileStatus", "IngestReport", "Progress", "ingest"]

_FEW = 12
_SMALL = 200_000
_HARMLESS = frozenset({".txt", ".text", ".md", ".markdown"})
"""A few small texts are read at once: a process to read them takes half a second to start."""


def ingest(
    home: Path,
    paths: Sequence[Path],
    settings: Settings,
    *,
    urls: Sequence[str] = (),
    follow: bool = False,
    allow_private: bool = False,
    encoding: str | None = None,
    outlet: str | None = None,
    fields: Mapping[str, str] | None = None,
    prune: bool = False,
    force: bool = False,
    reread: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> IngestReport:
    """Bring files and folders into the library.

    Args:
        home: the library's directory, made if needed.
        paths: files and folders.
        settings: passage sizes, file size limit and threads.
        urls: addresses of web pages and feeds to fetch.
        follow: fetch the pages that feeds link to.
        allow_private: fetch from addresses in a private network too.
        encoding: for files that are not UTF-8.
        outlet: given to articles whose file names none.
        fields: names of columns and keys in tables (see `ingest.formats.part.FIELDS`).
        prune: also remove articles whose file was in one of the folders and is gone, or that
            are not any more in their file.
        force: prune even where most of a folder's articles would go.
        reread: read every file, also those that seem unchanged.
        progress: called before each file, after each article and once at the end.

    Raises:
        NotFound: a path does not exist; or pruning would take most of a folder's articles.
        LibraryBusy: another process is writing.
        LibraryError: the library can't be read or written.
    """
    files = list(find_files(paths))
    urls = list(dict.fromkeys(urls))
    total = len(files) + len(urls)
    options = ReadOptions(settings.max_file_mb, encoding, dict(fields or {}))
    rules = Rules(options, settings.passage_words, settings.overlap_sentences)
    with writer_lock(home), Library(home) as library:
        base = library.generation
        stopped = False
        removed: list[str] = []
        with closing(Run(library, rules, outlet, settings.threads, follow=follow)) as run:

            def tell(done: float, name: str) -> None:
                progress(Progress(done, total, name, run.stored))

            try:
                fresh = [
                    (n, f) for n, f in enumerate(files) if reread or not run.is_unchanged(n, f)
                ]
                tasks = [(n, run.task(f, anew=reread)) for n, f in fresh]
                _read_files(run, tasks, len(files) - len(fresh), settings.threads, tell)
                if urls:
                    limits = Limits(max_mb=settings.max_file_mb)
                    known = run.validators(() if reread else urls)
                    visitor = Visitor(limits, allow_private=allow_private, known=known)
                    for n, url in enumerate(urls, len(files)):
                        name = shown_address(url)
                        tell(n, name)
                        events = read_address(url, visitor, rules, follow=follow)
                        for _ in run.take(n, name, events):
                            tell(n, name)
                run.finish()
                tell(total, "")
                if prune:
                    removed = prune_with(run, paths, files, force=force)
            except KeyboardInterrupt:
                stopped = True
                # What is read takes a few seconds to embed; asked again, it is left.
                with suppress(KeyboardInterrupt):
                    run.stop()
            finally:
                # Also after an error: what was stored is then found at once.
                indexes = Indexes(home, library)
                if library.generation != base or indexes.state() != "current":
                    indexes.catch_up()
            return IngestReport(run.outcomes, tuple(removed), stopped)


def _read_files(
    run: Run,
    tasks: Sequence[tuple[int, Task]],
    passed: int,
    threads: int,
    tell: Callable[[float, str], None],
) -> None:
    """Read files, the first of which comes after so many that were passed over."""
    given = [task for _, task in tasks]
    with ExitStack() as stack:
        reading: Iterable[tuple[Task, Iterator[Event]]]
        if len(given) <= _FEW and all(_is_harmless(task.found) for task in given):
            reading = read_here(given, run.rules)
        else:
            processes = max(1, min(threads, os.cpu_count() or 1, len(given)))
            reading = stack.enter_context(Readers(processes, run.rules)).read(given)
        for done, ((n, task), (_, events)) in enumerate(zip(tasks, reading, strict=True), passed):
            path = task.found.path
            name = shown(path)
            tell(done, name)
            for share in run.take(n, str(path), events):
                tell(done + share, name)


def _is_harmless(found: FoundFile) -> bool:
    try:
        small = found.path.stat().st_size <= _SMALL
    except OSError:
        small = True
    return small and found.path.suffix.lower() in _HARMLESS
