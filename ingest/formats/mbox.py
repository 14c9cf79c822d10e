"""MBOX files: a mailbox of newsletters, message by message, of any size."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ingest.formats.keys import Keys
from ingest.formats.mail import message_id, message_part
from ingest.formats.part import BadPart, Part, ReadOptions
from rag.errors import RejectedFile

__all__ = ["articles"]

_CHUNK = 1 << 16
# A line of the text may begin with "From " as well, and not every program puts a `>` before
# it; one that goes on to a date as C's asctime writes it is no part of a text.
_SEPARATOR = re.compile(
    rb"From (?:.{0,300} )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:\w{3} +\d{1,2}|\d{1,2} +\w{3})\b"
    rb".{0,30}\d{2}:\d{2}"
)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part | BadPart]:
    """The messages of a mailbox.

    Raises:
        RejectedFile: it does not begin as a mailbox does.
    """
    keys = Keys()
    for n, message in enumerate(_messages(file, options.max_mb * 1_000_000), start=1):
        position = f"message {n}"
        key = keys.take(message_id(message.start), position=position)
        if message.content is None:
            reason = f"larger than {options.max_mb} MB: remove what is attached to it"
            yield BadPart(f"{position} (line {message.line}): {reason}", key)
            continue
        try:
            part = message_part(message.content, options)
        except RejectedFile as exc:
            yield BadPart(f"{position} (line {message.line}): {exc}", key)
        else:
            yield part._replace(key=key)


class _Message(NamedTuple):
    line: int
    start: bytes
    """Its first lines."""
    content: bytes | None
    """None where it is too large."""


def _messages(file: BinaryIO, most: int) -> Iterator[_Message]:
    number, first = 0, 0
    held = io.BytesIO()
    size = 0
    whole = True  # whether the piece before ended a line
    while piece := file.readline(_CHUNK):
        number += whole
        if first == 0:
            if not piece.strip():
                continue
            if not piece.startswith(b"From "):
                raise RejectedFile("no mailbox: it does not begin with `From `; name it .eml")
            first = number
        elif whole and piece.startswith(b"From ") and _SEPARATOR.match(piece):
            yield _message(first, held, size, most)
            held, size, first = io.BytesIO(), 0, number
        else:
            size += len(piece)
            if size <= most:
                held.write(piece)
            elif size - len(piece) <= most:
                held.truncate(_CHUNK)  # its head, which has its id
        whole = piece.endswith(b"\n")
    if first == 0:
        raise RejectedFile("no articles in it: put some into it, or remove it")
    yield _message(first, held, size, most)


def _message(line: int, held: io.BytesIO, size: int, most: int) -> _Message:
    content = held.getvalue()
    if size > most:
        return _Message(line, content[:_CHUNK], None)
    return _Message(line, content[:_CHUNK], _QUOTED.sub(rb"\1", content))
