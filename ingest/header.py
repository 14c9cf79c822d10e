"""What a file states of its article before the text: front matter, or `Key: value` lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import yaml

from ingest.dates import parse_date
from ingest.masthead import Masthead
from rag.types import SkippedSpan

__all__ = ["header_of"]

_KEYS = {
    "title": "title", "headline": "title", "subject": "title",
    "outlet": "outlet", "source": "outlet", "publication": "outlet", "publisher": "outlet",
    "newspaper": "outlet", "site": "outlet", "site_name": "outlet", "sitename": "outlet",
    "date": "published", "published": "published", "publication date": "published",
    "publication_date": "published", "publish_date": "published", "pubdate": "published",
    "date published": "published", "published_at": "published",
    "byline": "byline", "author": "byline", "authors": "byline", "by": "byline",
    "url": "url", "link": "url", "canonical": "url", "permalink": "url",
    # Said of the file, not of the article: passed over without being taken.
    "from": "", "to": "", "cc": "", "reply-to": "", "message-id": "", "mime-version": "",
    "content-type": "", "section": "", "tags": "", "keywords": "", "language": "",
    "updated": "", "modified": "", "retrieved": "", "accessed": "", "category": "",
}  # fmt: skip
_SURE = frozenset(
    {"title", "headline", "outlet", "publication", "newspaper", "date", "published", "byline",
     "author", "authors", "url"}
)  # fmt: skip
_HEADER_LINE = re.compile(r"\s*([A-Za-z][A-Za-z _-]{0,20}):(?:[ \t]+(\S.*))?")
_FENCE = re.compile(r"\r?\n(?:---|\.\.\.)[ \t]*(?=\r?\n|$)")
_LONGEST_FRONT_MATTER = 20_000
_MOST_WORDS = {"title": 40, "published": 12, "url": 1}


def header_of(text: str) -> tuple[Masthead, int]:
    """What the header states, and the offset where it ends; 0 where there is none."""
    if re.match(r"---[ \t]*\r?\n", text):
        end = _FENCE.search(text, text.index("\n") - 1, _LONGEST_FRONT_MATTER)
        table = _front_matter(text[text.index("\n") : end.start()]) if end else None
        if end and table is not None:
            return _from_table(table, end.end()), end.end()
    return _key_lines(text)


def _front_matter(block: str) -> Mapping[Any, Any] | None:
    """The table in it; None where the fences are but rules above and below a paragraph."""
    try:
        table = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError):
        table = None
    if isinstance(table, Mapping):
        return table
    # Not valid YAML, but meant as front matter: what its plain lines state is still stated.
    lines = [line for line in block.splitlines() if line.strip()]
    found = [_HEADER_LINE.fullmatch(line.rstrip()) for line in lines]
    if not any(match and match[1].lower() in _KEYS for match in found):
        return None
    return {
        match[1]: match[2]
        for match in found
        if match and match[2] and match[2].count('"') != 1 and match[2][0] not in "[{&*!|>"
    }


def _key_lines(text: str) -> tuple[Masthead, int]:
    table: dict[str, str] = {}
    keys: set[str] = set()
    at = end = 0
    while at < len(text):
        stop = text.find("\n", at) + 1 or len(text)
        line = text[at : min(stop, at + 1000)].strip()
        match = _HEADER_LINE.fullmatch(line)
        key = match[1].strip().lower() if match else ""
        if match and match[2] and _fits(key, match[2]):
            keys.add(key)
            table.setdefault(key, match[2].strip())
            end = stop
        elif line or not table or stop > 10_000:
            break
        at = stop
    # "Source: minister to resign" alone is a headline, and "By: ..." may be anything.
    if not keys & _SURE and len(keys) < 2:
        return Masthead(), 0
    return _from_table(table, end), end


def _fits(key: str, value: str) -> bool:
    name = _KEYS.get(key)
    return name is not None and len(value.split()) <= _MOST_WORDS.get(name, 12)


def _from_table(table: Mapping[Any, Any], end: int) -> Masthead:
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = _KEYS.get(str(key).strip().lower())
        if name and value is not None and name not in values:
            values[name] = value
    stated = values.get("published")
    if isinstance(stated, datetime):
        stated = stated.date()
    elif not isinstance(stated, date):
        stated = parse_date(str(stated)) if isinstance(stated, str | int) else None
    return Masthead(
        title=_text(values.get("title")),
        outlet=_text(values.get("outlet")),
        published=stated,
        byline=_text(values.get("byline")),
        url=_text(values.get("url")),
        skipped=(SkippedSpan(0, end, "metadata"),),
    )


def _text(value: object) -> str | None:
    """One line of it. Lists are gone into once: aliases in YAML can nest without end."""
    if isinstance(value, list):
        return ", ".join(filter(None, (_one(v) for v in value[:20]))) or None
    return _one(value)


def _one(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("name")
    if not isinstance(value, str | int | float):
        return None
    # Half of a surrogate pair, which an escape in YAML can give, can't be stored.
    whole = str(value).encode("utf-8", "ignore").decode()
    return " ".join(whole.split()).strip("\"'") or None
