from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from ingest.formats.part import BadPart, Part, ReadOptions
from ingest.web.fetch import Limits, Unchanged, Validators
from ingest.web.pages import sources_at
from ingest.web.visitor import Visitor
from rag.errors import RejectedFile
from tests.test_html import page
from tests.web_site import PUBLIC, Answer, Site

LIMITS = Limits(total_s=5, delay_s=0)
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Harbour Post</title>
<link>https://harbourpost.example/</link><description>News</description>{}</channel></rss>"""
ITEM = (
    "<item><title>{0}</title><link>{1}</link><guid>{0}</guid>"
    "<pubDate>Fri, 03 May 2024 10:00:00 GMT</pubDate>"
    "<description>The ferry Halcyon struck a pier, says {0}.</description></item>"
)


def feed(**links: str) -> Answer:
    items = "".join(ITEM.format(name, link) for name, link in links.items())
    return Answer(RSS.format(items), "application/rss+xml")


@pytest.fixture
def site() -> Iterator[Site]:
    answers = {
        "/a": Answer(page()),
        "/b": Answer(page(top="<h1>Council votes</h1>")),
        "/feed": feed(One="/a", Two="/b"),
    }
    with Site(answers) as site:
        yield site


def visitor(known: Mapping[str, Validators] | None = None) -> Visitor:
    return Visitor(LIMITS, allow_private=True, known=known)


def at(site: Site, path: str, **options: Any) -> list[Any]:
    return list(sources_at(site.url + path, visitor(), **options))


def refusal(site: Site, path: str, **options: Any) -> str:
    with pytest.raises(RejectedFile) as caught:
        at(site, path, **options)
    return str(caught.value)


def one(site: Site, answer: Answer, **options: Any) -> Part:
    """The one article of a page."""
    site.answers["/x"] = answer
    (part,) = at(site, "/x", **options)
    assert isinstance(part, Part)
    return part


def test_a_page_is_one_article_of_its_main_text(site: Site) -> None:
    (part,) = at(site, "/a")
    assert part.text.startswith("Ferry strikes pier") and "Related stories" not in part.text
    assert part.stated.title == "Ferry strikes pier"
    assert part.key is None


@pytest.mark.parametrize(
    ("canonical", "stated"),
    [
        ("", "{site}/x"),
        ("https://harbourpost.example/ferry#top", "https://harbourpost.example/ferry"),
        ("/ferry", "{site}/ferry"),
        ("javascript:void(0)", "{site}/x"),
        ("https://ada:secret@harbourpost.example/", "{site}/x"),
    ],
)
def test_a_page_has_the_address_that_it_states_or_else_where_it_was(
    site: Site, canonical: str, stated: str
) -> None:
    head = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    assert one(site, Answer(page(head))).stated.url == stated.format(site=site.url)


def test_a_page_behind_a_redirect_has_the_address_it_was_at(site: Site) -> None:
    site.answers["/old"] = Answer(status=301, headers={"Location": "/a"})
    (part,) = at(site, "/old")
    assert part.stated.url == f"{site.url}/a"


@pytest.mark.parametrize("kind", ["text/plain", "text/markdown; charset=utf-8", None])
def test_a_text_is_one_article_as_it_is(site: Site, kind: str | None) -> None:
    part = one(site, Answer("# Fähre\n\nThe ferry struck the pier.\n", kind))
    assert part.text == "# Fähre\n\nThe ferry struck the pier.\n"
    assert part.stated.url == f"{site.url}/x"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", None])
def test_what_begins_as_a_page_is_read_as_one(site: Site, kind: str | None) -> None:
    body = "<!-- made by hand -->\n" + page()
    assert "Home" not in one(site, Answer(body, kind)).text


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/xml", "text/xml", None])
def test_what_begins_as_a_feed_is_read_as_one(site: Site, kind: str | None) -> None:
    site.answers["/x"] = Answer(site.answers["/feed"].body, kind)
    assert len(at(site, "/x")) == 2


def test_a_page_without_an_article_is_refused(site: Site) -> None:
    site.answers["/x"] = Answer("<!doctype html><title>Loading</title><div id=app></div>")
    assert "no article text found" in refusal(site, "/x")


def test_xml_that_is_neither_page_nor_feed_is_refused(site: Site) -> None:
    site.answers["/x"] = Answer("<?xml version='1.0'?><urlset/>", "application/xml")
    assert "XML that is neither a page nor a feed" in refusal(site, "/x")


@pytest.mark.parametrize("kind", ["application/pdf", "text/html"])
def test_a_pdf_is_read_as_one(site: Site, kind: str) -> None:
    site.answers["/x"] = Answer(b"%PDF-1.7 and nothing of one", kind)
    assert "PDF" in refusal(site, "/x")


