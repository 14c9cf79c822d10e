"""Pages and feeds from the web, ingested again and again; a site on this machine stands in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.pipeline import IngestReport, Progress, ingest
from ingest.web.events import shown_address
from rag.library import Library
from rag.settings import Settings
from tests.conftest import Run
from tests.test_html import page
from tests.test_ingest_again import forbid
from tests.test_web_pages import feed
from tests.web_site import Answer, Site

Fetch = Callable[..., IngestReport]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second between two pages of a site is for sites, and held to in test_web_visitor."""
    monkeypatch.setattr("ingest.web.visitor.time.sleep", lambda _: None)


@pytest.fixture
def site() -> Iterator[Site]:
    answers = {
        "/a": Answer(page(), headers={"ETag": '"a1"'}),
        "/b": Answer(page(top="<h1>Council votes</h1>")),
        "/feed": feed(One="/a", Two="/b"),
    }
    with Site(answers) as site:
        yield site


@pytest.fixture
def fetch(home: Path, site: Site) -> Fetch:
    """Ingests addresses of the site into the home."""

    def run(*paths: str, allow_private: bool = True, **options: bool) -> IngestReport:
        urls = [site.url + path for path in paths]
        return ingest(home, [], Settings(), urls=urls, allow_private=allow_private, **options)  # type: ignore[arg-type]

    return run


def statuses(report: IngestReport) -> list[str]:
    return [f.status for f in report.files]


def test_a_page_is_one_article_under_its_address(fetch: Fetch, site: Site, home: Path) -> None:
    (outcome,) = fetch("/a").files
    assert (outcome.path, outcome.status) == (f"{site.url}/a", "ingested")
    with Library(home) as library:
        (article,) = library.articles()
    assert (article.source, article.title) == (f"{site.url}/a", "Ferry strikes pier")


