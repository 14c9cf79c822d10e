"""XML as a stream of events, by the standard library's expat, with all dangers left out.

A document type is refused, and with it every entity of the file's own: neither feeds nor
Word need one. Nothing is ever fetched.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Protocol
from xml.parsers import expat

from ingest.formats.charsets import BOMS, charset_named
from rag.errors import RejectedFile

__all__ = ["Readable", "XmlHandler", "parse_xml"]

_CHUNK = 1 << 16
_DEEPEST = 500
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")


class Readable(Protocol):
    """What can be read in pieces."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class XmlHandler(Protocol):
    """What is told of each event. Names are `namespace local`, or `local` without one."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens."""

    def end(self, name: str) -> None:
        """An element closes."""

    def data(self, text: str) -> None:
        """A piece of the text inside the element that is open."""


def parse_xml(
    file: Readable, handler: XmlHandler, most_held: int, encoding: str | None = None
) -> Iterator[None]:
    """Read on, giving control back after every piece of the file.

    Args:
        file: read from where it stands to its end.
        handler: told of what comes.
        most_held: how many bytes of one tag may be held.
        encoding: of a file that declares none and is not UTF-8.

    Raises:
        RejectedFile: it is no XML, or has a document type.
    """
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise RejectedFile(f"XML of more than {_DEEPEST} levels: save it anew")
        handler.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(name)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    fed = 0
    try:
        for text in _decoded(file, encoding):
            parser.Parse(text)
            fed += len(text.encode())
            if fed - parser.CurrentByteIndex > most_held:
                raise RejectedFile(f"XML with a tag longer than {most_held / 1e6:.0f} MB")
            yield
        parser.Parse("", True)
    except expat.ExpatError as exc:
        what = expat.ErrorString(exc.code)
        raise RejectedFile(f"not valid XML (line {exc.lineno:,}: {what}): save it anew") from exc
    except UnicodeError as exc:
        raise RejectedFile(
            f"not valid in its encoding ({exc.encoding}): convert it to UTF-8"
            if isinstance(exc, UnicodeDecodeError)
            else "not valid Unicode: convert it to UTF-8"
        ) from exc
    yield


def _refuse_doctype(*_: object) -> None:
    raise RejectedFile("XML with a document type, which could hide a trap: remove its <!DOCTYPE>")


def _decoded(file: Readable, encoding: str | None) -> Iterator[str]:
    """The text; expat itself knows few encodings."""
    head = file.read(_CHUNK)
    declared = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    named = next((name for bom, name in BOMS if head.startswith(bom)), None)
    if named is None:
        stated = declared[1].decode() if declared else encoding or "utf-8"
        named = charset_named(stated)
        if named is None:
            raise RejectedFile(f"declares the unknown encoding {stated!r}: convert it to UTF-8")
    decoder = codecs.getincrementaldecoder(named)()
    while head:
        yield decoder.decode(head)
        head = file.read(_CHUNK)
    yield decoder.decode(b"", True)