def test_a_page_that_can_not_be_fetched_says_why(site: Site) -> None:
    assert refusal(site, "/none") == "not there (404): check the address"


# Encodings

FERRY = "Die Fähre „Möwe“ rammte den Kai – 12 € Schaden, sagte der Hafenmeister."


def german(head: str = "") -> str:
    return page(head, inside=f"<p>{FERRY}</p>")


@pytest.mark.parametrize(
    ("charset", "declared", "codec"),
    [
        ("", "", "utf-8"),
        ("utf-8", "", "utf-8"),
        ("utf-8", "iso-8859-1", "utf-8"),
        ("windows-1252", "", "cp1252"),
        ("iso-8859-1", "utf-8", "cp1252"),
        ("", "iso-8859-1", "cp1252"),
        ("no-such-charset", "windows-1252", "cp1252"),
        ("utf-16", "", "utf-16-le"),
        ("utf-16be", "", "utf-16-be"),
        ("iso-8859-1", "iso-8859-1", "utf-8-sig"),
    ],
)
def test_the_servers_encoding_goes_before_the_pages_own(
    site: Site, charset: str, declared: str, codec: str
) -> None:
    kind = f"text/html; charset={charset}" if charset else "text/html"
    head = f'<meta charset="{declared}">' if declared else ""
    assert FERRY in one(site, Answer(german(head).encode(codec), kind)).text


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", "; charset=gb18030"])
def test_a_page_that_is_not_valid_in_its_encoding_is_refused(site: Site, charset: str) -> None:
    body = german().encode("cp1252").replace(b"\xe4", b"\xff")
    site.answers["/x"] = Answer(body, "text/html" + charset)
    assert refusal(site, "/x").startswith("not valid ")


@pytest.mark.parametrize("name", ["punycode", "unicode_escape", "utf-7", "x-user-defined"])
def test_encodings_that_are_not_of_the_web_are_not_used(site: Site, name: str) -> None:
    assert FERRY in one(site, Answer(german(), f"text/html; charset={name}")).text
    site.answers["/x"] = Answer(german(f"<meta charset='{name}'>"), "text/html")
    assert f"the unknown encoding {name!r}" in refusal(site, "/x")


def test_the_encoding_that_the_user_names_goes_before_the_servers(site: Site) -> None:
    answer = Answer(german().encode("cp1252"), "text/html; charset=gb18030")
    assert FERRY in one(site, answer, options=ReadOptions(encoding="cp1252")).text


@pytest.mark.parametrize(
    ("declaration", "codec"),
    [
        ("", "cp1252"),
        ('encoding="utf-8"', "utf-8"),
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
    ],
)
def test_a_feeds_own_encoding_goes_before_the_servers(
    site: Site, declaration: str, codec: str
) -> None:
    xml = RSS.replace('"1.0"', f'"1.0" {declaration}', 1).format(ITEM.format("Fähre", "/a"))
    kind = "application/rss+xml; charset=iso-8859-1"
    part = one(site, Answer(xml.encode(codec), kind))
    assert part.stated.title == "Fähre"


def test_a_mark_at_the_start_tells_the_encoding(site: Site) -> None:
    body = codecs.BOM_UTF16_LE + "The ferry struck the pier.".encode("utf-16-le")
    assert one(site, Answer(body, "text/plain")).text == "The ferry struck the pier."


# Feeds


def test_a_feed_gives_the_text_in_it_and_asks_for_no_page(site: Site) -> None:
    first, second = at(site, "/feed")
    assert first.text == "The ferry Halcyon struck a pier, says One."
    assert first.stated.outlet == "The Harbour Post"
    assert first.stated.published == date(2024, 5, 3)
    assert (first.stated.url, second.stated.url) == (f"{site.url}/a", f"{site.url}/b")
    assert first.key and second.key and first.key != second.key
    assert site.paths == ["/feed"]


def test_links_that_lead_nowhere_are_left_out(site: Site) -> None:
    site.answers["/feed"] = feed(One="mailto:a@b.example", Two="")
    assert [part.stated.url for part in at(site, "/feed", follow=True)] == [None, None]


def test_the_pages_of_a_feed_are_fetched_where_that_is_wanted(site: Site) -> None:
    summaries = at(site, "/feed")
    first, second = at(site, "/feed", follow=True)
    assert "harbour" in first.text and "says One" not in first.text
    assert [first.key, second.key] == [part.key for part in summaries]
    assert second.stated.title == "Council votes"
    assert site.paths[1:] == ["/feed", "/a", "/b"]


