from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ingest.web.fetch import Fetched, Limits, Unchanged, Validators
from ingest.web.visitor import Visitor
from rag.errors import RejectedFile
from tests.web_site import PUBLIC, Answer, Site

LIMITS = Limits(total_s=5, delay_s=0)


@pytest.fixture
def site() -> Iterator[Site]:
    pages = {f"/{name}": Answer(f"<p>{name}</p>") for name in ("a", "b", "c")}
    with Site(pages) as site:
        yield site


def robots(site: Site, rules: str | bytes, status: int = 200) -> Visitor:
    site.answers["/robots.txt"] = Answer(rules, "text/plain", status)
    return Visitor(LIMITS, allow_private=True)


def refusal(visitor: Visitor, url: str) -> str:
    with pytest.raises(RejectedFile) as caught:
        visitor.get(url)
    return str(caught.value)


CLOSED = (
    "closed to programs by the site's robots.txt: save the page with a browser and ingest the file"
)


@pytest.mark.parametrize(
    "rules",
    [
        "User-agent: *\nDisallow: /",
        "\ufeffUSER-AGENT: *\r\nDISALLOW: /a\r\n",
        "User-agent: citewire\nDisallow: /\n\nUser-agent: *\nAllow: /",
        "User-agent: Other\nUser-agent: Citewire\nDisallow: /a",
        "User-agent: *\nAllow: /\nDisallow: /a",
        "User-agent: *\nDisallow: /*?print",
        "User-agent: *\nDisallow: /*=1$",
        b"# caf\xe9\nUser-agent: *\nDisallow: /a",
    ],
)
def test_what_a_site_closes_to_programs_is_not_fetched(site: Site, rules: str | bytes) -> None:
    assert refusal(robots(site, rules), f"{site.url}/a?print=1") == CLOSED
    assert site.paths == []


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "User-agent: *\nDisallow:",
        "User-agent: Other\nDisallow: /",
        "User-agent: *\nDisallow: /\n\nUser-agent: Citewire\nDisallow: /b",
        "User-agent: *\nDisallow: /\nAllow: /a",
        "<!doctype html><p>Disallow: all of it</p>",
        b"\x00\xff\xfe",
    ],
)
def test_what_a_site_leaves_open_is_fetched(site: Site, rules: str | bytes) -> None:
    assert isinstance(robots(site, rules).get(f"{site.url}/a"), Fetched)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429])
def test_a_site_without_rules_is_open(site: Site, status: int) -> None:
    assert isinstance(robots(site, "", status=status).get(f"{site.url}/a"), Fetched)


@pytest.mark.parametrize("status", [500, 503])
def test_a_site_whose_rules_can_not_be_read_is_closed(site: Site, status: int) -> None:
    message = refusal(robots(site, "", status=status), f"{site.url}/a")
    assert f"the site's robots.txt can't be read (its server has a fault ({status}))" in message
    assert site.paths == []


def test_rules_too_large_to_read_close_a_site(site: Site) -> None:
    message = refusal(robots(site, "#" * 600_000), f"{site.url}/a")
    assert message.startswith("the site's robots.txt can't be read (larger than 0.5 MB")


def test_rules_behind_a_redirect_count(site: Site) -> None:
    site.answers["/rules"] = Answer("User-agent: *\nDisallow: /a", "text/plain")
    site.answers["/robots.txt"] = Answer(status=301, headers={"Location": "/rules"})
    assert refusal(Visitor(LIMITS, allow_private=True), f"{site.url}/a") == CLOSED


def test_rules_are_asked_for_once_a_site(site: Site) -> None:
    visitor = robots(site, "User-agent: *\nDisallow: /c")
    visitor.get(f"{site.url}/a")
    visitor.get(f"{site.url}/b")
    assert [seen.path for seen in site.seen] == ["/robots.txt", "/a", "/b"]


def test_a_host_that_is_not_there_is_tried_once(site: Site) -> None:
    visitor = Visitor(LIMITS, network=site.network({}))
    for _ in range(2):
        assert "no host 'gone.example' was found" in refusal(visitor, "http://gone.example/a")
    assert site.resolved == ["gone.example"]


