"""One ingestion at work: what becomes of each article that was read, and of those that are gone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.catalogue import Catalogue
from ingest.embedding import Embedded, Embedding, Waiting
from ingest.files import FoundFile, shown, stamp_of
from ingest.formats.part import BadPart
from ingest.parsed import Event, FileRead, Parsed, Rejected, Rules, Task
from ingest.report import FileOutcome, FileStatus
from ingest.split import renamed
from ingest.web.events import known_by
from ingest.web.fetch import Validators
from rag.embed import MODEL_SHA256
from rag.library import Library, StoredArticle
from rag.library_files import Other, ReadFile
from rag.types import Article

__all__ = ["PIPELINE", "Run", "reading_hash"]

PIPELINE = 3
"""Goes up when reading, marking or splitting changes, so that unchanged files are redone."""

_KEPT = "; what was read of it before is kept"


class Run:
    """One run's state: what the library holds, and what changed."""

    def __init__(
        self, library: Library, rules: Rules, outlet: str | None, threads: int, *, follow: bool
    ) -> None:
        self.rules = rules
        self._library = library
        self._outlet = outlet
        self._catalogue = Catalogue(library)
        self._files = library.files()
        self._pipeline = pipeline_hash(rules)
        self._reading = reading_hash(rules, outlet, follow=follow)
        self._embedding = Embedding(threads, self._store)
        self._notes: list[ReadFile] = []
        self._waiting: dict[str, int] = {}
        self._outcomes: list[tuple[int, FileOutcome]] = []
        self._at = 0
        self._seen: set[str] = set()
        self.added: list[str] = []
        self.gone: list[str] = []
        self.stored = 0

    def close(self) -> None:
        """Drop what is not stored."""
        self._embedding.close()

    @property
    def outcomes(self) -> tuple[FileOutcome, ...]:
        """What became of each file so far, in their order, but for those yet to be stored."""
        waiting = set(self._waiting.values())
        done = [one for n, one in enumerate(self._outcomes) if n not in waiting]
        return tuple(outcome for _, outcome in sorted(done, key=lambda one: one[0]))

    # --- files ---------------------------------------------------------------------------

    def is_unchanged(self, n: int, found: FoundFile) -> bool:
        """Whether a file is as it was when it was last read; if so, tell what is in it.

        Args:
            n: its place among all files.
            found: the file.
        """
        known = self._known(found)
        if known is None or not self._is_as_it_was(known.path):
            return False
        self._at = n
        self._tell_again(known)
        return True

    def task(self, found: FoundFile) -> Task:
        """What has to be read of a file that may have changed."""
        known = self._known(found)
        return Task(found, known.digest if known else "")

    def validators(self, urls: Sequence[str], *, follow: bool) -> dict[str, Validators]:
        """What addresses that were read before are known again by."""
        found: dict[str, Validators] = {}
        for url in urls:
            known = self._usable(url)
            if known is not None and known.stamp:
                found[known_by(url, follow=follow)] = Validators(*json.loads(known.stamp))
        return found

    def take(self, n: int, file: str, events: Iterable[Event]) -> Iterator[float]:
        """Take what was read of a file.

        Args:
            n: its place among all files.
            file: its path, or its address.
            events: as they come.

        Yields:
            How much of it is read, after each article.
        """
        self._at = n
        others: list[Other] = []
        for event in events:
            if isinstance(event, Parsed):
                other = self._take_article(file, event)
                yield event.share
            elif isinstance(event, BadPart):
                other = Other(event.key, "rejected", event.reason)
                if self._catalogue.at(_source(file, event.key)):
                    other = other._replace(reason=event.reason + _KEPT)
                self._tell(file, other)
            elif isinstance(event, Rejected):
                self._reject(file, event.reason)
                return
            else:
                self._end(file, event, others)
                return
            if other is not None:
                others.append(other)

    def finish(self) -> None:
        """Store what waits, and remember what was read."""
        self._embedding.finish()
        if self._notes:
            self._library.note(self._notes)
            self._notes = []

    def lost(self, folders: Sequence[Path], present: Iterable[FoundFile]) -> list[StoredArticle]:
        """Articles whose file has gone from these folders, or that have gone from their file."""
        there = {str(f.path) for f in present}
        return [
            row
            for row in self._catalogue
            if (
                row.file not in there
                and any(Path(row.file).is_relative_to(folder) for folder in folders)
                and not self._catalogue.is_there(row)
            )
            or (row.file in there and row.source != row.file and row.source not in self._seen)
        ]

    def held(self, folder: Path) -> int:
        """How many articles are from files in a folder."""
        return sum(Path(row.file).is_relative_to(folder) for row in self._catalogue)

    def remove(self, rows: Sequence[StoredArticle]) -> None:
        """Take articles out; they can be brought back for a while."""
        for row in rows:
            self.gone += self._library.passage_ids(row.id)
            self._catalogue.drop(row)
        self._library.take_out(row.id for row in rows)

    # --- inside --------------------------------------------------------------------------

    def _known(self, found: FoundFile) -> ReadFile | None:
        return self._usable(str(found.path))

    def _usable(self, file: str) -> ReadFile | None:
        """What is remembered of a file, where that still tells what became of it."""
        known = self._files.get(file)
        if known is None or known.reading != self._reading:
            return None
        # A copy's reason names the file that has its text: that one has to be there still.
        for other in known.others:
            if other.status == "duplicate":
                same = self._catalogue.like(other.content_hash)
                if same is None or not self._is_as_it_was(same.file):
                    return None
        if not known.others and not self._catalogue.of(known.path):
            return None
        return known

    def _is_as_it_was(self, file: str) -> bool:
        known = self._files.get(file)
        return known is not None and known.stamp != "" and known.stamp == stamp_of(Path(file))

    def _tell_again(self, known: ReadFile) -> None:
        bad = {_source(known.path, other.key) for other in known.others}
        for row in self._catalogue.of(known.path):
            self._seen.add(row.source)
            if row.source not in bad:
                self._say(row.source, "unchanged", None, row)
        for other in known.others:
            self._tell(known.path, other)

    def _tell(self, file: str, other: Other, article: StoredArticle | None = None) -> None:
        source = _source(file, other.key)
        self._seen.add(source)
        if other.status == "duplicate":
            same = article or self._catalogue.like(other.content_hash)
            self._say(source, "duplicate", other.reason, same)
        else:
            self._say(source, "rejected", other.reason, None)

    def _reject(self, file: str, reason: str) -> None:
        if self._catalogue.of(file):
            reason += _KEPT
            self._seen.update(row.source for row in self._catalogue.of(file))
        self._say(file, "rejected", reason, None)

    def _end(self, file: str, read: FileRead, others: Sequence[Other]) -> None:
        if read.same:
            known = self._files[file]
            self._tell_again(known)
            if read.stamp:
                self._notes.append(known._replace(stamp=read.stamp))
            return
        self._notes.append(ReadFile(file, read.stamp, read.digest, self._reading, tuple(others)))

    def _take_article(self, file: str, parsed: Parsed) -> Other | None:
        """Decide about an article; one that is not stored under its source is returned."""
        article, source = parsed.article, parsed.article.source
        self._seen.add(source)
        old = self._catalogue.at(source)
        same = self._catalogue.like(article.content_hash)
        if same and same.source != source and (not old or old.content_hash != same.content_hash):
            return self._take_copy(file, parsed, same, old)
        if old is not None:
            self._store_waiting(old)
        stored = self._library.article(old.id) if old else None
        if article.outlet is None:
            # A name given in an earlier run stays until another is given.
            earlier = stored.outlet if stored else None
            article = replace(article, outlet=self._outlet or earlier)
        if old and stored:
            # What a person put right is right whatever the file says.
            article = self._library.corrections(old.id).applied(article)
            article = replace(article, id=old.id)
            if old.pipeline_hash == self._pipeline and article == stored:
                self._say(source, "unchanged", None, old)
                return None
            facts = (stored.text, stored.title, stored.skipped)
            if old.pipeline_hash == self._pipeline and facts == (
                article.text,
                article.title,
                article.skipped,
            ):
                self._restate(article, old)
                return None
        else:
            article = replace(article, id=self._catalogue.free_id(article.id))
        if old:
            self.gone += self._library.passage_ids(old.id)
        row = self._row(article, file)
        self._catalogue.add(row)
        self._waiting[article.id] = len(self._outcomes)
        self._say(source, "updated" if old else "ingested", None, row)
        sentences, passages = renamed(article, parsed.sentences, parsed.passages)
        self._embedding.add(Waiting(article, sentences, passages, file))
        return None

    def _take_copy(
        self, file: str, parsed: Parsed, same: StoredArticle, old: StoredArticle | None
    ) -> Other | None:
        """An article whose very text another has: the other one moved, or this is a copy."""
        source = parsed.article.source
        if old:
            self._store_waiting(old)
            self.gone += self._library.passage_ids(old.id)
            self._library.remove([old.id])
            self._catalogue.drop(old)
        if self._catalogue.is_there(same):
            other = Other(
                parsed.key, "duplicate", f"the same text as {same.source}", same.content_hash
            )
            self._tell(file, other, same)
            return other
        self._store_waiting(same)
        self._library.move(same.id, source, file)
        self._catalogue.drop(same)
        row = same._replace(source=source, file=file)
        self._catalogue.add(row)
        self._say(source, "updated", f"moved from {same.source}", row)
        return None

    def _restate(self, article: Article, old: StoredArticle) -> None:
        """Only what is known of an article has changed: its vectors stay."""
        self._library.restate(article)
        self.gone += self._library.passage_ids(article.id)
        self.added.append(article.id)
        row = self._row(article, old.file)
        self._catalogue.add(row)
        self._say(article.source, "updated", None, row)

    def _store_waiting(self, row: StoredArticle) -> None:
        """See that an article of this very run is stored before it is changed again."""
        if row.id in self._waiting:
            self._embedding.finish()

    def _store(self, embedded: Embedded) -> None:
        article, _, _, file = embedded.waiting
        self._library.put(article, embedded.vectors, self._pipeline, file)
        self.added.append(article.id)
        del self._waiting[article.id]
        self.stored += 1

    def _say(
        self, source: str, status: FileStatus, reason: str | None, row: StoredArticle | None
    ) -> None:
        self._outcomes.append((self._at, FileOutcome(shown(source), status, reason, row)))

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


def _source(file: str, key: str | None) -> str:
    """As `ingest.read.Source.name`."""
    return file if key is None else f"{file}#{key}"


def pipeline_hash(rules: Rules) -> str:
    """Changes with everything but the file that decides what is stored of an article."""
    facts = (PIPELINE, rules.passage_words, rules.overlap_sentences, MODEL_SHA256)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def reading_hash(rules: Rules, outlet: str | None, *, follow: bool) -> str:
    """Changes with everything but its bytes that decides what becomes of a file."""
    options = rules.options
    facts = (pipeline_hash(rules), options.encoding, sorted(options.fields.items()), outlet, follow)
    return hashlib.sha256(repr((*facts, options.max_mb)).encode()).hexdigest()[:16]
