"""Libraries made for a run: ingested, asked, and thrown away unless they are to be kept."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from eval.beir import BeirSet, gold_of, write_articles
from eval.questions.cases import Gold
from ingest.pipeline import Progress, ingest
from rag.errors import SettingsError
from rag.library import Library, StoredArticle
from rag.settings import Settings

__all__ = ["Collection", "beir_collection", "folder_collection"]

Watch = Callable[[Progress], None]


class Collection(NamedTuple):
    """A library made for a run."""

    home: Path
    seconds: float | None
    """How long ingesting took; None where some of it was there already."""


class Outside(NamedTuple):
    """A set from outside as a library with gold questions."""

    collection: Collection
    gold: Gold
    judgements: Mapping[str, Mapping[str, int]]
    """By question id, the grades of article ids."""


@contextmanager
def folder_collection(
    articles: Path, settings: Settings, work: Path | None, watch: Watch
) -> Iterator[Collection]:
    """A library of a folder's articles.

    Args:
        articles: a file or a folder.
        settings: how to split them.
        work: where to keep the library and go on with it next time; None throws it away.
        watch: told of the progress.

    Raises:
        SettingsError: not one article could be read.
    """
    with _workplace(work) as place:
        _claim(place, articles)
        yield _ingested(place / "home", articles, settings, watch)


@contextmanager
def beir_collection(
    beir: BeirSet, settings: Settings, work: Path | None, watch: Watch
) -> Iterator[Outside]:
    """A library of a retrieval set's documents, with its queries; arguments as above."""
    with _workplace(work) as place:
        _claim(place, beir.folder)
        names = write_articles(beir, place / "articles")
        collection = _ingested(place / "home", place / "articles", settings, watch)
        articles = _articles(collection.home, place / "articles", names)
        # A copy of another document was not stored: that one's file stands for it.
        files = names | {d: Path(row.source).name for d, row in articles.items()}
        judgements = {
            # A document that ingestion rejected is one that is never found.
            q.id: {articles[d].id if d in articles else d: g for d, g in q.relevant.items()}
            for q in beir.queries
        }
        yield Outside(collection, gold_of(beir, files), judgements)


def _ingested(home: Path, articles: Path, settings: Settings, watch: Watch) -> Collection:
    began = time.perf_counter()
    # What has gone from the folder since a kept library was made goes from the library too.
    report = ingest(home, [articles], settings, prune=Library.exists(home), progress=watch)
    if report.stopped:
        raise KeyboardInterrupt
    if all(f.status == "rejected" for f in report.files):
        reason = f": {report.files[0].reason}" if report.files else ""
        raise SettingsError(f"No article could be read from {articles}{reason}.")
    fresh = report.count("unchanged") == 0
    return Collection(home, round(time.perf_counter() - began, 3) if fresh else None)


@contextmanager
def _workplace(work: Path | None) -> Iterator[Path]:
    if work is None:
        with tempfile.TemporaryDirectory(prefix="citewire-") as temporary:
            yield Path(temporary)
        return
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingsError(f"{work} can't be made ({exc.strerror}); name another --work.") from exc
    yield work


def _claim(place: Path, source: Path) -> None:
    """Note what a kept library was made of; another folder's articles must not get mixed in."""
    mark, wanted = place / "made-of.txt", str(source.absolute())
    try:
        made_of = mark.read_text(encoding="utf-8") if mark.exists() else wanted
        mark.write_text(wanted if made_of == wanted else made_of, encoding="utf-8")
    except OSError as exc:
        raise SettingsError(
            f"{place} can't be used ({exc.strerror}); name another --work."
        ) from exc
    if made_of != wanted:
        raise SettingsError(f"{place} holds a library of {made_of}; name another --work.")


def _articles(home: Path, folder: Path, names: Mapping[str, str]) -> dict[str, StoredArticle]:
    """Articles by document id; a copy of another document has that one's."""
    with Library(home) as library:
        stored = library.stored()
    by_source = {row.source: row for row in stored}
    by_content = {row.content_hash: row for row in stored}
    found: dict[str, StoredArticle] = {}
    for document, name in names.items():
        path = (folder / name).absolute()
        row = by_source.get(str(path))
        if row is None:
            row = by_content.get(hashlib.sha256(path.read_bytes()).hexdigest())
        if row is not None:
            found[document] = row
    return found
