"""The memory of files: what each was like when it was last read, and whether that still holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path

from ingest.catalogue import Catalogue
from ingest.files import stamp_of
from ingest.parsed import FileRead, Rules
from ingest.web.events import known_by
from ingest.web.fetch import Validators
from rag.embed import MODEL_SHA256
from rag.library import Library
from rag.library_files import Other, ReadFile

__all__ = ["PIPELINE", "KnownFiles", "pipeline_hash", "reading_hash"]

PIPELINE = 3
"""Goes up when reading, marking or splitting changes, so that unchanged files are redone."""


class KnownFiles:
    """The files of earlier runs, and those of this one once they are noted."""

    def __init__(self, library: Library, catalogue: Catalogue, reading: str) -> None:
        """Look up all files.

        Args:
            library: remembers them.
            catalogue: of its articles.
            reading: see `reading_hash`; files read otherwise are as good as unknown.
        """
        self._library = library
        self._catalogue = catalogue
        self._reading = reading
        self._files = library.files()
        self._notes: list[tuple[ReadFile, Sequence[Other]]] = []

    def known(self, file: str) -> ReadFile:
        """What is remembered of a file that was said to be what it was."""
        return self._files[file]

    def usable(self, file: str) -> ReadFile | None:
        """What is remembered of a file, where that still tells what became of it."""
        known = self._files.get(file)
        if known is None or known.reading != self._reading:
            return None
        # A copy is one only as long as the file that has its text is there and is as it was.
        for other in known.others:
            if other.status == "duplicate":
                same = self._catalogue.like(other.content_hash)
                if same is None or not ("://" in same.file or self.is_as_it_was(same.file)):
                    return None
        if not known.others and not self._catalogue.of(file):
            return None
        return known

    def is_as_it_was(self, file: str) -> bool:
        """Whether a file has not been written to since it was read."""
        known = self._files.get(file)
        return known is not None and known.stamp != "" and known.stamp == stamp_of(Path(file))

    def was_rejected(self, file: str, key: str | None) -> bool:
        """Whether that article of a file was a bad one before."""
        known = self._files.get(file)
        others = known.others if known else ()
        return any(other.key == key and other.status == "rejected" for other in others)

    def validators(self, urls: Sequence[str], *, follow: bool) -> dict[str, Validators]:
        """What addresses that were read before are known again by."""
        found: dict[str, Validators] = {}
        for url in urls:
            known = self.usable(url)
            if known is not None and known.stamp:
                found[known_by(url, follow=follow)] = Validators(*json.loads(known.stamp))
        return found

    def note(self, file: str, read: FileRead, others: Sequence[Other]) -> None:
        """Remember a file that was read, once `save` is called.

        Args:
            file: its path, or its address.
            read: how it ended.
            others: what became of articles that are not stored; more may be added until then.
        """
        known = ReadFile(file, read.stamp, read.digest, self._reading)
        self._notes.append((known, others))

    def note_same(self, known: ReadFile, read: FileRead) -> None:
        """Remember a file that turned out to be what it was."""
        if read.stamp:
            self._notes.append((known._replace(stamp=read.stamp), known.others))

    def save(self, but: Collection[str] = ()) -> None:
        """Store what was noted, but for these files, which are to be read again."""
        notes, self._notes = self._notes, []
        if notes:
            self._library.note(
                known._replace(others=tuple(others))
                for known, others in notes
                if known.path not in but
            )


def pipeline_hash(rules: Rules) -> str:
    """Changes with everything but the file that decides what is stored of an article."""
    facts = (PIPELINE, rules.passage_words, rules.overlap_sentences, MODEL_SHA256)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def reading_hash(rules: Rules, outlet: str | None, *, follow: bool) -> str:
    """Changes with everything but its bytes that decides what becomes of a file."""
    options = rules.options
    facts = (pipeline_hash(rules), options.encoding, sorted(options.fields.items()), outlet, follow)
    return hashlib.sha256(repr((*facts, options.max_mb)).encode()).hexdigest()[:16]
