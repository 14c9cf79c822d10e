from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.web.fetch import Fetched, Limits, Unchanged, Validators, fetch
from rag.errors import RejectedFile
from tests.web_site import PUBLIC, Answer, Site

QUICK = Limits(connect_s=5, read_s=5, total_s=5, max_mb=0.1)
SHORT = Limits(total_s=0.3)
Write = Callable[[bytes], Any]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/a": Answer("<p>Ferry strikes pier.</p>", "text/html; charset=UTF-8")}) as site:
        yield site


def got(site: Site, path: str = "/a", **options: Any) -> Fetched:
    fetched = fetch(site.url + path, options.pop("limits", QUICK), allow_private=True, **options)
    assert isinstance(fetched, Fetched)
    return fetched


def refusal(url: str, **options: Any) -> str:
    """The message, which has to be one line."""
    options = {"limits": QUICK, "allow_private": True, **options}
    with pytest.raises(RejectedFile) as caught:
        fetch(url, options.pop("limits"), **options)
    message = str(caught.value)
    assert message and "\n" not in message
    return message


def answered(site: Site, answer: Answer, **options: Any) -> str:
    site.answers["/x"] = answer
    return refusal(f"{site.url}/x", **options)


def to(target: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": target})


def test_a_page_comes_with_its_type_and_charset(site: Site) -> None:
    page = got(site)
    assert page.content == b"<p>Ferry strikes pier.</p>"
    assert (page.url, page.content_type, page.charset) == (f"{site.url}/a", "text/html", "utf-8")
    assert page.private


def test_a_request_says_who_asks_and_nothing_of_the_reader(site: Site) -> None:
    site.answers["/b"] = Answer("x", status=302, headers={"Location": "/a", "Set-Cookie": "a=b"})
    got(site, "/b#part")
    first, second = site.seen
    assert first.path == "/b"
    assert first.headers["user-agent"].startswith("Citewire/")
    assert first.headers["host"] == f"127.0.0.1:{site.port}"
    assert not {"cookie", "referer", "authorization"} & {*first.headers, *second.headers}


def test_proxies_of_the_environment_are_not_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert got(site).content


# Which machines


def test_this_machine_is_not_asked_unless_that_is_allowed(site: Site) -> None:
    assert "private address 127.0.0.1" in refusal(site.url, allow_private=False)
    assert site.seen == []


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "0.0.0.0"])
def test_a_name_that_leads_to_a_private_address_is_refused(site: Site, ip: str) -> None:
    network = site.network({"inner.example": [ip]})
    assert ip in refusal("http://inner.example/a", allow_private=False, network=network)
    assert site.connected == []


def test_one_private_address_among_others_is_enough_to_refuse(site: Site) -> None:
    network = site.network({"mixed.example": [PUBLIC, "10.0.0.1"]})
    assert "10.0.0.1" in refusal("http://mixed.example/a", allow_private=False, network=network)
    assert site.connected == []


def test_a_public_name_is_fetched_from_the_address_that_was_checked(site: Site) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    network = site.network(lambda _name: next(answers))
    page = fetch("http://rebinding.example/a", QUICK, network=network)
    assert isinstance(page, Fetched) and not page.private
    assert site.resolved == ["rebinding.example"]
    assert site.connected == [PUBLIC]
    assert site.seen[0].headers["host"] == "rebinding.example"


def test_a_name_that_turns_private_between_two_redirects_is_refused(site: Site) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    site.answers["/b"] = to("/a")
    network = site.network(lambda _name: next(answers))
    message = refusal("http://rebinding.example/b", allow_private=False, network=network)
    assert "127.0.0.1" in message
    assert site.paths == ["/b"]


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/a", "http://inner.example/a", "//[::1]/a"]
)
def test_what_is_public_can_not_redirect_to_what_is_not(
    site: Site, target: str, allow_private: bool
) -> None:
    site.answers["/b"] = to(target.format(port=site.port))
    network = site.network({"news.example": [PUBLIC], "inner.example": ["10.0.0.1"]})
    message = refusal("http://news.example/b", allow_private=allow_private, network=network)
    assert "private address" in message
    assert site.paths == ["/b"]


