"""JSON Lines: one object a line, each an article, in files of any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ingest.formats.byte_lines import FileLine, file_lines
from ingest.formats.json_objects import NotJson, read_json
from ingest.formats.part import BadPart, Part, ReadOptions
from ingest.formats.rows import Row, row_parts

__all__ = ["articles", "line_rows"]


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part | BadPart]:
    """The articles of a file of JSON Lines.

    Raises:
        RejectedFile: its lines are no objects, or have no field of text.
    """
    yield from row_parts(line_rows(file_lines(file, options)), options)


def line_rows(lines: Iterable[FileLine]) -> Iterator[Row]:
    """Each line that is not blank as a row."""
    for line in lines:
        position = f"line {line.number}"
        if line.fault is not None:
            yield Row(position, {}, line.fault)
        elif line.text.strip():
            yield _row(position, line.text)


def _row(position: str, text: str) -> Row:
    try:
        value = read_json(text)
    except NotJson as exc:
        return Row(position, {}, str(exc))
    if not isinstance(value, dict):
        return Row(position, {}, "not an object: write each article as {...} on one line")
    return Row(position, value)
