"""YAML with the line of everything in it, so that a mistake can be told with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

__all__ = ["Document", "Malformed", "Place", "load_yaml"]

Place = tuple[str | int, ...]
"""Keys and positions from the top of the document: `("questions", 3, "accept")`."""


class Malformed(Exception):
    """The text is not YAML, or has the same key twice."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Document(NamedTuple):
    """A document's value, and the line (from 1) of every key and item."""

    value: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one above it that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class _Loader(yaml.SafeLoader):
    """Tells where a value stands that can't be made, such as a date that no calendar has."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as exc:
            what = " ".join(str(exc).split())[:80]
            raise ConstructorError(None, None, what, node.start_mark) from exc


def load_yaml(text: str) -> Document:
    """Read a document.

    Raises:
        Malformed: it is not YAML, or a mapping has the same key twice, of which YAML's
            readers silently keep the last.
    """
    try:
        loader = _Loader(text)
    except ReaderError as exc:
        line = text[: exc.position].count("\n") + 1
        message = f"not valid YAML (the character U+{exc.character:04X} is not allowed)"
        raise Malformed(line, message) from exc
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(None, {})
        lines = dict(_places(node, (), set()))
        return Document(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        what = " ".join(str(exc.problem or exc.context).split())
        raise Malformed(mark.line + 1 if mark else 1, f"not valid YAML ({what})") from exc
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as exc:
        # Such as an alias that leads to itself.
        what = " ".join(str(exc).split())
        raise Malformed(1, f"not valid YAML ({what})") from exc
    finally:
        loader.dispose()


def _places(node: yaml.Node, place: Place, seen: set[int]) -> Iterator[tuple[Place, int]]:
    if id(node) in seen:
        # An alias: followed once only, for it may lead to itself.
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in keys:
                raise Malformed(line, f"{name!r} stands twice in the same block")
            keys.add(name)
            yield (*place, name), line
            yield from _places(value, (*place, name), seen)
    elif isinstance(node, yaml.SequenceNode):
        for n, item in enumerate(node.value):
            yield (*place, n), item.start_mark.line + 1
            yield from _places(item, (*place, n), seen)
