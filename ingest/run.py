"""One ingestion at work: what becomes of each article that is read, and of those that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ingest.catalogue import Catalogue
from ingest.files import FoundFile
from ingest.formats.part import BadPart
from ingest.known_files import KnownFiles, pipeline_hash, reading_hash
from ingest.naming import key_of, source_of
from ingest.outcomes import Outcomes
from ingest.parsed import Event, FileRead, Parsed, Rejected, Rules, Task
from ingest.report import FileOutcome
from ingest.storing import Storing
from ingest.web.fetch import Validators
from rag.library import Library, StoredArticle
from rag.library_files import Other, ReadFile

__all__ = ["Run"]

_KEPT = "; what was read of it before is kept"
_MOST_UNDECIDED = 1_000
"""Articles held until all files are read; of more, the next run sees what became of them."""


class _Read(NamedTuple):
    """An article as it was read."""

    file: str
    parsed: Parsed
    place: int
    """Among the outcomes."""
    others: list[Other]
    """Of its file."""


class Run:
    """One run's state: what the library holds, and what was met."""

    def __init__(
        self, library: Library, rules: Rules, outlet: str | None, threads: int, *, follow: bool
    ) -> None:
        self.rules = rules
        self._library = library
        self._follow = follow
        self.catalogue = Catalogue(library)
        reading = reading_hash(rules, outlet, follow=follow)
        self._files = KnownFiles(library, self.catalogue, reading)
        self._outcomes = Outcomes()
        self._storing = Storing(
            library,
            self.catalogue,
            self._outcomes,
            pipeline_hash(rules),
            outlet=outlet,
            threads=threads,
        )
        self._seen: set[str] = set()
        self._to_read: set[str] = set()
        self._ended: set[str] = set()
        self._undecided: dict[str, _Read] = {}
        self._unsure: set[str] = set()

    def close(self) -> None:
        """Drop what is not stored."""
        self._storing.close()

    @property
    def outcomes(self) -> tuple[FileOutcome, ...]:
        """What became of each file so far, in their order, but for those yet to be stored."""
        return self._outcomes.all()

    @property
    def stored(self) -> int:
        """How many articles were embedded and stored."""
        return self._storing.stored

    # --- files ---------------------------------------------------------------------------

    def is_unchanged(self, n: int, found: FoundFile) -> bool:
        """Whether a file is as it was when it was last read; if so, tell what is in it.

        Args:
            n: its place among all files.
            found: the file.
        """
        known = self._files.usable(str(found.path))
        if known is None or not self._files.is_as_it_was(known.path):
            return False
        self._tell_again(n, known)
        return True

    def task(self, found: FoundFile, *, anew: bool) -> Task:
        """What has to be read of a file that may have changed; `anew`, whether it has or not."""
        file = str(found.path)
        self._to_read.add(file)
        known = None if anew else self._files.usable(file)
        return Task(found, known.digest if known else "")

    def validators(self, urls: Sequence[str]) -> dict[str, Validators]:
        """What addresses that were read before are known again by."""
        return self._files.validators(urls, follow=self._follow)

    def take(self, n: int, file: str, events: Iterable[Event]) -> Iterator[float]:
        """Take what was read of a file.

        Args:
            n: its place among all files.
            file: its path, or its address.
            events: as they come.

        Yields:
            How much of it is read, after each article.
        """
        others: list[Other] = []
        for event in events:
            if isinstance(event, Parsed):
                self._take_article(_Read(file, event, self._outcomes.place(n), others))
                yield event.share
            elif isinstance(event, BadPart):
                others.append(self._take_bad(n, file, event))
            elif isinstance(event, Rejected):
                self._reject(n, file, event.reason)
            else:
                self._end(n, file, event, others)

    def finish(self) -> None:
        """Decide what is undecided, store what waits, and remember what was read."""
        for source, read in list(self._undecided.items()):
            self._take_article(read, last=True)
            del self._undecided[source]
        self._storing.finish()
        self._files.save()

    def stop(self) -> None:
        """As `finish`, when not all was read: what is undecided is left to the next run."""
        self._storing.finish()
        self._files.save(but={read.file for read in self._undecided.values()})

    def has_left(self, row: StoredArticle) -> bool:
        """Whether an article is not any more in its file, as far as that was read."""
        met = row.source in self._seen or row.file in self._unsure
        return row.file in self._ended and not met

    def remove(self, rows: Sequence[StoredArticle]) -> None:
        """Take articles out; they can be brought back for a while."""
        self._library.take_out(row.id for row in rows)
        for row in rows:
            self.catalogue.drop(row)

    # --- what is told --------------------------------------------------------------------

    def _tell_again(self, n: int, known: ReadFile) -> None:
        self._ended.add(known.path)
        others = {source_of(known.path, other.key) for other in known.others}
        for row in self.catalogue.of(known.path):
            if row.source not in others:
                self._seen.add(row.source)
                self._outcomes.tell(self._outcomes.place(n), row.source, "unchanged", None, row)
        for other in known.others:
            if other.status == "gone":
                continue
            source = source_of(known.path, other.key)
            self._seen.add(source)
            if other.status == "duplicate":
                self._tell_copy(self._outcomes.place(n), source, other)
            else:
                self._outcomes.tell(self._outcomes.place(n), source, "rejected", other.reason, None)

    def _tell_copy(self, place: int, source: str, other: Other) -> None:
        same = self.catalogue.like(other.content_hash)
        reason = f"the same text as {same.source}" if same else other.reason
        self._outcomes.tell(place, source, "duplicate", reason, same)

    def _take_bad(self, n: int, file: str, bad: BadPart) -> Other:
        source, reason = source_of(file, bad.key), bad.reason
        if self.catalogue.at(source):
            reason += _KEPT
        elif not self._files.was_rejected(file, bad.key):
            # It may be one of those that are not found in the file any more.
            self._unsure.add(file)
        self._seen.add(source)
        self._outcomes.tell(self._outcomes.place(n), source, "rejected", reason, None)
        return Other(bad.key, "rejected", reason)

    def _reject(self, n: int, file: str, reason: str) -> None:
        if rows := self.catalogue.of(file):
            reason += _KEPT
            self._seen.update(row.source for row in rows)
        self._outcomes.tell(self._outcomes.place(n), file, "rejected", reason, None)

    def _end(self, n: int, file: str, read: FileRead, others: list[Other]) -> None:
        if read.same:
            known = self._files.known(file)
            self._tell_again(n, known)
            self._files.note_same(known, read)
        else:
            self._ended.add(file)
            left = [row for row in self.catalogue.of(file) if self.has_left(row)]
            others += [Other(key_of(file, row.source), "gone", "") for row in left]
            self._files.note(file, read, others)

    # --- articles ------------------------------------------------------------------------

    def _take_article(self, read: _Read, *, last: bool = False) -> None:
        """Decide what becomes of an article.

        Args:
            read: the article.
            last: whether all files are read, so that it has to be decided now.
        """
        article, source = read.parsed.article, read.parsed.article.source
        self._seen.add(source)
        old = self.catalogue.at(source)
        same = self.catalogue.like(article.content_hash)
        if same and same.source != source and (not old or old.content_hash != same.content_hash):
            # Another text comes in its place: two files have changed places.
            replaced = same.source in self._undecided and last
            there = False if replaced else self._is_there(same, last=last)
            if there is None and len(self._undecided) < _MOST_UNDECIDED:
                self._undecided[source] = read
                return
            if not replaced:
                self._take_same(read, same, old, moved=there is False)
                return
        self._storing.take(read.parsed, read.file, read.place, old)

    def _is_there(self, row: StoredArticle, *, last: bool) -> bool | None:
        """Whether an article is still where it was; None where that shows later in this run."""
        if row.source in self._undecided:
            return None
        if row.source in self._seen or "://" in row.file:
            return True
        if row.file in self._ended or not self.catalogue.is_there(row):
            return False
        if last or row.file not in self._to_read or self._files.is_as_it_was(row.file):
            return True
        return None

    def _take_same(
        self, read: _Read, same: StoredArticle, old: StoredArticle | None, *, moved: bool
    ) -> None:
        """An article whose very text another has: the other one moved, or this is a copy."""
        if old:
            self._storing.remove(old)
        if moved:
            row = self._storing.move(same, read.parsed.article.source, read.file)
            self._storing.take(read.parsed, read.file, read.place, row, moved_from=same.source)
            return
        reason = f"the same text as {same.source}"
        other = Other(read.parsed.key, "duplicate", reason, same.content_hash)
        read.others.append(other)
        self._tell_copy(read.place, read.parsed.article.source, other)
