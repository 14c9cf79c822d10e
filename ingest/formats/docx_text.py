"""The text of a Word document's main part, from the events of its XML."""

from __future__ import annotations

import re

__all__ = ["DocumentText"]

_WORD = re.compile(
    r"http://(?:schemas\.openxmlformats\.org/wordprocessingml/2006|purl\.oclc\.org/ooxml"
    r"/wordprocessingml)/main "
)
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
# Taken out under tracked changes, or what older programs are to show instead of a drawing.
_LEFT_OUT = frozenset(("del", "moveFrom", "Fallback", "instrText"))


class DocumentText:
    """What has been read so far: paragraphs a blank line apart, each row of a table a line.

    A paragraph may stand inside another one, in a text box; it comes before the one that it
    hangs on. Text that Word hides is left out.
    """

    def __init__(self) -> None:
        self.size = 0
        """Of the text, in characters."""
        self.elements = 0
        """How many have been opened."""
        self._blocks: list[str] = []
        self._left_out = 0
        self._takes = False
        # What is open, innermost last.
        self._paragraphs: list[list[str]] = []
        self._runs: list[bool | None] = []  # None for a paragraph; whether the run is hidden
        self._tables: list[list[str]] = []
        self._rows: list[list[str]] = []
        self._cells: list[list[str]] = []

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n\n".join(self._blocks)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        self.elements += 1
        local = name.rsplit(" ", 1)[-1]
        if self._left_out or local in _LEFT_OUT:
            self._left_out += 1
        elif not _WORD.match(name):
            return
        elif local in ("p", "r"):
            self._runs.append(None if local == "p" else False)
            if local == "p":
                self._paragraphs.append([])
        elif local in ("tbl", "tr", "tc"):
            self._stack(local).append([])
        elif local == "t":
            self._takes = True
        elif local in _SIGNS:
            self._add(_SIGNS[local])
        elif local == "vanish" and self._runs and self._runs[-1] is False:
            said = next((v for k, v in attributes.items() if k.endswith(" val")), "true")
            self._runs[-1] = said not in ("0", "false", "off")

    def end(self, name: str) -> None:
        """An element closes."""
        local = name.rsplit(" ", 1)[-1]
        if self._left_out:
            self._left_out -= 1
        elif not _WORD.match(name):
            return
        elif local == "t":
            self._takes = False
        elif local in ("p", "r"):
            self._runs.pop()
            if local == "p":
                self._put("".join(self._paragraphs.pop()))
        elif local in ("tbl", "tr", "tc"):
            self._close(local, self._stack(local).pop())

    def data(self, text: str) -> None:
        """A piece of text inside the element that is open."""
        if self._takes and not self._left_out:
            self._add(text)

    def _stack(self, local: str) -> list[list[str]]:
        return {"tbl": self._tables, "tr": self._rows, "tc": self._cells}[local]

    def _close(self, local: str, held: list[str]) -> None:
        if local == "tbl":
            self._put("\n".join(held))
        elif local == "tr" and self._tables:
            self._tables[-1].append(" | ".join(cell for cell in held if cell))
        elif local == "tc" and self._rows:
            self._rows[-1].append(" ".join(" ".join(held).split()))

    def _add(self, text: str) -> None:
        # Outside a run there are marks of the same names, such as the stops of tabulators.
        if self._paragraphs and self._runs and self._runs[-1] is False:
            self.size += len(text)
            self._paragraphs[-1].append(text)

    def _put(self, block: str) -> None:
        if block.strip():
            (self._cells[-1] if self._cells else self._blocks).append(block.strip())
