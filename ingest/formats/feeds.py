"""RSS and Atom feeds saved as files, item by item.

feedparser is not used: it holds the whole feed, gives dates in UTC, which may be another
day than the one written, and goes on reading where the XML is broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import BinaryIO

from ingest.formats.fragment import text_of
from ingest.formats.keys import Keys
from ingest.formats.part import BadPart, Part, ReadOptions
from ingest.formats.storable import masthead, one_line, text_fault
from ingest.formats.xml_events import parse_xml
from rag.errors import RejectedFile

__all__ = ["articles"]

_ATOM = "http://www.w3.org/2005/Atom "
_DC = "http://purl.org/dc/elements/1.1/ "
_XHTML = "http://www.w3.org/1999/xhtml "
_CONTENT = "http://purl.org/rss/1.0/modules/content/ "
_RDF_ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"
_RSS = re.compile(
    r"http://(?:purl\.org/rss/1\.0/|my\.netscape\.com/rdf/simple/0\.9/"
    r"|channel\.netscape\.com/rdf/simple/0\.9/|backend\.userland\.com/rss2?) "
)
# Where a field is found, by its path from the item; the first that says something counts.
_TEXTS = (f"{_CONTENT}encoded", f"{_ATOM}content", "description", f"{_ATOM}summary")
_TITLES = ("title", f"{_ATOM}title", f"{_DC}title")
_DATES = ("pubDate", f"{_ATOM}published", f"{_DC}date")
_BYLINES = (f"{_DC}creator", f"{_ATOM}author/{_ATOM}name", "author")
_OUTLETS = ("source", f"{_ATOM}source/{_ATOM}title", f"{_DC}publisher")
_LINKS = (f"{_ATOM}link", "link")
_KEYS = ("guid", f"{_ATOM}id")
_WANTED = frozenset((*_TEXTS, *_TITLES, *_DATES, *_BYLINES, *_OUTLETS, *_LINKS, *_KEYS))
_ITEMS = frozenset(("item", f"{_ATOM}entry"))
# RSS wants an address there, with the name in brackets after it.
_ADDRESS = re.compile(r"^\S+@\S+(?:\s+\(([^()]*)\))?$")
_MARKS = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|&(?:\w+|#\d+|#x[\da-fA-F]+);")


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part | BadPart]:
    """The items of a feed.

    Raises:
        RejectedFile: it is no feed, or no valid XML; also after items before the fault.
    """
    feed = _Feed(options)
    try:
        for _ in parse_xml(file, feed, options.max_mb * 1_000_000, options.encoding):
            yield from feed.ready
            feed.ready.clear()
    except RejectedFile:
        yield from feed.ready  # those before the fault in the same piece of the file
        raise
    if not feed.is_feed:
        raise RejectedFile("XML that is no RSS or Atom feed: convert it to .txt, .md or .html")
    if feed.items == 0:
        raise RejectedFile("a feed without items: remove it")


class _Feed:
    """What has been read of a feed so far, of which at most one item is held."""

    def __init__(self, options: ReadOptions) -> None:
        self.ready: list[Part | BadPart] = []
        self.is_feed = False
        self.items = 0
        self._options = options
        self._keys = Keys()
        self._path: list[str] = []
        self._title: list[str] = []
        self._item_depth = 0
        self._fields: dict[str, list[str]] = {}
        self._types: dict[str, str] = {}
        self._field: str | None = None
        self._size = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = _RSS.sub("", name)
        self._path.append(name)
        if len(self._path) == 1:
            self.is_feed = name.rsplit(" ", 1)[-1] in ("rss", "RDF", "feed")
        if not self._item_depth:
            if name in _ITEMS and self.is_feed:
                self._item_depth = len(self._path)
                self.items += 1
                self._fields, self._types, self._field, self._size = {}, {}, None, 0
                if about := attributes.get(_RDF_ABOUT):
                    self._fields["guid"] = [about]
        elif self._field is not None:
            self._add(_opening(name, attributes))
        elif (path := "/".join(self._path[self._item_depth :])) in _WANTED:
            if path in self._fields and path not in _BYLINES:
                return  # a second one of its kind says no more of the article
            if path == f"{_ATOM}link":
                if attributes.get("rel", "alternate") == "alternate":
                    self._fields[path] = [attributes.get("href", "")]
                return
            self._field = path
            self._types[path] = attributes.get("type", "text" if path.startswith(_ATOM) else "")
            self._fields[path] = [*self._fields[path], ", "] if path in self._fields else []

    def data(self, text: str) -> None:
        if self._field is not None:
            # In XHTML, `&lt;` is a sign of the text and not the start of an element.
            self._add(escape(text, quote=False) if self._is_xhtml() else text)
        elif not self._item_depth and 2 <= len(self._path) <= 3:
            parent = self._path[-2].rsplit(" ", 1)[-1]
            if self._path[-1] in ("title", f"{_ATOM}title") and parent in ("channel", "feed"):
                self._title.append(text[:1000])

    def end(self, name: str) -> None:
        name = _RSS.sub("", name)
        self._path.pop()
        depth = len(self._path)
        if self._item_depth and depth < self._item_depth:
            self.ready.append(self._part())
            self._item_depth, self._fields, self._field = 0, {}, None
        elif self._field is not None:
            if "/".join((*self._path[self._item_depth :], name)) == self._field:
                self._field = None
            else:
                self._add(f"</{name.rsplit(' ', 1)[-1]}>")

    def _is_xhtml(self) -> bool:
        return self._types.get(self._field or "") == "xhtml"

    def _add(self, text: str) -> None:
        self._size += len(text)
        if self._size > self._options.max_mb * 1_000_000:
            self._fields = {}
            return
        self._fields.setdefault(self._field or "", []).append(text)

    def _part(self) -> Part | BadPart:
        position = f"item {self.items}"
        link = one_line(self._first(_LINKS))
        key = self._keys.take(one_line(self._first(_KEYS)), link, position=position)
        limit = self._options.max_mb
        if self._size > limit * 1_000_000:
            reason = f"larger than {limit} MB: remove it, or raise max_file_mb"
            return BadPart(f"{position}: {reason}", key)
        try:
            text = self._first(_TEXTS).strip()
            stated = masthead(
                title=self._first(_TITLES),
                outlet=self._first(_OUTLETS) or "".join(self._title[:20]),
                published=self._first(_DATES),
                byline=_ADDRESS.sub(r"\1", self._first(_BYLINES)),
                url=link,
            )
        except RejectedFile as exc:
            return BadPart(f"{position}: {exc}", key)
        fault = text_fault(text, limit)
        return BadPart(f"{position}: {fault}", key) if fault else Part(text, stated, key)

    def _first(self, paths: tuple[str, ...]) -> str:
        for path in paths:
            raw = "".join(self._fields.get(path, ()))
            if path not in _LINKS and path not in _KEYS and self._types.get(path) != "text":
                raw = text_of(raw) if _MARKS.search(raw) else raw
            if raw.strip():
                return raw
        return ""


def _opening(name: str, attributes: dict[str, str]) -> str:
    hidden = ' hidden=""' if "display:none" in attributes.get("style", "").replace(" ", "") else ""
    return f"<{name.rsplit(' ', 1)[-1]}{hidden}>"