def test_a_page_that_its_site_says_is_unchanged_is_neither_fetched_nor_embedded(
    fetch: Fetch, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch("/a")
    forbid(monkeypatch, "embedding")
    assert statuses(fetch("/a")) == ["unchanged"]
    assert [seen.headers.get("if-none-match") for seen in site.seen if seen.path == "/a"] == [
        None,
        '"a1"',
    ]
    assert statuses(fetch("/a", reread=True)) == ["unchanged"]
    assert site.seen[-1].headers.get("if-none-match") is None


def test_a_page_that_gives_no_tag_is_fetched_and_not_embedded(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch("/b")
    forbid(monkeypatch, "embedding")
    assert statuses(fetch("/b")) == ["unchanged"]


def test_a_page_that_has_changed_is_updated(fetch: Fetch, site: Site, home: Path) -> None:
    first = fetch("/a").files[0].article
    changed = page().replace("Thursday", "Friday")
    assert changed != page()
    site.answers["/a"] = Answer(changed, headers={"ETag": '"a2"'})
    (outcome,) = fetch("/a").files
    assert outcome.status == "updated"
    assert first and outcome.article and outcome.article.id == first.id
    with Library(home) as library:
        assert len(library.versions(first.id)) == 1
    assert statuses(fetch("/a")) == ["unchanged"]


def test_a_page_that_is_gone_is_rejected_and_kept(fetch: Fetch, site: Site, home: Path) -> None:
    fetch("/a")
    del site.answers["/a"]
    (outcome,) = fetch("/a", prune=True).files
    assert outcome.status == "rejected"
    assert "404" in (outcome.reason or "")
    assert (outcome.reason or "").endswith("what was read of it before is kept")
    with Library(home) as library:
        assert library.counts().articles == 1


def test_a_feed_gives_what_is_in_it(fetch: Fetch, site: Site) -> None:
    report = fetch("/feed")
    assert [(f.path, f.status) for f in report.files] == [
        (f"{site.url}/feed#One", "ingested"),
        (f"{site.url}/feed#Two", "ingested"),
    ]
    assert site.paths == ["/feed"]


def test_a_feed_that_is_followed_gives_the_pages_it_links_to(
    fetch: Fetch, site: Site, home: Path
) -> None:
    fetch("/feed")
    report = fetch("/feed", follow=True)
    assert statuses(report) == ["updated", "updated"]
    assert site.paths[1:] == ["/feed", "/a", "/b"]
    with Library(home) as library:
        assert {a.title for a in library.articles()} == {"Ferry strikes pier", "Council votes"}


def test_a_page_known_by_itself_is_fetched_for_a_feed_that_links_to_it(
    fetch: Fetch, site: Site, home: Path
) -> None:
    fetch("/a", follow=True)
    report = fetch("/a", "/feed", follow=True)
    assert [(f.path.removeprefix(site.url), f.status) for f in report.files] == [
        ("/a", "unchanged"),
        ("/feed#One", "duplicate"),
        ("/feed#Two", "ingested"),
    ]


def test_an_article_that_a_feed_does_not_hold_any_more_stays(
    fetch: Fetch, site: Site, home: Path
) -> None:
    fetch("/feed")
    site.answers["/feed"] = feed(Two="/b")
    assert statuses(fetch("/feed", prune=True)) == ["unchanged"]
    with Library(home) as library:
        assert library.counts().articles == 2


def test_a_copy_of_a_page_is_passed_over_while_it_is_as_it_was(
    fetch: Fetch, folder: Path, home: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    site.answers["/t"] = Answer("The mill on the river Sall burned down.\n", "text/plain")
    fetch("/t")
    copy = folder / "a.txt"
    copy.write_text("The mill on the river Sall burned down.\n")
    os.utime(copy, (1_700_000_000, 1_700_000_000))
    assert statuses(ingest(home, [folder], Settings())) == ["duplicate"]
    forbid(monkeypatch, "reading")
    assert statuses(ingest(home, [folder], Settings())) == ["duplicate"]


def test_a_private_address_is_refused_in_one_line_unless_allowed(
    fetch: Fetch, site: Site, run: Run
) -> None:
    report = fetch("/a", allow_private=False)
    assert statuses(report) == ["rejected"]
    assert site.seen == []
    code, out, err = run("ingest", "--url", f"{site.url}/a")
    assert code == 1
    (line,) = err.splitlines()
    assert line.startswith(f"rejected  {site.url}/a: ") and "--allow-private" in line
    assert "1 rejected" in out
    assert run("ingest", "--url", f"{site.url}/a", "--allow-private")[0] == 0


SECRETS = [
    "http://ada:hunter2@{host}/a",
    "http://ada:hunter2@{host}",
    "http://ada:hunter2%40home@{host}/a?x=1",
    "http://ada:hunt@hunter2@{host}/a",
    "http://ada:slash/hunter2@{host}/a",
    "http:ada:hunter2@{host}/a",
    "http:\\\\ada:hunter2@{host}\\a",
    "ada:hunter2@{host}/a",
    "ftp://ada:hunter2@{host}/a",
    "http://ada@{host}/a",
]


@pytest.mark.parametrize("url", SECRETS)
def test_a_password_in_an_address_is_never_told_or_stored(
    url: str, site: Site, run: Run, home: Path
) -> None:
    url = url.format(host=site.url.removeprefix("http://"))
    told: list[Progress] = []
    report = ingest(home, [], Settings(), urls=[url], allow_private=True, progress=told.append)
    assert statuses(report) == ["rejected"]
    code, out, err = run("ingest", "--url", url, "--allow-private", "--json")
    assert code == 1
    assert json.loads(out)["rejected"] == 1
    plain = run("ingest", "--url", url, "--allow-private")
    with Library(home) as library:
        stored = [*library.files(), *(row.source for row in library.stored())]
    everything = repr((report, told, out, err, plain, stored))
    assert "hunt" not in everything
    assert "ada:" not in everything and "ada@" not in everything
    assert not site.seen


def test_a_password_in_a_redirect_is_not_told(fetch: Fetch, site: Site) -> None:
    headers = {"Location": f"http://ada:hunter2@{site.url.removeprefix('http://')}/a"}
    site.answers["/r"] = Answer("", status=302, headers=headers)
    (outcome,) = fetch("/r").files
    assert outcome.status == "rejected"
    assert "hunter2" not in (outcome.reason or "") and "ada:" not in (outcome.reason or "")


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/@ada/story",
        "https://news.example:8080/@ada/story",
        "https://[2001:db8::1]:80/@ada",
        "https://news.example/a?to=ada@news.example",
        "https://news.example",
    ],
)
def test_an_address_without_a_user_is_told_as_it_is(url: str) -> None:
    assert shown_address(url) == url


def test_an_address_is_told_without_its_user() -> None:
    assert shown_address("https://ada:hunter2@news.example/@b") == "https://news.example/@b"