def test_a_second_address_is_tried_where_the_first_is_down(site: Site) -> None:
    network = site.network({"news.example": ["2606:4700::1111", PUBLIC]})

    def connect(ip: str, port: int, timeout_s: float) -> Any:
        if ":" in ip:
            raise OSError(101, "Network is unreachable")
        return network.connect(ip, port, timeout_s)

    page = fetch("http://news.example/a", QUICK, network=network._replace(connect=connect))
    assert isinstance(page, Fetched)


def test_a_name_that_does_not_exist_is_told_so(site: Site) -> None:
    message = refusal("http://nowhere.example/", network=site.network({}))
    assert "no host 'nowhere.example' was found" in message
    assert "no host" in refusal("http://void.example/", network=site.network({"void.example": []}))


def test_a_port_where_nothing_listens_is_told_so(site: Site) -> None:
    def closed(*_: object) -> Any:
        raise ConnectionRefusedError(111, "Connection refused")

    network = site.network({})._replace(connect=closed)
    assert "can't be reached (Connection refused)" in refusal(site.url, network=network)


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_the_page(site: Site, status: int) -> None:
    site.answers["/b"] = to("/a", status)
    assert got(site, "/b").url == f"{site.url}/a"


def test_an_address_in_utf8_is_followed(site: Site) -> None:
    site.answers["/b"] = to("/caf\u00e9 x".encode().decode("latin-1"))
    site.answers["/caf%C3%A9%20x"] = Answer("there")
    assert got(site, "/b").content == b"there"


def test_five_redirects_are_followed_and_no_more(site: Site) -> None:
    site.answers |= {f"/{n}": to(f"/{n + 1}") for n in range(1, 7)} | {"/6": Answer("end")}
    assert got(site, "/1").content == b"end"
    site.answers |= {"/0": to("/1")}
    assert "redirects more than 5 times" in refusal(f"{site.url}/0")


def test_a_circle_of_redirects_ends(site: Site) -> None:
    site.answers |= {"/b": to("/c"), "/c": to("/b#x")}
    assert "in a circle" in refusal(f"{site.url}/b")
    assert len(site.seen) == 2


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("", "redirects to nowhere"),
        ("ftp://news.example/", "redirects to 'ftp://news.example/': not a web address"),
        ("file:///etc/passwd", "not a web address"),
        ("http://ada:secret@127.0.0.1/", "user name"),
        ("http://0x7f.1/", "unusual form"),
        ("http://[", "not a proper address"),
    ],
)
def test_redirects_to_what_is_no_page_are_refused(site: Site, target: str, why: str) -> None:
    assert why in answered(site, to(target))


# Limits


def test_an_endless_drip_ends_when_the_time_for_a_page_is_over(site: Site) -> None:
    def drip(write: Write) -> None:
        write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not site.ended.wait(0.02):
            write(b"x")

    started = time.monotonic()
    assert "no whole answer from '127.0.0.1' in time" in answered(
        site, Answer(raw=drip), limits=SHORT
    )
    assert time.monotonic() - started < 0.6


def test_a_drip_of_headers_ends_too(site: Site) -> None:
    def drip(write: Write) -> None:
        write(b"HTTP/1.1 200 OK\r\nX: ")
        while not site.ended.wait(0.02):
            write(b"x")

    assert "in time" in answered(site, Answer(raw=drip), limits=SHORT)


def test_silence_ends_when_no_byte_came_in_time(site: Site) -> None:
    limits = Limits(read_s=0.1, total_s=30)
    started = time.monotonic()
    silence = Answer(raw=lambda _write: site.ended.wait(1))
    assert "in time" in answered(site, silence, limits=limits)
    assert time.monotonic() - started < 0.6


def test_a_resolver_that_hangs_is_not_waited_for(site: Site) -> None:
    def hang(_name: str) -> list[str]:
        site.ended.wait(2)
        return [PUBLIC]

    started = time.monotonic()
    message = refusal("http://slow.example/", limits=SHORT, network=site.network(hang))
    assert time.monotonic() - started < 1
    assert "no whole answer from 'slow.example' in time" in message


def test_redirects_share_the_time_for_one_page(site: Site) -> None:
    def slow(target: str) -> Answer:
        def write_late(write: Write) -> None:
            site.ended.wait(0.15)
            write(
                b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % target.encode()
            )

        return Answer(raw=write_late)

    site.answers |= {f"/{n}": slow(f"/{n + 1}") for n in range(5)}
    assert "in time" in refusal(f"{site.url}/0", limits=SHORT)
    assert len(site.seen) <= 3


