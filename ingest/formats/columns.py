"""What columns of tables and keys of JSON are usually called, and what they then state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from ingest.formats.part import ReadOptions

__all__ = ["NAMES", "no_text_among", "plain_name", "states_text"]

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "uuid", "guid", "docid", "docno", "articleid"),
    "title": ("title", "headline", "webtitle"),
    "text": (
        "text", "body", "content", "article", "maintext", "fulltext", "articlebody",
        "articletext", "bodytext", "contenttext", "contenthtml", "contents",
    ),
    "outlet": (
        "outlet", "publication", "publisher", "newspaper", "source", "sourcename", "site",
        "sitename", "sourcedomain", "domain",
    ),
    "published": (
        "published", "publishedat", "publishedon", "publisheddate", "publicationdate",
        "publishdate", "datepublished", "datepublish", "pubdate", "webpublicationdate", "date",
    ),
    "byline": ("byline", "author", "authors", "authorname"),
    "url": ("url", "link", "permalink", "weburl", "articleurl", "canonicalurl"),
}  # fmt: skip
"""Usual names by what they state, as `plain_name` gives them; the first that says something
is taken."""


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """A name without its case and separators: `Published_At` and `publishedAt` are one."""
    return re.sub(r"[\W_]+", "", name[:100]).casefold()


def states_text(names: Iterable[str], options: ReadOptions) -> bool:
    """Whether one of these columns has the articles' text."""
    wanted = options.fields.get("text")
    if wanted is not None:
        return wanted in names
    return any(plain_name(name) in NAMES["text"] for name in names)


def no_text_among(names: Iterable[str], options: ReadOptions) -> str:
    """What to say of a file whose columns have these names."""
    listed = [repr(name[:40]) for name in names if name][:20]
    wanted = options.fields.get("text")
    missing = "no column of text" if wanted is None else f"no column {wanted!r}"
    return f"{missing} among {', '.join(listed) or 'its columns'}: name it with --field text=NAME"
