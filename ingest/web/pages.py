"""From a URL to the articles there: that of a page, or those of a feed."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import BinaryIO

from ingest.formats.part import BadPart, Part, ReadOptions
from ingest.masthead import Masthead
from ingest.web.address import linked
from ingest.web.charset import readable
from ingest.web.fetch import READERS, Fetched, Unchanged
from ingest.web.visitor import Visitor
from rag.errors import RejectedFile

__all__ = ["sources_at"]

_BEFORE_ROOT = (
    rb"(?:\xef\xbb\xbf)?\s*"
    # Comments are matched up to the first `-->` only: with any end, backtracking over a page
    # of nothing but comments took for ever.
    rb"(?:(?:<\?[^>]{0,500}>|<!--(?:(?!-->).){0,1000}-->|<!DOCTYPE\s[^>\[]{0,300}>)\s*){0,5}"
)
_FEED = re.compile(_BEFORE_ROOT + rb"<(?:rss|feed|rdf:RDF)[\s>]", re.DOTALL)
_PAGE = re.compile(_BEFORE_ROOT + rb"<(?:!doctype\s+html|html)[\s>]", re.DOTALL | re.IGNORECASE)
_Articles = Callable[[BinaryIO, ReadOptions], Iterator[Part | BadPart]]


def sources_at(
    url: str, visitor: Visitor, options: ReadOptions | None = None, *, follow: bool = False
) -> Iterator[Part | BadPart | Unchanged]:
    """The articles at a URL.

    A page is one article, of its main text. A feed gives the articles in it, which are often
    no more than summaries. With `follow`, the page that an article of a feed links to is
    fetched instead, as its site allows; where that fails, so does the article, for its summary
    would pass as the whole. Pages do not lead on to others.

    A page or feed that has not changed since `visitor`'s `known` gives `Unchanged`; the pages
    of an unchanged feed are not asked for. What to remember for the next run is in
    `visitor.validators` once all was taken, but a feed of which an article failed is not.

    Args:
        url: http or https.
        visitor: of this run.
        options: an encoding named there goes before what the server says.
        follow: whether to fetch the pages that a feed links to.

    Raises:
        RejectedFile: the page or feed can't be fetched or read; the message is one clause.
    """
    options = options or ReadOptions()
    # A feed that was read without its pages is not done once they are wanted.
    name = f"{url} follow" if follow else url
    fetched = visitor.get(url, known_as=name)
    if isinstance(fetched, Unchanged):
        visitor.took(name)
        yield fetched
        return
    reader, whole, count = _reader_of(fetched), True, 0
    for part in _parts(fetched, reader, options):
        found = (
            _with_url(part, fetched)
            if reader != "feeds"
            else _of_feed(part, fetched, visitor, options, follow=follow)
        )
        whole, count = whole and not isinstance(found, BadPart), count + 1
        yield found
    if not count:
        raise RejectedFile("no article in it: check the address")
    if whole:
        visitor.took(name)


def _reader_of(fetched: Fetched) -> str:
    """The module in `ingest.formats` for it; how it begins says more than what it is called."""
    head = fetched.content[:8000]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[2:].replace(b"\0", b"")
    if head.startswith(b"%PDF"):
        return "pdf"
    if _FEED.match(head):
        return "feeds"
    if _PAGE.match(head):
        return "html"
    reader = READERS.get(fetched.content_type, "plain")
    if reader == "feeds":
        raise RejectedFile("XML that is neither a page nor a feed: check the address")
    return reader


def _parts(fetched: Fetched, reader: str, options: ReadOptions) -> Iterator[Part | BadPart]:
    articles: _Articles = import_module(f"ingest.formats.{reader}").articles
    content, options = readable(fetched.content, fetched.charset, reader, options)
    return articles(io.BytesIO(content), options)


def _of_feed(
    part: Part | BadPart, feed: Fetched, visitor: Visitor, options: ReadOptions, *, follow: bool
) -> Part | BadPart | Unchanged:
    if isinstance(part, BadPart):
        return part
    link = _resolved(part.stated.url, feed.url)
    part = part._replace(stated=replace(part.stated, url=link))
    if not follow or link is None:
        return part
    try:
        return _followed(part, link, feed, visitor, options)
    except RejectedFile as exc:
        return BadPart(f"{link}: {exc}", part.key)


def _followed(
    part: Part, link: str, feed: Fetched, visitor: Visitor, options: ReadOptions
) -> Part | Unchanged:
    """The page of an article of a feed; what it does not state, the feed does."""
    # What is public can't lead to what is not, though the user may have allowed both.
    fetched = visitor.get(link, allow_private=visitor.allow_private and feed.private)
    if isinstance(fetched, Unchanged):
        visitor.took(link)
        return fetched._replace(key=part.key)
    reader = _reader_of(fetched)
    if reader == "feeds":
        raise RejectedFile("a feed, where an article was expected: ingest it by itself")
    pages = [_with_url(page, fetched) for page in _parts(fetched, reader, options)]
    if len(pages) != 1 or not isinstance(page := pages[0], Part):
        raise RejectedFile("no single article: ingest it by itself")
    visitor.took(link)
    own, feeds = page.stated, part.stated
    stated = replace(
        own,
        title=own.title or feeds.title,
        outlet=own.outlet or feeds.outlet,
        published=own.published or feeds.published,
        byline=own.byline or feeds.byline,
    )
    return Part(page.text, stated, part.key)


def _with_url(part: Part | BadPart, fetched: Fetched) -> Part | BadPart:
    """A page's own address: the one that it states, else the one it was at."""
    if isinstance(part, BadPart):
        return part
    stated: Masthead = part.stated
    url = _resolved(stated.url, fetched.url) or fetched.url
    return part._replace(stated=replace(stated, url=url))


def _resolved(link: str | None, base: str) -> str | None:
    """A link as an address that can be asked for; None where it is none, such as `mailto:`."""
    if not link or not link.strip():
        return None
    try:
        return linked(link, base).url
    except RejectedFile:
        return None
