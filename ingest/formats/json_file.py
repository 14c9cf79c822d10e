"""JSON files: one article, a list of them, or a list inside what a news API sends.

Many that are called `.json` are JSON Lines; they are read as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import BinaryIO

from ingest.formats.byte_lines import FileLine, file_lines
from ingest.formats.json_lines import line_rows
from ingest.formats.json_objects import NotJson, read_json
from ingest.formats.part import BadPart, Part, ReadOptions
from ingest.formats.rows import Row, row_parts
from ingest.formats.storable import one_line
from rag.errors import RejectedFile

__all__ = ["articles"]

_LISTS = ("articles", "items", "results", "docs", "entries", "stories", "news", "posts", "data")
_AROUND = ("response", "data", "feed", "result")


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part | BadPart]:
    """The articles of a JSON file.

    Raises:
        RejectedFile: it is not valid JSON, too large, or has no articles.
    """
    lines = (line for line in file_lines(file, options) if line.fault or line.text.strip())
    first = next(lines, None)
    second = next(lines, None)
    start = [line for line in (first, second) if line]
    if second and first and _is_object(first):
        yield from row_parts(line_rows(chain(start, lines)), options)
        return
    try:
        value = read_json(_all(chain(start, lines), options.max_mb))
    except NotJson as exc:
        raise RejectedFile(f"{exc}: mend it, or save it anew") from exc
    found = _list_in(value)
    if found is not None:
        rows = (_row(f"item {n}", item) for n, item in enumerate(found, start=1))
        outlet = _feed_title(value)
        for part in row_parts(rows, options):
            yield _of_outlet(part, outlet) if isinstance(part, Part) else part
    elif isinstance(value, Mapping):
        yield _only(value, options)
    else:
        raise RejectedFile("JSON without an object: write articles as {...}, or as a list of them")


def _is_object(line: FileLine) -> bool:
    """Whether the line is an object by itself."""
    try:
        return isinstance(read_json(line.text), dict)
    except NotJson:
        return False


def _all(lines: Iterator[FileLine], max_mb: int) -> str:
    pieces: list[str] = []
    size = 0
    for line in lines:
        size += len(line.text)
        if size > max_mb * 1_000_000 or (line.fault or "").startswith("longer"):
            raise RejectedFile(
                f"larger than {max_mb} MB in one piece: save it as JSON Lines, one object a line,"
                " such as with jq -c '.[]'"
            )
        if line.fault:
            raise RejectedFile(line.fault)
        pieces.append(line.text)
    return "".join(pieces)


def _list_in(value: object) -> list[object] | None:
    """The list of articles, at the top or under a name that news APIs give it."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        return None
    for table in (value, *(value.get(name) for name in _AROUND)):
        if isinstance(table, Mapping):
            for name in _LISTS:
                found = table.get(name)
                if isinstance(found, list) and any(isinstance(item, Mapping) for item in found):
                    return found
    return None


def _row(position: str, item: object) -> Row:
    if isinstance(item, Mapping):
        return Row(position, item)
    return Row(position, {}, "not an object: write each article as {...}")


def _only(value: Mapping[str, object], options: ReadOptions) -> Part:
    found = next(iter(row_parts([Row("the article", value)], options)))
    if isinstance(found, BadPart):
        raise RejectedFile(found.reason.removeprefix("the article: "))
    return found._replace(key=None)


def _feed_title(value: object) -> str | None:
    """The title of a JSON Feed (jsonfeed.org), which names the outlet of its items."""
    if isinstance(value, Mapping) and "jsonfeed.org" in str(value.get("version"))[:100]:
        return one_line(value.get("title"))
    return None


def _of_outlet(part: Part, outlet: str | None) -> Part:
    return part._replace(stated=replace(part.stated, outlet=part.stated.outlet or outlet))