@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_body_ends_at_the_largest_size(site: Site, chunked: bool) -> None:
    piece = b"x" * 10_000
    sent = []

    def pour(write: Write) -> None:
        head = b"Transfer-Encoding: chunked\r\n" if chunked else b""
        write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + head + b"\r\n")
        while not site.ended.is_set():
            write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            sent.append(len(piece))

    limits = Limits(total_s=20, max_mb=0.1)
    message = answered(site, Answer(raw=pour), limits=limits)
    assert message == "larger than 0.1 MB: raise max_file_mb"


def test_a_size_that_is_too_large_is_believed_unread(site: Site) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 999999999\r\n\r\n"
    assert "larger than 0.1 MB" in answered(site, Answer(raw=lambda write: write(head)))


PACKED = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("gzip", lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:])),
    ("deflate", zlib.compress),
    ("deflate", lambda body: zlib.compress(body)[2:-4]),
]


@pytest.mark.parametrize(("coding", "pack"), PACKED)
def test_packed_pages_are_unpacked(site: Site, coding: str, pack: Callable[[bytes], bytes]) -> None:
    body = "Möwen über dem Hafen. ".encode() * 20
    site.answers["/b"] = Answer(pack(body), headers={"Content-Encoding": coding})
    assert got(site, "/b").content == body


@pytest.mark.parametrize(("coding", "pack"), PACKED)
def test_a_small_page_that_unpacks_to_a_huge_one_is_refused(
    site: Site, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    bomb = pack(b"\0" * 20_000_000)
    assert len(bomb) < 50_000
    message = answered(site, Answer(bomb, headers={"Content-Encoding": coding}))
    assert "larger than 0.1 MB" in message


@pytest.mark.parametrize(("coding", "pack"), PACKED)
def test_a_packed_page_that_breaks_off_is_refused(
    site: Site, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    half = pack(bytes(range(256)) * 9)[:-20]
    message = answered(site, Answer(half, headers={"Content-Encoding": coding}))
    assert "broke off" in message


@pytest.mark.parametrize(
    ("coding", "why"),
    [("gzip", "wrongly compressed"), ("deflate", "wrongly compressed"), ("br", "not asked for")],
)
def test_what_is_not_packed_as_it_says_is_refused(site: Site, coding: str, why: str) -> None:
    assert why in answered(site, Answer(b"\xffplain", headers={"Content-Encoding": coding}))


@pytest.mark.parametrize(
    "reply",
    [
        b"Content-Length: 500\r\n\r\nhalf of it",
        b"Transfer-Encoding: chunked\r\n\r\n50\r\nhalf of it",
    ],
)
def test_a_page_that_breaks_off_is_refused(site: Site, reply: bytes) -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + reply
    assert "broke off" in answered(site, Answer(raw=lambda write: write(whole)))


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer in proper HTTP"),
        (b"", "can't be reached (the connection broke)"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", "proper HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "broke off"),
    ],
)
def test_what_is_not_http_is_refused(site: Site, reply: bytes, why: str) -> None:
    assert why in answered(site, Answer(raw=lambda write: write(reply)))


# What is taken


@pytest.mark.parametrize(
    "kind",
    ["image/png", "application/octet-stream", "video/mp4", "text/css", "application/json"],
)
def test_other_types_of_content_are_refused(site: Site, kind: str) -> None:
    assert f"of the type {kind!r}" in answered(site, Answer("x", kind))


@pytest.mark.parametrize(
    "kind", ["TEXT/HTML;charset=utf-8", "application/rss+xml", "text/markdown", "application/pdf"]
)
def test_pages_feeds_and_texts_are_taken(site: Site, kind: str) -> None:
    site.answers["/b"] = Answer("x", kind)
    assert got(site, "/b").content_type == kind.split(";", maxsplit=1)[0].lower()


def test_a_type_that_is_not_given_is_empty(site: Site) -> None:
    site.answers["/b"] = Answer("x", None)
    assert got(site, "/b").content_type == ""


