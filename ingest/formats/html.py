"""HTML pages: the main text by trafilatura, and what the page's own metadata states.

Dates come only from places that mean the date of publication. trafilatura's own date
finder is not used: it invents dates where a page gives none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, BinaryIO

import lxml.html
import trafilatura

from ingest.dates import parse_date
from ingest.formats.charsets import charset_named
from ingest.formats.fragment import check_markup
from ingest.formats.part import Part, ReadOptions
from ingest.formats.plain import content_of, decode, encoding_for
from ingest.masthead import Masthead
from rag.errors import RejectedFile

__all__ = ["articles", "declared_codec", "declared_encoding", "main_text", "stated_by"]

_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE
)
_DATE_METAS = (
    "article:published_time", "og:article:published_time", "datepublished", "date",
    "dc.date", "dc.date.issued", "dcterms.date", "dcterms.issued", "pubdate", "publish-date",
    "publish_date", "publication_date", "parsely-pub-date", "sailthru.date", "article.published",
    "article_date_original", "citation_publication_date",
)  # fmt: skip
_OUTLET_METAS = (
    "og:site_name", "application-name", "dc.publisher", "publisher", "citation_publisher",
)  # fmt: skip
_BYLINE_METAS = (
    "author", "article:author", "byl", "parsely-author", "dc.creator", "sailthru.author",
)  # fmt: skip
_TITLE_METAS = ("og:title", "twitter:title", "dc.title", "parsely-title")
_ARTICLE = re.compile(r"(?:\w*Article|Report|(?:Live)?BlogPosting|SocialMediaPosting)$")
# trafilatura took 23 s for so many paragraphs.
_MOST_TAGS = 100_000
_SEPARATOR = re.compile(r"\s+[|·•–—-]\s+")


def articles(file: BinaryIO, options: ReadOptions) -> Iterator[Part]:
    """The main text of a page, which is one article.

    Raises:
        RejectedFile: it is no page in its encoding, holds no article, or is too large.
    """
    content = content_of(file, options.max_mb)
    encoding = encoding_for(content, options.encoding) or declared_codec(content)
    html = decode(content, encoding)
    text = main_text(html)
    if not text.strip():
        raise RejectedFile("no article text found in the page: save it as text instead")
    yield Part(text, stated_by(html))


def declared_encoding(content: bytes) -> str | None:
    """The encoding that the page itself declares."""
    match = _DECLARED.search(content[:4096])
    return match[1].decode("ascii", "ignore") if match else None


def declared_codec(content: bytes) -> str | None:
    """Python's name of the encoding that the page declares; None where it declares none.

    Raises:
        RejectedFile: what it declares is no encoding of text.
    """
    declared = declared_encoding(content)
    if declared is None:
        return None
    # A page can't be read for its declaration and be in UTF-16.
    codec = "utf-8" if declared.lower().startswith("utf-16") else charset_named(declared)
    if codec is None:
        raise RejectedFile(
            f"declares the unknown encoding {declared[:40]!r}: convert it to UTF-8, or name its"
            " encoding with --encoding"
        )
    return codec


def main_text(html: str) -> str:
    """The article's text, paragraphs on lines of their own; empty where there is none.

    Raises:
        RejectedFile: the page has too many tags, or too many attributes in them.
    """
    if html.count("<") > _MOST_TAGS:
        raise RejectedFile(
            f"a page of more than {_MOST_TAGS:,} tags: save the article's text instead"
        )
    check_markup(html)
    found = trafilatura.extract(
        _without_declaration(html),
        output_format="txt",
        include_comments=False,
        include_tables=True,
        with_metadata=False,
    )
    return (found or "").encode("utf-8", "ignore").decode()


def stated_by(html: str) -> Masthead:
    """What the page's JSON-LD, meta elements and headline say, in that order."""
    try:
        tree: Any = lxml.html.document_fromstring(_without_declaration(html))
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return Masthead()
    metas = _metas(tree)
    headings = [" ".join(h.text_content().split()) for h in tree.xpath("//h1")]
    ld = _article_of(list(_json_ld(tree)), headings)
    outlet = _first(_name(ld.get("publisher")), *_pages_aside(metas, _OUTLET_METAS))
    heading = next((h for h in headings if 0 < len(h) <= 300 and h != outlet), None)
    page_title = _first(tree.xpath("string(//title)"))
    title = _first(ld.get("headline"), *(metas.get(k) for k in _TITLE_METAS), heading, page_title)
    canonical = tree.xpath("//link[@rel='canonical']/@href")
    byline = _first(_name(ld.get("author")), *_pages_aside(metas, _BYLINE_METAS))
    return Masthead(
        title=_without_outlet(title, outlet, heading) if title else None,
        outlet=outlet,
        published=_published(ld, metas, tree),
        byline=re.sub(r"^(?i:by)\s+", "", byline) if byline else None,
        url=_first(*canonical, metas.get("og:url"), ld.get("url")),
    )


