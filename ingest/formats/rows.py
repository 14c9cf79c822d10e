"""Rows of a table, or objects of JSON, as articles: which field states what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ingest.formats.columns import NAMES, no_text_among, plain_name, states_text
from ingest.formats.fragment import is_markup, text_of
from ingest.formats.keys import Keys
from ingest.formats.part import BadPart, Part, ReadOptions
from ingest.formats.storable import masthead, one_line, text_fault
from rag.errors import RejectedFile

__all__ = ["Row", "row_parts"]

_NESTED = ("metadata", "meta")
_OPENING = 100
_KINDS = {bool: "true or false", int: "a number", float: "a number", list: "a list"}


class Row(NamedTuple):
    """One row as its format reads it."""

    position: str
    """Where it stands, such as `line 12`."""
    values: Mapping[str, object]
    fault: str | None = None
    """Why it can't be taken."""


class _Tables(NamedTuple):
    """A row's values, and those of it and of what is nested in it by their plain names."""

    values: Mapping[str, object]
    plain: tuple[dict[str, object], ...]


def row_parts(rows: Iterable[Row], options: ReadOptions) -> Iterator[Part | BadPart]:
    """Take each row as an article.

    What goes wrong in the first rows is held back until one has a field of text: where
    none of a hundred has, the file is of another kind, and one reason says more than a
    hundred.

    Raises:
        RejectedFile: there are no rows, or none of the first ones has a field of text.
    """
    keys = Keys()
    held: list[BadPart] | None = []
    seen: dict[str, None] = {}
    for row in rows:
        part = _part(row, options, keys)
        if held is None:
            yield part
        elif isinstance(part, Part) or _has_text(row.values, options):
            yield from held
            yield part
            held = None
        else:
            held.append(part)
            seen.update(dict.fromkeys(list(row.values)[:20]))
            if len(held) == _OPENING:
                break
    if held and seen:
        raise RejectedFile(no_text_among(seen, options))
    if held and len(held) == _OPENING:
        raise RejectedFile(f"nothing in it can be read ({held[0].reason})")
    if held == []:
        raise RejectedFile("no articles in it: put some into it, or remove it")
    yield from held or ()


def _part(row: Row, options: ReadOptions, keys: Keys) -> Part | BadPart:
    values = _tables_of(row.values)
    name = one_line(_stated(values, "id", options))
    url = one_line(_stated(values, "url", options))
    fault = row.fault
    text = _stated(values, "text", options)
    if fault is None and not isinstance(text, str | None):
        kind = _KINDS.get(type(text), "an object")
        fault = f"{kind} where its text should be: name the text with --field text=NAME"
    if isinstance(text, str) and is_markup(text):
        try:
            text = text_of(text)
        except RejectedFile as exc:
            fault = fault or str(exc)
    body = text if isinstance(text, str) else ""
    fault = fault or text_fault(body, options.max_mb)
    key = keys.take(name, url, position=row.position)
    if fault is not None:
        return BadPart(f"{row.position}: {fault}", key)
    stated = masthead(
        title=_stated(values, "title", options),
        outlet=_names(_stated(values, "outlet", options)),
        published=_stated(values, "published", options),
        byline=_names(_stated(values, "byline", options)),
        url=url,
    )
    return Part(body, stated, key)


def _has_text(values: Mapping[str, object], options: ReadOptions) -> bool:
    """Whether it has a field of text, empty or not."""
    wanted = options.fields.get("text")
    if wanted is not None:
        return wanted in values or _at(values, wanted) is not None
    inside = (v for k, v in values.items() if plain_name(k) in _NESTED and isinstance(v, Mapping))
    return any(states_text(table, options) for table in (values, *inside))


def _stated(tables: _Tables, what: str, options: ReadOptions) -> object:
    """The first value that says something; an empty string where only empty ones do."""
    wanted = options.fields.get(what)
    if wanted is not None:
        return _at(tables.values, wanted)
    blank = None
    for table in tables.plain:
        for name in NAMES[what]:
            value = table.get(name)
            if isinstance(value, str) and not value.strip():
                blank = value
            elif value is not None and not (what == "outlet" and _is_address(value)):
                return value
    return blank


def _tables_of(values: Mapping[str, object]) -> _Tables:
    top = _by_plain_name(values)
    nested = (_by_plain_name(t) for n in _NESTED if isinstance(t := top.get(n), Mapping))
    return _Tables(values, (top, *nested))


def _by_plain_name(values: Mapping[str, object]) -> dict[str, object]:
    """Where two names differ only in case, the one in lower case counts, else the first."""
    found: dict[str, object] = {}
    for name, value in values.items():
        plain = plain_name(name)
        if plain not in found or plain == name:
            found[plain] = value
    return found


def _at(values: Mapping[str, object], path: str) -> object:
    """The value of that name, or within objects by a dotted path."""
    if path in values:
        return values[path]
    value: object = values
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _is_address(value: object) -> bool:
    """Whether it is a page's address, which some tables have under `source`."""
    return isinstance(value, str) and bool(re.match(r"\s*https?://", value))


def _names(value: object) -> str | None:
    """Names in a row, of text or of objects with a `name`."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_name, value[:20]))) or None
    return _name(value)


def _name(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("name")
    return one_line(value)
