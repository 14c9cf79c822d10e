"""Noting what is wrong with a gold file, each mistake with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from eval.questions.yaml_lines import Document, Place

__all__ = ["Mistake", "Notes"]


class Mistake(NamedTuple):
    """Something in a gold file that is not as it should be."""

    path: Path
    line: int
    message: str
    """Names the question and the field."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Notes:
    """The mistakes found in one document so far."""

    def __init__(self, path: Path, document: Document) -> None:
        self._path = path
        self._document = document
        self.mistakes: list[Mistake] = []

    def wrong(self, place: Place, message: str) -> None:
        """Note a mistake at a place of the document."""
        line = self._document.line(place)
        self.mistakes.append(Mistake(self._path, line, message))

    def place(self, place: Place) -> str:
        """File and line of a place of the document."""
        return f"{self._path}:{self._document.line(place)}"

    def only(self, row: Mapping[Any, Any], known: Sequence[str], place: Place, where: str) -> None:
        """Note every field of a row that is not one of those known."""
        for key in row:
            if key not in known:
                close = next((k for k in known if sorted(k) == sorted(str(key))), None)
                hint = f"; {close!r} is meant?" if close else f"; there are {', '.join(known)}"
                self.wrong((*place, str(key)), f"{where}: there is no field {key!r}{hint}")

    def pattern(self, pattern: str, place: Place, where: str) -> re.Pattern[str] | None:
        """A regular expression, compiled without regard to case."""
        try:
            return re.compile(pattern, re.IGNORECASE)
        except re.error as exc:
            message = f"{where}: the pattern {pattern!r} is not valid ({exc})"
            self.wrong(place, message)
            return None