def test_what_a_page_does_not_state_its_feed_does(site: Site) -> None:
    first, _ = at(site, "/feed", follow=True)
    assert first.stated.title == "Ferry strikes pier"  # the feed says One
    assert (first.stated.outlet, first.stated.published) == ("The Harbour Post", date(2024, 5, 3))


def test_a_page_of_a_feed_that_fails_leaves_the_others(site: Site) -> None:
    site.answers["/feed"] = feed(One="/none", Two="/b", Three="/feed")
    bad, good, again = at(site, "/feed", follow=True)
    assert isinstance(bad, BadPart) and isinstance(good, Part) and isinstance(again, BadPart)
    assert bad.reason == f"{site.url}/none: not there (404): check the address"
    assert bad.key == at(site, "/feed")[0].key
    assert "a feed, where an article was expected" in again.reason


def test_the_pages_of_a_feed_are_subject_to_the_sites_rules(site: Site) -> None:
    site.answers["/robots.txt"] = Answer("User-agent: *\nDisallow: /a", "text/plain")
    bad, good = at(site, "/feed", follow=True)
    assert isinstance(bad, BadPart) and "robots.txt" in bad.reason
    assert isinstance(good, Part)


def test_a_public_feed_can_not_lead_to_private_pages(site: Site) -> None:
    site.answers["/feed"] = feed(One=f"{site.url}/a", Two="http://inner.example/b")
    names = {"news.example": [PUBLIC], "inner.example": ["192.168.0.1"]}
    visitor = Visitor(LIMITS, allow_private=True, network=site.network(names))
    parts = list(sources_at("http://news.example/feed", visitor, follow=True))
    assert all(isinstance(p, BadPart) and "private address" in p.reason for p in parts)
    assert site.paths == ["/feed"]


def test_pages_are_fetched_one_by_one_as_they_are_taken(site: Site) -> None:
    parts = sources_at(f"{site.url}/feed", visitor(), follow=True)
    next(parts)
    assert site.paths == ["/feed", "/a"]


# Asking again


def again(site: Site, path: str, *, follow: bool = False) -> list[Any]:
    """What the second of two runs gives."""
    first = visitor()
    list(sources_at(site.url + path, first, follow=follow))
    second = visitor(first.validators)
    parts = list(sources_at(site.url + path, second, follow=follow))
    assert second.validators == first.validators
    return parts


def tagged(answer: Answer) -> Answer:
    return Answer(answer.body, answer.kind, headers={"ETag": '"1"'})


def test_a_page_that_has_not_changed_is_not_read_again(site: Site) -> None:
    site.answers["/a"] = tagged(site.answers["/a"])
    assert again(site, "/a") == [Unchanged(f"{site.url}/a")]


@pytest.mark.parametrize("follow", [False, True])
def test_a_feed_that_has_not_changed_is_not_read_again(site: Site, follow: bool) -> None:
    site.answers["/feed"] = tagged(site.answers["/feed"])
    assert again(site, "/feed", follow=follow) == [Unchanged(f"{site.url}/feed")]


def test_a_changed_feed_asks_only_whether_its_pages_have_changed(site: Site) -> None:
    site.answers["/a"] = tagged(site.answers["/a"])
    first, second = again(site, "/feed", follow=True)
    assert first == Unchanged(f"{site.url}/a", key=at(site, "/feed")[0].key)
    assert isinstance(second, Part)


def test_a_feed_with_a_page_that_failed_is_read_again(site: Site) -> None:
    site.answers["/feed"] = tagged(feed(One="/none", Two="/b"))
    bad, good = again(site, "/feed", follow=True)
    assert isinstance(bad, BadPart) and isinstance(good, Part)


def test_a_feed_read_without_its_pages_is_read_again_with_them(site: Site) -> None:
    site.answers["/feed"] = tagged(site.answers["/feed"])
    first = visitor()
    list(sources_at(f"{site.url}/feed", first))
    parts = sources_at(f"{site.url}/feed", visitor(first.validators), follow=True)
    assert all(isinstance(part, Part) for part in parts)


def test_a_page_that_could_not_be_read_is_not_remembered(site: Site) -> None:
    site.answers["/x"] = tagged(Answer("<!doctype html><div id=app></div>"))
    first = visitor()
    with pytest.raises(RejectedFile):
        list(sources_at(f"{site.url}/x", first))
    assert first.validators == {}


def test_a_page_of_nothing_but_comments_is_told_apart_in_no_time(site: Site) -> None:
    part = one(site, Answer("<!---->" * 5000 + "The ferry.", "text/plain"))
    assert part.text.endswith("The ferry.")