@pytest.mark.parametrize(
    ("status", "clause"),
    [
        (401, "asks for a sign-in (401): save the page with a browser and ingest the file"),
        (402, "asks for payment (402): save the page"),
        (403, "turns programs away (403): save the page"),
        (404, "not there (404): check the address"),
        (410, "taken down for good (410)"),
        (418, "turns the request down (418)"),
        (429, "asked too often (429): try again later"),
        (451, "withheld for legal reasons (451)"),
        (500, "its server has a fault (500): try again later"),
        (503, "its server has a fault (503)"),
        (204, "answers without a page (204)"),
        (206, "answers without a page (206)"),
        (300, "answers without a page (300)"),
        (304, "answers without a page (304)"),
    ],
)
def test_each_status_is_told_in_a_clause(site: Site, status: int, clause: str) -> None:
    assert answered(site, Answer("", status=status)).startswith(clause)


def test_a_site_that_says_how_long_to_wait_is_quoted(site: Site) -> None:
    answer = Answer("", status=429, headers={"Retry-After": "1200"})
    assert "try again in 1,200 s" in answered(site, answer)


def test_an_empty_page_is_refused(site: Site) -> None:
    assert "an empty page" in answered(site, Answer(" \n"))


# Asking again


def test_a_page_that_has_not_changed_is_not_sent_again(site: Site) -> None:
    site.answers["/b"] = Answer("x", headers={"ETag": 'W/"1"', "Last-Modified": "long ago"})
    first = got(site, "/b")
    assert first.validators == Validators(f"{site.url}/b", 'W/"1"', "long ago")
    again = fetch(f"{site.url}/b", QUICK, allow_private=True, known=first.validators)
    assert again == Unchanged(f"{site.url}/b")
    assert site.seen[-1].headers["if-modified-since"] == "long ago"


def test_a_page_that_has_changed_is_sent_again(site: Site) -> None:
    site.answers["/b"] = Answer("new", headers={"ETag": '"2"'})
    known = Validators(f"{site.url}/b", '"1"')
    assert got(site, "/b", known=known).content == b"new"


def test_what_is_known_of_a_page_is_told_to_that_page_alone(site: Site) -> None:
    site.answers |= {"/b": to("/c"), "/c": Answer("x", headers={"ETag": '"1"'})}
    known = got(site, "/b").validators
    again = fetch(f"{site.url}/b", QUICK, allow_private=True, known=known)
    assert again == Unchanged(f"{site.url}/c")
    assert "if-none-match" not in site.seen[-2].headers


def test_a_page_without_marks_of_change_has_none(site: Site) -> None:
    assert got(site).validators is None


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate of `news.example` that signs itself, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder: Path = tmp_path_factory.mktemp("tls")
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=news.example", "-addext",
         "subjectAltName=DNS:news.example", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.fixture
def secure(certificate: tuple[str, str]) -> Iterator[Site]:
    answers = {"/a": Answer("<p>Safe.</p>"), "/b": to("http://news.example/a")}
    with Site(answers, certificate) as site:
        yield site


def trusting(certificate: tuple[str, str]) -> Callable[[], ssl.SSLContext]:
    return lambda: ssl.create_default_context(cafile=certificate[0])


NAMES = {"news.example": [PUBLIC], "other.example": [PUBLIC]}


def test_the_certificate_is_checked_against_the_name_and_not_the_address(
    secure: Site, certificate: tuple[str, str]
) -> None:
    network = secure.network(NAMES, trusting(certificate))
    page = fetch("https://news.example/a", QUICK, network=network)
    assert isinstance(page, Fetched) and page.content == b"<p>Safe.</p>"
    assert secure.connected == [PUBLIC]
    message = refusal("https://other.example/a", network=network)
    assert "the certificate of 'other.example' is not valid (Hostname mismatch" in message


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Site) -> None:
    message = refusal("https://news.example/a", network=secure.network(NAMES))
    assert "the certificate of 'news.example' is not valid (self-signed" in message
    assert secure.seen == []


def test_a_redirect_from_https_to_http_is_refused(
    secure: Site, certificate: tuple[str, str]
) -> None:
    network = secure.network(NAMES, trusting(certificate))
    message = refusal("https://news.example/b", network=network)
    assert "redirects from https to 'http://news.example/a'" in message
    assert secure.paths == ["/b"]


def test_https_of_a_port_without_tls_is_told_so(site: Site) -> None:
    message = refusal(site.url.replace("http:", "https:") + "/a")
    assert "no secure connection to '127.0.0.1' (" in message
