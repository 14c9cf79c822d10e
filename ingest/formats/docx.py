"""Word documents: the paragraphs and tables of their text, in order.

The zip and the XML are read with the standard library: python-docx inflates whatever the
file declares, and leaves out words that were inserted under tracked changes.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ingest.formats.docx_text import DocumentText
from ingest.formats.part import Part, ReadOptions
from ingest.formats.plain import content_of
from ingest.formats.storable import masthead, text_fault
from ingest.formats.xml_events import Readable, XmlHandler, parse_xml
from rag.errors import RejectedFile

__all__ = ["articles"]

_INFLATED = 5
"""How many times the largest article the XML of its text may be: Word writes marks around it."""
# They take some 4 µs each; a book has a few hundred thousand.
_MOST_ELEMENTS = 2_000_000
_CORE = ("http://purl.org/dc/elements/1.1/ title", "http://purl.org/dc/elements/1.1/ creator")
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
    RuntimeError, OverflowError, KeyError,
)  # fmt: skip


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part]:
    """The text of a Word document, which is one article.

    Its dates are those of the file, not of publication, and are not taken.

    Raises:
        RejectedFile: it is damaged, has a password or no text, or inflates without end.
    """
    content = content_of(file, options.max_mb)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise RejectedFile("an old Word file, or one with a password: save it as .docx without")
    text, core = DocumentText(), _Core()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            where = _Relations()
            _read(package, "_rels/.rels", where, options)
            _read(package, where.document, text, options)
            if where.core in package.namelist():
                _read(package, where.core, core, options)
    except _DAMAGED as exc:
        raise RejectedFile("a damaged Word file: save it anew as .docx") from exc
    fault = text_fault(text.text, options.max_mb)
    if fault:
        raise RejectedFile(fault)
    title, creator = ("".join(core.values.get(name, ())) for name in _CORE)
    yield Part(text.text, masthead(title=title, byline=creator))


def _read(package: zipfile.ZipFile, name: str, handler: XmlHandler, options: ReadOptions) -> None:
    try:
        info = package.getinfo(name)
    except KeyError:
        raise RejectedFile(f"no Word file: it has no {name[:80]!r} inside") from None
    if info.flag_bits & 1:
        raise RejectedFile("a zip with a password: save it without")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RejectedFile("a Word file packed in an unusual way: save it anew as .docx")
    limit = options.max_mb * 1_000_000
    with package.open(info) as stream:
        bounded = _Bounded(stream, _INFLATED * limit, options.max_mb)
        for _ in parse_xml(bounded, handler, limit):
            if isinstance(handler, DocumentText):
                _check(handler, options)


def _check(text: DocumentText, options: ReadOptions) -> None:
    if text.size > options.max_mb * 1_000_000:
        raise RejectedFile(f"larger than {options.max_mb} MB: split it, or raise max_file_mb")
    if text.elements > _MOST_ELEMENTS:
        raise RejectedFile(f"a Word file of more than {_MOST_ELEMENTS:,} elements: split it")


class _Bounded:
    """What a part of the zip holds, counted as it is inflated and not as it is declared."""

    def __init__(self, stream: Readable, most: int, max_mb: int) -> None:
        self._stream, self._left, self._max_mb = stream, most, max_mb

    def read(self, size: int, /) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise RejectedFile(
                f"larger than {_INFLATED * self._max_mb} MB once inflated: split it, or raise"
                " max_file_mb"
            )
        return piece


class _Relations:
    """Where in the package the document and its properties are."""

    def __init__(self) -> None:
        self.document, self.core = "word/document.xml", "docProps/core.xml"

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind, target = attributes.get("Type", ""), attributes.get("Target", "").lstrip("/")
        if name.endswith("Relationship") and kind.endswith("/officeDocument"):
            self.document = target
        elif name.endswith("Relationship") and kind.endswith("/core-properties"):
            self.core = target

    def end(self, name: str) -> None: ...

    def data(self, text: str) -> None: ...


class _Core:
    """The properties that say what the document is called and whose it is."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self._open = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open = name

    def end(self, name: str) -> None:
        self._open = ""

    def data(self, text: str) -> None:
        if self._open in _CORE and len(self.values.setdefault(self._open, [])) < 100:
            self.values[self._open].append(text)
