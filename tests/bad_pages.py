"""Bad inputs: pages and feeds."""

from __future__ import annotations

import json
from datetime import date
from html import escape

from tests.bad_input import Told, one, refused, report, taken

__all__ = ["PAGES"]

_NO_TEXT = "no article text found in the page"
_TRAP = "XML with a document type, which could hide a trap"


def _page(ship: str, head: str = "", body: str = "") -> str:
    paragraphs = "".join(f"<p>{s}</p>" for s in report(ship).splitlines())
    return f"<!DOCTYPE html><html><head>{head}</head><body><article>{body}{paragraphs}</article>"


def _stating(day: str) -> str:
    said = {"@type": "NewsArticle", "headline": "Ferry strikes pier", "datePublished": day}
    return f'<script type="application/ld+json">{json.dumps(said)}</script>'


def _laughs(inside: str) -> str:
    """Ten entities, each ten times the one before, and a document that shows the last."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    return f'<?xml version="1.0"?><!DOCTYPE rss [{entities}]>{inside}'


def _feed(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>Post</title>{"".join(items)}</channel></rss>'


def _item(key: str, text: str, more: str = "") -> str:
    return f"<item><guid>{key}</guid>{more}<description>{escape(text)}</description></item>"


def _many_attributes() -> bytes:
    return _page("Attra", body="<p " + " ".join(f"a{n}=1" for n in range(200_000)) + ">").encode()


_HTML = (
    one("a page of nothing", "a.html", "<html><body></body></html>", refused(_NO_TEXT)),
    one(
        "a page of scripts",
        "a.html",
        "<html><script>var a = '<p>Ferry</p>'</script></html>",
        refused(_NO_TEXT),
    ),
    one(
        "90,000 nested elements",
        "a.html",
        lambda: f"<html><body>{'<div>' * 90_000}{report('Deepa')}",
        refused(_NO_TEXT),
    ),
    one(
        "150,000 paragraphs",
        "a.html",
        lambda: b"<html><body>" + b"<p>Ferry strikes pier.</p>" * 150_000,
        refused("a page of more than 100,000 tags: save the article's text instead"),
    ),
    one(
        "200,000 attributes", "a.html", _many_attributes, refused("a page with too many attributes")
    ),
    one(
        "entities",
        "a.html",
        _page(
            "Enta",
            "<title>Ferry &amp; pier &#8211; &lt;b&gt;&#0;&#xD800;&#1114112;</title>",
            "<p>The mayor said &ldquo;no&rdquo; to M&uuml;ller &amp; Sons on the quay.</p>",
        ),
        taken(holds="said “no” to Müller & Sons"),
    ),
    one(
        "terminal codes in a page's title",
        "a.html",
        _page("Esco", "<title>Ferry \x1b[31m&#27;[32m&#155;33m strikes</title>"),
        taken(title="Ferry ›33m strikes"),
    ),
    one(
        "a script in a title",
        "a.html",
        _page(
            "Scrip", "<meta property='og:title' content='&lt;script&gt;alert(1)&lt;/script&gt;'>"
        ),
        taken(title="<script>alert(1)</script>"),
    ),
    one(
        "an unknown charset",
        "a.html",
        _page("Chara", "<meta charset=klingon>"),
        refused("declares the unknown encoding 'klingon': convert it to UTF-8"),
    ),
    one(
        "a charset that it is not in",
        "a.html",
        _page("Chari", "<meta charset=utf-8>").encode() + b"<p>Caf\xe9</p>",
        refused("not valid utf-8 (at byte "),
    ),
    one(
        "a charset that runs code",
        "a.html",
        _page("Charo", "<meta charset=unicode_escape>"),
        refused("declares the unknown encoding 'unicode_escape'"),
    ),
    one(
        "JSON-LD nested without end",
        "a.html",
        _page("Jasona", f'<script type="application/ld+json">{"[" * 100_000}</script>'),
        taken(),
    ),
    one("a page of 2099", "a.html", _page("Pagea", _stating("2099-05-03")), taken(published=None)),
    one(
        "a page in another zone",
        "a.html",
        _page("Pageo", _stating("2024-05-03T23:30:00-05:00")),
        taken(published=date(2024, 5, 3), title="Ferry strikes pier"),
    ),
    one("a page that is text", "a.html", report("Texta"), refused(_NO_TEXT)),
)

_FEEDS = (
    one("a billion laughs", "a.rss", _laughs(_feed(_item("a", "&l9;"))), refused(_TRAP)),
    one(
        "a file in a feed",
        "a.xml",
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _feed("<item>&x;</item>"),
        refused(_TRAP),
    ),
    one(
        "a DTD from elsewhere",
        "a.xml",
        '<!DOCTYPE rss SYSTEM "http://x.example/a.dtd">' + _feed(),
        refused(_TRAP),
    ),
    one(
        "a feed that breaks",
        "a.rss",
        _feed(_item("a", report("Fida")), "\n<item></wrong>"),
        taken("a"),
        refused("not valid XML (line 3: mismatched tag): save it anew"),
    ),
    one(
        "a feed cut off",
        "a.rss",
        _feed(_item("a", report("Fido")), _item("b", "x"))[:-60],
        taken("a"),
        refused("not valid XML (line 2: unclosed token)"),
    ),
    one("a feed of nothing", "a.rss", _feed(), refused("a feed without items: remove it")),
    one(
        "XML of something else",
        "a.xml",
        "<note>Ferry</note>",
        refused("XML that is no RSS or Atom"),
    ),
    one(
        "a feed of 1,000 levels",
        "a.rss",
        _feed("<item>" + "<a>" * 1000),
        refused("XML of more than 500"),
    ),
    one(
        "a feed in an unknown encoding",
        "a.rss",
        '<?xml version="1.0" encoding="x-no"?>' + _feed(),
        refused("declares the unknown encoding 'x-no'"),
    ),
    one(
        "a feed that is not in its encoding",
        "a.rss",
        _feed("Caf\xe9").encode("latin-1"),
        refused("not valid in its encoding (utf-8): convert it to UTF-8"),
    ),
    one(
        "an item without text",
        "a.rss",
        _feed(_item("a", " "), _item("b", report("Itema"))),
        refused("item 1: no text in it", "a"),
        taken("b"),
    ),
    one(
        "an item with a trap of attributes",
        "a.rss",
        lambda: _feed(
            _item("a", "<p " + "a=1 b " * 30_000 + ">"), _item("b", report("Itemo"))
        ).encode(),
        refused("item 1: a page with too many attributes", "a"),
        taken("b"),
    ),
    one(
        "an item of 2099",
        "a.rss",
        _feed(_item("a", report("Itemi"), "<pubDate>Sun, 03 May 2099 10:00:00 GMT</pubDate>")),
        taken("a", published=None),
    ),
    one(
        "the same item twice",
        "a.rss",
        _feed(*[_item("a", report("Twica"))] * 2),
        taken("a"),
        Told("duplicate", "the same text as ", "item 2"),
    ),
)

PAGES = (*_HTML, *_FEEDS)
