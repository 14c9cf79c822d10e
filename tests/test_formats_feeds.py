from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.formats import feeds
from ingest.formats.part import BadPart, Part, ReadOptions
from rag.errors import RejectedFile

SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(*items: str, title: str = "The Harbour Post") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0"?><rss version="2.0" {SPACES}><channel><title>{title}</title>'
        "<image><title>A picture</title></image><link>https://post.example</link>"
        f'<atom:link rel="self" href="https://post.example/feed"/>{inside}</channel></rss>'
    )


def atom(*entries: str) -> str:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>The Harbour Post</title>'
        f"<author><name>The desk</name></author>{inside}</feed>"
    )


def read(
    content: str | bytes, max_mb: int = 20, encoding: str | None = None
) -> list[Part | BadPart]:
    raw = content.encode() if isinstance(content, str) else content
    return list(feeds.articles(io.BytesIO(raw), ReadOptions(max_mb=max_mb, encoding=encoding)))


def one(content: str | bytes, encoding: str | None = None) -> Part:
    (part,) = read(content, encoding=encoding)
    assert isinstance(part, Part), part
    return part


def refusal(content: str | bytes, max_mb: int = 20) -> str:
    with pytest.raises(RejectedFile) as caught:
        read(content, max_mb)
    return str(caught.value)


URL = "https://post.example/ferry"
FULL = f"""<title>Ferry &amp;amp; pier</title><media:title>Photo</media:title><link>{URL}</link>
<description>A teaser.</description><guid isPermaLink="false">n1</guid>
<content:encoded><![CDATA[<p>The ferry&nbsp;struck <b>the</b> pier.</p><script>x()</script>
<p>Nobody was hurt.<br>Or so it seemed.</p>]]></content:encoded>
<pubDate>Fri, 03 May 2024 23:30:00 -0500</pubDate><dc:creator>Jane Doe</dc:creator>"""
ENTRY = f"""<id>n1</id><title type="html">Ferry &amp;amp; pier</title>
<link rel="self" href="https://post.example/self"/><link href="{URL}"/>
<published>2024-05-03T23:30:00-05:00</published><updated>2024-05-09T10:00:00Z</updated>
<author><name>Jane Doe</name></author><summary>A teaser.</summary>
<content type="html">&lt;p&gt;The ferry struck the pier.&lt;/p&gt;
&lt;p&gt;Nobody was hurt.&lt;br&gt;Or so it seemed.</content>"""
RDF = f"""<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" {SPACES}
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel><title>The Harbour Post</title>
</channel><item rdf:about="n1"><title>Ferry &amp; pier</title><link>{URL}</link>
<description>The ferry struck the pier.\n\nNobody was hurt.\nOr so it seemed.</description>
<dc:date>2024-05-03T23:30:00-05:00</dc:date><dc:creator>Jane Doe</dc:creator></item></rdf:RDF>"""


@pytest.mark.parametrize("feed", [rss(FULL), atom(ENTRY), RDF], ids=["RSS 2", "Atom", "RSS 1"])
def test_an_item_is_read_with_what_the_feed_states_of_it(feed: str) -> None:
    part = one(feed)
    assert part.text == "The ferry struck the pier.\n\nNobody was hurt.\nOr so it seemed."
    stated = part.stated
    assert (stated.title, stated.outlet) == ("Ferry & pier", "The Harbour Post")
    assert (stated.byline, stated.url, part.key) == ("Jane Doe", URL, "n1")


@pytest.mark.parametrize("feed", [rss(FULL), atom(ENTRY), RDF], ids=["RSS 2", "Atom", "RSS 1"])
def test_the_day_is_the_one_that_the_feed_writes_whatever_the_hour(feed: str) -> None:
    assert one(feed).stated.published == date(2024, 5, 3)


def test_the_day_of_an_update_is_not_that_of_publication() -> None:
    entry = "<title>a</title><updated>2024-05-09T10:00:00Z</updated><content>Text.</content>"
    assert one(atom(entry)).stated.published is None


def test_xhtml_in_a_feed_is_read_as_what_it_shows() -> None:
    content = (
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>5 &lt; 6 <em>and</em>'
        ' 7.</p><ul><li>One</li><li>Two</li></ul><p style="display: none">x</p></div></content>'
    )
    assert one(atom(content)).text == "5 < 6 and 7.\n\nOne\nTwo"


@pytest.mark.parametrize(
    ("description", "text"),
    [
        ("Plain words,\n\non two lines.", "Plain words,\n\non two lines."),
        ("5 &lt; 6, said A&amp;B.", "5 < 6, said A&B."),
        ("&lt;p&gt;Fish &amp;amp; chips&lt;/p&gt;", "Fish & chips"),
        ("<![CDATA[Fish &#38; chips]]>", "Fish & chips"),
    ],
)
def test_a_description_is_plain_or_html_as_it_looks(description: str, text: str) -> None:
    assert one(rss(f"<description>{description}</description>")).text == text


def test_the_source_that_an_item_names_is_its_outlet() -> None:
    item = '<description>a</description><source url="https://b.example">The Bay Post</source>'
    assert one(rss(item)).stated.outlet == "The Bay Post"


@pytest.mark.parametrize(
    ("author", "byline"),
    [
        ("jane@post.example (Jane Doe)", "Jane Doe"),
        ("jane@post.example", None),
        ("Jane Doe", "Jane Doe"),
    ],
)
def test_an_author_s_address_is_no_byline(author: str, byline: str | None) -> None:
    item = f"<description>a</description><author>{author}</author>"
    assert one(rss(item)).stated.byline == byline


def test_several_authors_are_all_named() -> None:
    names = "".join(f"<author><name>{n}</name></author>" for n in ("Jane Doe", "John Roe"))
    assert one(atom(f"<content>a</content>{names}")).stated.byline == "Jane Doe, John Roe"


