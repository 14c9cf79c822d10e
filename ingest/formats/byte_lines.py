"""The lines of a text file of any size, one at a time, each within the size allowed."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, cast

from ingest.formats.charsets import BOMS
from ingest.formats.part import ReadOptions
from ingest.formats.plain import decode
from rag.errors import RejectedFile

__all__ = ["FileLine", "file_lines"]

_CHUNK = 1 << 20
_WIDE = [(bom, name) for bom, name in BOMS if bom != codecs.BOM_UTF8]


class FileLine(NamedTuple):
    """One line."""

    number: int
    """From 1."""
    text: str
    """With its line ending; empty where the line is too long."""
    fault: str | None = None
    """Why it can't be taken; letters that could not be decoded are then replaced in the text."""
    quotes: int = 0
    """How many double quotes a line has that is too long."""


def file_lines(file: BinaryIO, options: ReadOptions) -> Iterator[FileLine]:
    """Read lines that end with a line feed.

    A line is UTF-8, or else in the encoding that the options name. One longer than an
    article may be is read past without being held.

    Raises:
        RejectedFile: the file has two or four bytes a letter, and they are not valid.
    """
    readline = _reader(file, options.encoding)
    most = options.max_mb * 1_000_000
    number = 0
    while raw := readline(most + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if len(raw) > most:
            quotes, piece = raw.count(b'"'), raw
            while not piece.endswith(b"\n") and (piece := readline(_CHUNK)):
                quotes += piece.count(b'"')
            fault = f"longer than {options.max_mb} MB: split it, or raise max_file_mb"
            yield FileLine(number, "", fault, quotes)
            continue
        if number > 1 and b"\0" in raw:
            fault = f"a NUL byte in it (at byte {raw.index(0):,}): remove it"
            yield FileLine(number, raw.decode(errors="replace"), fault)
            continue
        try:
            yield FileLine(number, _decoded(raw, options.encoding))
        except RejectedFile as exc:
            yield FileLine(number, raw.decode(errors="replace"), str(exc))


class _Borrowing(io.TextIOWrapper):
    """Leaves its file open when it goes: whoever opened it asks it how far it is read."""

    def close(self) -> None: ...


def _decoded(raw: bytes, encoding: str | None) -> str:
    if b"\0" not in raw:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass
    return decode(raw, encoding)


def _reader(file: BinaryIO, encoding: str | None) -> Callable[[int], bytes]:
    """A function that reads a line, or as much of one as allowed, as UTF-8 bytes."""
    buffered = file if hasattr(file, "peek") else io.BufferedReader(cast(io.RawIOBase, file))
    start = cast(io.BufferedReader, buffered).peek(4)[:4]
    wide = next((name for bom, name in _WIDE if start.startswith(bom)), None)
    if wide is None and (encoding or "").lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        wide = encoding
    if wide is None:
        return buffered.readline
    text = _Borrowing(cast(io.BufferedReader, buffered), wide, newline="\n")

    def read(most: int) -> bytes:
        try:
            # A letter is at most 4 bytes, so that what is too long comes back too long.
            return text.readline(most).encode()
        except UnicodeError as exc:
            raise RejectedFile(f"not valid {wide}: convert it to UTF-8") from exc

    return read