def test_the_target_of_a_redirect_has_rules_of_its_own(site: Site) -> None:
    site.answers["/b"] = Answer(status=302, headers={"Location": "/a"})
    assert refusal(robots(site, "User-agent: *\nDisallow: /a"), f"{site.url}/b") == CLOSED
    assert site.paths == ["/b"]


@pytest.mark.parametrize("allow_private", [False, True])
def test_not_even_the_rules_of_a_private_site_are_asked_for_by_what_is_public(
    site: Site, allow_private: bool
) -> None:
    site.answers["/b"] = Answer(status=302, headers={"Location": "http://inner.example/a"})
    network = site.network({"news.example": [PUBLIC], "inner.example": ["10.0.0.1"]})
    visitor = Visitor(LIMITS, allow_private=allow_private, network=network)
    assert "private address 10.0.0.1" in refusal(visitor, "http://news.example/b")
    assert site.connected == [PUBLIC, PUBLIC]


def waits(site: Site, limits: Limits, *paths: str) -> list[float]:
    """The seconds waited ahead of each page, none of which pass."""
    waited: list[float] = []
    visitor = Visitor(limits, allow_private=True, sleep=waited.append)
    for path in paths:
        visitor.get(site.url + path)
    return waited


def test_pages_of_one_host_are_asked_for_with_a_pause_between_them(site: Site) -> None:
    waited = waits(site, replace(LIMITS, delay_s=7), "/a", "/b", "/c")
    assert waited == [pytest.approx(7, abs=1)] * 2


def test_a_pause_really_passes(site: Site) -> None:
    visitor = Visitor(replace(LIMITS, delay_s=0.2), allow_private=True)
    visitor.get(f"{site.url}/a")
    visitor.get(f"{site.url}/b")
    assert site.seen[-1].at - site.seen[-2].at >= 0.2


def test_a_pause_does_not_count_in_the_time_for_a_page(site: Site) -> None:
    visitor = Visitor(replace(LIMITS, delay_s=0.6, total_s=0.5), allow_private=True)
    for path in ("/a", "/b"):
        assert isinstance(visitor.get(site.url + path), Fetched)


def test_pages_of_different_hosts_need_no_pause(site: Site) -> None:
    waited: list[float] = []
    network = site.network({"one.example": [PUBLIC], "two.example": [PUBLIC]})
    visitor = Visitor(replace(LIMITS, delay_s=7), network=network, sleep=waited.append)
    visitor.get("http://one.example/a")
    visitor.get("http://two.example/a")
    assert waited == []


def test_the_rules_and_redirects_of_a_page_need_no_pause(site: Site) -> None:
    site.answers["/b"] = Answer(status=302, headers={"Location": "/a"})
    assert waits(site, replace(LIMITS, delay_s=7), "/b") == []


def test_a_page_that_failed_is_followed_by_a_pause_too(site: Site) -> None:
    waited: list[float] = []
    visitor = Visitor(replace(LIMITS, delay_s=7), allow_private=True, sleep=waited.append)
    refusal(visitor, f"{site.url}/none")
    visitor.get(f"{site.url}/a")
    assert waited == [pytest.approx(7, abs=1)]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("3", 3), ("2.5", 2.5), ("3600", 10), ("0", 1), ("nan", 1), ("-5", 1), ("x", 1)],
)
def test_the_pause_that_a_site_asks_for_is_kept_up_to_a_limit(
    site: Site, asked: str, waited: float
) -> None:
    robots(site, f"User-agent: *\nCrawl-delay: {asked}")
    limits = replace(LIMITS, delay_s=1, longest_delay_s=10)
    assert waits(site, limits, "/a", "/b") == [pytest.approx(waited, abs=0.9)]


def test_what_was_taken_is_known_to_the_next_visitor(site: Site) -> None:
    site.answers["/a"] = Answer("x", headers={"ETag": '"1"'})
    url = f"{site.url}/a"
    known: dict[str, Validators] = {}
    for expected in (Fetched, Unchanged, Unchanged):
        visitor = Visitor(LIMITS, allow_private=True, known=known)
        assert isinstance(visitor.get(url), expected)
        assert visitor.validators == {}
        visitor.took(url)
        known = visitor.validators
        assert list(known) == [url]