def _without_declaration(html: str) -> str:
    """The page as lxml takes it: it refuses text that declares its own encoding."""
    return re.sub(r"^\ufeff?\s*<\?xml[^>]{0,300}\?>", "", html)


def _published(ld: Mapping[str, Any], metas: Mapping[str, str], tree: Any) -> date | None:
    for value in (ld.get("datePublished"), *(metas.get(k) for k in _DATE_METAS)):
        if isinstance(value, str) and (found := parse_date(value)):
            return found
    # Teasers of other articles carry such marks too; where they differ, whose is whose?
    dates = {found for value in _times(tree) if (found := parse_date(value))}
    return dates.pop() if len(dates) == 1 else None


def _without_outlet(title: str, outlet: str | None, heading: str | None) -> str:
    """`Ferry strikes pier | The Harbour Post` without the outlet's name."""
    parts = _SEPARATOR.split(title)
    if len(parts) > 1 and heading and title.startswith(heading):
        return heading
    if len(parts) > 1 and outlet and parts[-1].casefold() == outlet.casefold():
        return title[: title.rindex(parts[-1])].rstrip(" |·•–—-")
    return title


def _metas(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop")
        content = meta.get("content")
        if name and content and content.strip():
            found.setdefault(name.strip().lower(), content.strip())
    return found


def _pages_aside(metas: Mapping[str, str], keys: tuple[str, ...]) -> Iterator[str]:
    """The values that are names: some sites put the address of a page there."""
    for key in keys:
        value = metas.get(key, "")
        if value and not re.match(r"(?:https?:)?//|@", value):
            yield value


def _times(tree: Any) -> list[str]:
    marked = tree.xpath("//*[@itemprop='datePublished'] | //time[@pubdate]")
    return [m.get("datetime") or m.get("content") or m.text_content() for m in marked]


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object at the top of the page's JSON-LD, whatever it describes."""
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        text = re.sub(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)", "", script.text_content())
        text = re.sub(r"(?:-->|(?://)?\s*\]\]>)\s*$", "", text[:1_000_000])
        try:
            pending = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
        while pending:
            item = pending.pop()
            if isinstance(item, list):
                pending += reversed(item)
            elif isinstance(item, dict):
                yield item
                pending.append(item.get("@graph"))


def _article_of(items: list[dict[str, Any]], headings: list[str]) -> dict[str, Any]:
    """The item that is this page's article, its references to other items filled in."""
    articles = [item for item in items if _is_a(item, _ARTICLE)]
    same = [item for item in articles if _first(item.get("headline")) in headings]
    pages = [item for item in items if _is_a(item, re.compile("WebPage$"))]
    chosen = next(iter(same or articles or pages), {})
    by_id = {item["@id"]: item for item in items if isinstance(item.get("@id"), str)}
    return {
        key: by_id.get(value["@id"], value)
        if isinstance(value, dict) and isinstance(value.get("@id"), str) and "name" not in value
        else value
        for key, value in chosen.items()
    }


def _is_a(item: Mapping[str, Any], kind: re.Pattern[str]) -> bool:
    names = item.get("@type")
    return any(
        isinstance(name, str) and kind.fullmatch(name.rsplit("/", 1)[-1])
        for name in (names if isinstance(names, list) else [names])
    )


def _name(value: object) -> str | None:
    if isinstance(value, list):
        return ", ".join(filter(None, (_name(v) for v in value[:20]))) or None
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) and not value.startswith("http") else None


def _first(*values: object) -> str | None:
    for value in values:
        if isinstance(value, str):
            # Half of a surrogate pair, which an escape in JSON can give, can't be stored.
            whole = " ".join(value.encode("utf-8", "ignore").decode().split())
            if whole:
                return whole
    return None