def test_an_item_without_text_is_named_and_the_others_are_read() -> None:
    first, bad, last = read(
        rss(
            "<description>one</description>",
            "<title>Ferry</title>",
            "<description>two</description>",
        )
    )
    assert bad == BadPart("item 2: no text in it", "item 2")
    assert isinstance(first, Part) and isinstance(last, Part)
    assert (first.text, first.key, last.key) == ("one", "item 1", "item 3")


def test_an_item_that_comes_twice_is_named_by_its_place_the_second_time() -> None:
    keys = [part.key for part in read(rss(FULL, FULL, FULL.replace("n1", "n2")))]
    assert keys == ["n1", URL, "n2"]


def test_an_item_larger_than_allowed_is_passed_over() -> None:
    bad, good = read(rss(f"<description>{'ferry ' * 200_000}</description>", FULL), max_mb=1)
    assert isinstance(bad, BadPart) and bad.reason.startswith("item 1: larger than 1 MB")
    assert isinstance(good, Part) and good.key == "n1"


class Long(io.RawIOBase):
    """A feed of many items, made as it is read."""

    def __init__(self, head: bytes, pieces: Iterator[bytes]) -> None:
        self._next, self._pieces = head, pieces

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        self._next = self._next or next(self._pieces, b"")
        piece, self._next = self._next[: len(buffer)], self._next[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def last_of(parts: Iterator[Part | BadPart]) -> Part | BadPart | None:
    last = None
    for part in parts:
        last = part
    return last


LONG = {
    "items": ("", f"<item><description>{'ferry ' * 400}</description></item>"),
    "an item": ("<item><description>", "ferry" * 999),
    "a tag": ("<item", " a='b'" * 999),
    "a comment": ("<!--", "ferry" * 999),
}


@pytest.mark.parametrize(("before", "piece"), LONG.values(), ids=LONG)
def test_a_feed_of_any_length_is_read_without_being_held(before: str, piece: str) -> None:
    head = rss().removesuffix("</channel></rss>") + before
    stream = Long(head.encode(), (piece.encode() for _ in range(10_000_000 // len(piece))))
    tracemalloc.start()
    with pytest.raises(RejectedFile, match=r"not valid XML|a tag longer"):
        last_of(feeds.articles(io.BufferedReader(stream, 1 << 16), ReadOptions(max_mb=1)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6_000_000


TRAPS = [
    "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]>",
    "<!DOCTYPE rss SYSTEM 'file:///etc/passwd'>",
    "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    "<!DOCTYPE rss [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/'>%x;]>",
]


@pytest.mark.parametrize("trap", TRAPS)
def test_a_document_type_is_refused_before_any_entity_is_read(trap: str) -> None:
    feed = rss("<description>&x;&b;</description>").replace("<rss", trap + "<rss")
    assert "document type" in refusal(feed)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<html><body><item>a</item></body></html>", "no RSS or Atom feed"),
        (rss(), "a feed without items"),
        (rss(FULL)[:-30], "not valid XML (line 5: "),
        ("", "not valid XML (line 1: no element found)"),
        ("The ferry struck the pier.", "not valid XML"),
        (rss("<description>&nbsp;</description>"), "undefined entity"),
        ("<a>" * 1000, "more than 500 levels"),
        (b"<rss>\xff</rss>", "not valid in its encoding (utf-8)"),
        *(
            (f"<?xml version='1.0' encoding='{name}'?><rss/>", f"unknown encoding '{name}'")
            for name in ("klingon", "punycode", "hex", "rot13", "unicode_escape", "undefined")
        ),
    ],
)
def test_a_file_that_is_no_feed_is_refused(content: str | bytes, reason: str) -> None:
    assert reason in refusal(content)


def test_the_items_before_a_fault_have_been_given() -> None:
    padding = "<item><description>two</description></item>" * 4000
    feed = rss(FULL).replace("</channel>", padding + "<broken")
    taken: list[Part | BadPart] = []
    with pytest.raises(RejectedFile):
        taken.extend(feeds.articles(io.BytesIO(feed.encode()), ReadOptions()))
    assert taken and taken[0].key == "n1"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("ISO-8859-1", "cp1252"), ("gb2312", "gb18030"), ("utf-16", "utf-16"), ("UTF-8", "utf-8-sig")],
)
def test_the_encoding_that_a_feed_declares_is_taken(declared: str, codec: str) -> None:
    feed = rss("<description>“é” 中</description>" if codec != "cp1252" else
               "<description>“é” €</description>")  # fmt: skip
    feed = feed.replace('"1.0"?', f'"1.0" encoding="{declared}"?')
    assert one(feed.encode(codec)).text.startswith("“é” ")


def test_the_encoding_that_the_user_names_is_for_feeds_that_declare_none() -> None:
    feed = rss("<description>café</description>").encode("cp1252")
    assert one(feed, encoding="cp1252").text == "café"


@hypothesis_settings(max_examples=100, deadline=2000)
@given(st.data())
def test_whatever_the_bytes_only_items_and_reasons_come_of_a_feed(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([rss(FULL, FULL), atom(ENTRY), RDF, ""])).encode()
    content = bytearray(base or data.draw(st.binary(max_size=200)))
    marks = st.sampled_from([b"<", b">", b"]]>", b"<item>", b"</item>", b"&#xD800;", b"&#0;"])
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(content)))
        put = data.draw(st.binary(max_size=4) | marks)
        content[at : at + data.draw(st.integers(0, 6))] = put
    try:
        parts = read(bytes(content))
    except RejectedFile:
        return
    for part in parts:
        if isinstance(part, Part):
            assert part.text.encode() and str(part.stated).encode() and part.key
