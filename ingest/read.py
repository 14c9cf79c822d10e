"""Reading a file: which format it has, and the articles in it, their text exactly as read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from ingest.files import FoundFile
from ingest.formats.part import BadPart, Part, ReadOptions
from ingest.formats.plain import EMPTY
from ingest.masthead import Masthead
from ingest.naming import source_of
from rag.errors import RejectedFile

__all__ = ["EXTENSIONS", "Source", "check_place", "read", "read_one"]

_Articles = Callable[[BinaryIO, ReadOptions], Iterator[Part | BadPart]]

_READERS = {
    **dict.fromkeys((".txt", ".text", ".md", ".markdown", ""), "plain"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".pdf": "pdf",
    ".docx": "docx",
    ".eml": "mail",
    ".mbox": "mbox",
    **dict.fromkeys((".jsonl", ".ndjson"), "json_lines"),
    ".json": "json_file",
    **dict.fromkeys((".csv", ".tsv"), "separated"),
    **dict.fromkeys((".rss", ".atom", ".xml"), "feeds"),
}
"""The module in `ingest.formats` that reads files of an extension. Each is imported when it is
needed: some libraries take long to import, and most collections are text."""
EXTENSIONS = frozenset(_READERS)
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a Word, EPUB or zip file under another name"),
    (b"\xd0\xcf\x11\xe0", "an old Word file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x1f\x8b", "a compressed file"),
)
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE
)
_MAILBOX = re.compile(rb"From [^\n]{1,200}\n[\w-]+:")
_INFLATED = 100
"""A compressed file of many articles may become so many times `max_file_mb` in all."""


@dataclass(frozen=True, slots=True)
class Source:
    """An article's text and what the format of its file states about it."""

    path: Path | str
    """Of its file; its address, if it is from the web."""
    text: str
    stated: Masthead = field(default_factory=Masthead)
    key: str | None = None
    """Names it in a file that holds several."""

    @property
    def name(self) -> str:
        """Where it is from, as it is stored."""
        return source_of(str(self.path), self.key)


def read(found: FoundFile, options: ReadOptions) -> Iterator[tuple[Source | BadPart, float]]:
    """The articles of a file, one by one, with the share of the file read so far (0 to 1).

    Raises:
        RejectedFile: the file can't be taken, or not from here on; the message says why and
            what to do.
    """
    path = found.path
    check_place(found)
    try:
        with path.open("rb") as file:
            suffix = path.suffix.lower()
            stream = file
            if suffix == ".gz":
                stream, suffix = _inflated(path, file, options)
            articles = _reader_for(stream, suffix, named=found.root is None)
            size = max(path.stat().st_size, 1)
            empty = True
            for part in articles(stream, options):
                empty = False
                one = part if isinstance(part, BadPart) else _source(path, part)
                yield one, min(file.tell() / size, 1.0)
    except OSError as exc:
        raise RejectedFile(f"can't be read ({exc.strerror}): check its permissions") from exc
    if empty:
        raise RejectedFile("no article in it: check the file")


def read_one(path: Path, options: ReadOptions | None = None) -> Source:
    """The one article of a file that the user named.

    Raises:
        RejectedFile: the file can't be taken, or holds several articles.
    """
    sources = [one for one, _ in read(FoundFile(path, None), options or ReadOptions())]
    if len(sources) != 1 or isinstance(sources[0], BadPart):
        raise RejectedFile(f"{len(sources)} articles in it, not one: name a file of one article")
    return sources[0]


def _source(path: Path, part: Part) -> Source:
    return Source(path, part.text, part.stated, part.key)


def check_place(found: FoundFile) -> None:
    """See that there is a file that may be read.

    Raises:
        RejectedFile: there is not; the message says why and what to do.
    """
    path = found.path
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise RejectedFile("its name is not valid UTF-8: rename it") from None
    try:
        if path.is_symlink():
            _check_link(found)
        if path.is_dir():
            raise RejectedFile("a folder that can't be opened: check its permissions")
        if not path.is_file():
            raise RejectedFile("not a file; name a file or a folder")
        if path.stat().st_size == 0:
            raise RejectedFile(EMPTY)
    except OSError as exc:
        raise RejectedFile(f"can't be read ({exc.strerror}): check its permissions") from exc


def _check_link(found: FoundFile) -> None:
    path = found.path
    # A link that leads to itself can't be resolved: it leads to nothing.
    target = None
    with suppress(OSError, RuntimeError):
        target = path.resolve(strict=True)
    if target is None:
        raise RejectedFile("a link to nothing: remove it, or put the file back")
    if found.root is None:
        return
    if target.is_dir():
        raise RejectedFile("a link to a folder: name that folder itself")
    if not target.is_relative_to(found.root.resolve()):
        raise RejectedFile("a link that leads out of the folder: name the file itself")


def _named(suffix: str) -> str:
    """An extension as a reason can show it: names may hold codes that terminals obey."""
    plain = "".join(c if c.isprintable() else repr(c)[1:-1] for c in suffix)
    return plain if len(plain) <= 20 else f"{plain[:20]}…"


def _inflated(path: Path, file: BinaryIO, options: ReadOptions) -> tuple[BufferedReader, str]:
    from ingest.formats.packed import open_gzip  # noqa: PLC0415

    suffix = Path(path.stem).suffix.lower()
    many = _READERS.get(suffix) in ("json_lines", "json_file", "separated", "mbox", "feeds")
    most = options.max_mb * 1_000_000 * (_INFLATED if many else 1)
    return open_gzip(file, most), suffix


def _reader_for(stream: BufferedReader, suffix: str, *, named: bool) -> _Articles:
    """The reader for a file, by its extension and how it begins."""
    head = stream.peek(1000)[:1000]
    if suffix not in _READERS and not named:
        raise RejectedFile(
            f"not a type that is read ({_named(suffix)}): convert it to .txt, .md or .html, or name"
            " the file itself if it is plain text"
        )
    reader = _READERS.get(suffix, "plain")
    if head.startswith(b"%PDF"):
        reader = "pdf"
    elif reader in ("plain", "html"):
        for start, what in _OTHER_FORMATS:
            if head.startswith(start):
                raise RejectedFile(f"{what}, not text: convert it to .txt, .md or .html")
        if _PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
            reader = "html"
        elif suffix == "" and _MAILBOX.match(head):
            reader = "mbox"
    elif reader == "feeds" and _PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        reader = "html"
    articles: _Articles = import_module(f"ingest.formats.{reader}").articles
    return articles
