"""From a file to articles, split and ready to be embedded: all that needs no library.

It runs in a process of its own (`ingest.worker`) or, for a few small texts, in the same one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from ingest.article import parse
from ingest.files import FoundFile, digest_of, stamp_of
from ingest.formats.part import BadPart, ReadOptions
from ingest.read import Source, check_place, read
from ingest.split import passages_of, sentences_of, with_sentence_furniture
from rag.errors import RejectedFile
from rag.types import Article, Passage, Sentence

__all__ = ["Event", "FileRead", "Parsed", "Rejected", "Rules", "Task", "parsed", "parsed_articles"]

_TRIES = 3
_SETTLES_S = 0.3
"""A file that is being written is read again after so long."""
_NEW_S = 2.0
"""A file written so short before it is read may be written again without its times telling."""

_MOST_LINES = 100_000
"""Of one article. They take up to 0.2 ms each, and what takes a minute is given up."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides how files are read and split."""

    options: ReadOptions
    passage_words: int
    overlap_sentences: int


class Task(NamedTuple):
    """A file to be read."""

    found: FoundFile
    digest: str = ""
    """With these bytes it need not be read."""


class Parsed(NamedTuple):
    """An article of the file."""

    article: Article
    """Its id is provisional."""
    sentences: tuple[Sentence, ...]
    passages: tuple[Passage, ...]
    key: str | None
    share: float
    """How much of the file is read with it, 0 to 1."""


class Rejected(NamedTuple):
    """The file can't be taken, or not from here on. The last event of a file."""

    reason: str


class FileRead(NamedTuple):
    """The file has been read to its end, or need not be. The last event of a file."""

    digest: str
    """SHA-256 of its bytes; empty where it was written to while it was read."""
    stamp: str
    """What it is known again by; empty where that can't be trusted."""
    same: bool = False
    """Whether it is byte for byte what the task said, so that it was not read."""
    changed: bool = False
    """Whether it was written to while it was read."""


Event = Parsed | BadPart | Rejected | FileRead


def parsed_articles(task: Task, rules: Rules) -> Iterator[Event]:
    """The articles of a file, then how it ended.

    A file of one article that changes while it is read is read again, and rejected if it
    does not come to rest.
    """
    for attempt in range(_TRIES):
        first: Event | None = None
        several = False
        for event in _read_once(task, rules):
            if isinstance(event, FileRead) and event.changed and not several:
                break
            if first is not None:
                several = True
                yield first
            first = event
        else:
            if first is not None:
                yield first
            return
        if attempt + 1 < _TRIES:
            time.sleep(_SETTLES_S)
    yield Rejected("it was being written while it was read: ingest it again when that is done")


def _read_once(task: Task, rules: Rules) -> Iterator[Event]:
    path = task.found.path
    try:
        check_place(task.found)
        before = stamp_of(path)
        with path.open("rb") as file:
            digest = digest_of(file)
        if digest == task.digest:
            yield FileRead(digest, "" if _is_new(path) else before, same=True)
            return
        for part, share in read(task.found, rules.options):
            if isinstance(part, BadPart):
                yield part
            else:
                yield parsed(part, share, rules)
    except RejectedFile as exc:
        yield Rejected(str(exc))
        return
    except TimeoutError:  # nltk's, whose patterns have so long; a disk's has a number
        yield Rejected("takes too long to read: split it, or save it as plain text")
        return
    except OSError as exc:
        yield Rejected(f"can't be read ({exc.strerror}): check its permissions")
        return
    except MemoryError:
        yield Rejected("takes too much memory to read: split it, or save it as plain text")
        return
    except Exception as exc:  # a page that breaks a parser must not stop the others
        yield Rejected(f"could not be understood ({type(exc).__name__}): save it as plain text")
        return
    changed = stamp_of(path) != before
    if changed:
        # Neither is of what was read, which may be some of the old and some of the new.
        yield FileRead("", "", changed=True)
    else:
        yield FileRead(digest, "" if _is_new(path) else before)


def parsed(source: Source, share: float, rules: Rules) -> Parsed | BadPart:
    """An article cleaned and split; what breaks that is no more than one bad article of many.

    Args:
        source: as read.
        share: see `Parsed`.
        rules: how it is split.
    """
    try:
        _check_lines(source.text)
        article = parse(source)
        article = replace(article, skipped=with_sentence_furniture(article))
        sentences = sentences_of(article)
    except MemoryError:
        raise
    except RejectedFile as exc:
        if source.key is None:
            raise
        return BadPart(str(exc), source.key)
    except Exception as exc:
        if source.key is None:
            raise
        reason = f"could not be understood ({type(exc).__name__}): save it as plain text"
        return BadPart(reason, source.key)
    if not sentences:
        return BadPart("no sentence of an article in it: check the file", source.key)
    passages = passages_of(article, sentences, rules.passage_words, rules.overlap_sentences)
    return Parsed(article, sentences, passages, source.key, share)


def _check_lines(text: str) -> None:
    if max(map(text.count, "\n\r\u2028\u2029")) <= _MOST_LINES:
        return
    if sum(not line.isspace() for line in text.splitlines(keepends=True)) > _MOST_LINES:
        raise RejectedFile(f"an article of more than {_MOST_LINES:,} lines: split it")


def _is_new(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < _NEW_S
    except OSError:
        return True
