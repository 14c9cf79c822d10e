from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ingest.article import parse
from ingest.read import read_one
from ingest.split import sentences_of
from rag.errors import RejectedFile
from rag.types import Article
from tests.test_masthead import BODY

PARAGRAPHS = "".join(f"<p>{p.strip()}</p>" for p in BODY.split("\n\n"))


def page(head: str = "", *, inside: str = "", top: str = "<h1>Ferry strikes pier</h1>") -> str:
    return (
        f"<!DOCTYPE html><html><head>{head}</head><body><nav><a href='/'>Home</a><a href='/w'>World"
        "</a></nav><div class='cookie-banner'>We use cookies. <button>Accept all</button></div>"
        f"<article>{top}{inside}{PARAGRAPHS}</article><aside><h3>Related stories</h3><ul><li>"
        "<a href='/x'>Ferry captain questioned</a></li></ul></aside><footer>© 2024 Post</footer>"
        "</body></html>"
    )


def ld(json: str) -> str:
    return f'<script type="application/ld+json">{json}</script>'


Take = Callable[..., Article]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Reads a page as the article it holds."""

    def run(html: str | bytes, name: str = "a.html") -> Article:
        path = tmp_path / name
        path.write_bytes(html.encode() if isinstance(html, str) else html)
        return parse(read_one(path))

    return run


def quoted(article: Article) -> list[str]:
    return [article.text[s.start : s.end] for s in sentences_of(article)]


FULL = (
    '{"@type":"NewsArticle","headline":"Ferry strikes pier","datePublished":"2024-05-03T10:00Z",'
    '"dateModified":"2024-05-09","author":[{"name":"Jane Doe"},{"name":"John Roe"}],'
    '"publisher":{"name":"The Harbour Post"}}'
)
GRAPH = (
    '{"@graph":[{"@type":"WebPage","datePublished":"2020-01-01"},{"@type":"Organization",'
    '"@id":"#o","name":"The Harbour Post"},{"@type":"Person","@id":"#p","name":"Jane Doe"},'
    '{"@type":["Article"],"headline":"Ferry strikes pier","datePublished":"2024-05-03",'
    '"author":{"@id":"#p"},"publisher":{"@id":"#o"}}]}'
)
METAS = (
    '<meta property="article:published_time" content="2024-05-03T10:00:00+00:00">'
    '<meta property="og:site_name" content="The Harbour Post">'
    '<meta property="og:title" content="Ferry strikes pier | The Harbour Post">'
    '<meta property="article:author" content="https://facebook.example/jane">'
    '<meta name="author" content="By Jane Doe">'
)


@pytest.mark.parametrize(
    ("head", "byline"),
    [
        (ld(FULL), "Jane Doe, John Roe"),
        (ld(f'[{{"@type":"BreadcrumbList"}},{FULL}]'), "Jane Doe, John Roe"),
        (ld(f"<!-- {FULL} -->"), "Jane Doe, John Roe"),
        (ld(GRAPH), "Jane Doe"),
        (METAS, "Jane Doe"),
        (ld('{"@type":"NewsArticle","headline":') + METAS, "Jane Doe"),
        (ld("[" * 100_000) + METAS, "Jane Doe"),
    ],
    ids=["object", "list", "comment", "graph", "metas", "broken JSON", "endless JSON"],
)
def test_a_page_s_own_metadata_is_taken_wherever_it_stands(
    take: Take, head: str, byline: str
) -> None:
    found = take(page(head))
    assert (found.title, found.outlet, found.published, found.byline) == (
        "Ferry strikes pier",
        "The Harbour Post",
        date(2024, 5, 3),
        byline,
    )


@pytest.mark.parametrize(
    "html",
    [
        page(),
        page('<link rel="canonical" href="https://post.example/2024/05/03/ferry">'),
        page('<meta property="article:modified_time" content="2024-05-04T10:00:00Z">'),
        page(ld('{"@type":"NewsArticle","headline":"Ferry","dateModified":"2024-05-04"}')),
        page(ld('{"@type":"NewsArticle","headline":"Ferry","datePublished":"03/04/2024"}')),
        page(ld('{"@type":"JobPosting","datePublished":"2024-05-03"}')),
        page(
            inside='<time itemprop="datePublished" datetime="2024-05-03">3</time>'
            '<time itemprop="datePublished" datetime="2024-05-09">9</time>'
        ),
        page(inside="<p>The inquiry opened on 3 May 2021 in the town hall of the port.</p>"),
    ],
    ids=["none", "address", "modified", "modified in JSON", "ambiguous", "other", "two", "in text"],
)
def test_a_date_that_a_page_does_not_state_stays_unknown(take: Take, html: str) -> None:
    assert take(html).published is None


@pytest.mark.parametrize(
    "mark",
    [
        '<time itemprop="datePublished" datetime="2024-05-03">May</time>',
        '<span itemprop="datePublished">3 May 2024</span>',
        "<p>Published 3 May 2024</p>",
    ],
)
def test_a_date_marked_or_printed_in_the_page_is_taken(take: Take, mark: str) -> None:
    found = take(page(inside=mark))
    assert found.published == date(2024, 5, 3)
    assert "2024" not in " ".join(quoted(found))


def test_only_the_article_is_quotable_of_a_page(take: Take) -> None:
    inside = (
        "<p>Ferry strikes pier</p><p>By Jane Doe</p><figure><img src='x'><figcaption>The ferry."
        " Erik Holm/Reuters</figcaption></figure><p>Share this article</p>"
    )
    found = take(page(METAS, inside=inside))
    assert len(quoted(found)) == 3
    assert " ".join(quoted(found)).split() == BODY.split()


def test_lists_and_quotations_of_an_article_stay_quotable(take: Take) -> None:
    inside = "<blockquote><p>We prayed for land.</p></blockquote><ul><li>Fourteen hurt</li></ul>"
    assert {"We prayed for land.", "Fourteen hurt"} <= set(quoted(take(page(inside=inside))))


@pytest.mark.parametrize("title", ["Ferry strikes pier - The Harbour Post", ""])
def test_a_page_without_metadata_takes_its_title_from_its_heading(take: Take, title: str) -> None:
    assert take(page(f"<title>{title}</title>")).title == "Ferry strikes pier"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("windows-1252", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("utf-8", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-8"),
    ],
)
def test_a_page_s_encoding_is_the_one_browsers_would_use(
    take: Take, declared: str, encoding: str
) -> None:
    said = "“We lost the rudder at nine and prayed,” the captain of the ferry said on Friday."
    html = page(f'<meta charset="{declared}">', inside=f"<p>{said}</p>")
    assert said in quoted(take(html.encode(encoding)))


def test_a_hebrew_page_in_its_old_encoding_is_read(take: Take) -> None:
    said = "שני בני אדם נפצעו ביום חמישי בתאונת מעבורת בנמל, כך נמסר מהמשטרה."
    html = f'<meta charset="iso-8859-8-i"><body><article><p>{said}</p><p>{said}</p></article>'
    assert said in quoted(take(html.encode("iso-8859-8")))


def test_xhtml_with_an_xml_declaration_is_read(take: Take) -> None:
    html = '<?xml version="1.0" encoding="UTF-8"?>\n' + page(METAS)
    found = take(html, "a.xhtml")
    assert found.published == date(2024, 5, 3)
    assert len(quoted(found)) == 3


@pytest.mark.parametrize(
    "html",
    [
        "<html><body><h1>Ferry strikes pier<p>" + PARAGRAPHS + "<div><b><i></html></p>",
        page(ld('{"@type":"NewsArticle","headline":"Ferry \\ud800 strikes pier"}')),
        page(inside="<p>&#xD800;&#0; officials &amp; others said on Friday evening.</p>"),
    ],
    ids=["unclosed", "half a letter in JSON", "half a letter in text"],
)
def test_a_malformed_page_still_gives_text_that_can_be_stored(take: Take, html: str) -> None:
    found = take(html)
    assert len(quoted(found)) >= 3
    (found.text + (found.title or "")).encode()


@pytest.mark.parametrize(
    "html", ["<html><body></body></html>", "<!-- nothing -->", "<frameset><frame></frameset>", "x"]
)
def test_a_page_without_an_article_is_rejected_with_a_way_out(take: Take, html: str) -> None:
    with pytest.raises(RejectedFile, match=r"no article text.*save it as text"):
        take(html)


def test_a_page_in_an_unknown_encoding_is_rejected_by_its_name(take: Take) -> None:
    with pytest.raises(RejectedFile, match=r"'klingon'.*--encoding"):
        take(page('<meta charset="klingon">'))
