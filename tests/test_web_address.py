from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.web.address import address_of, linked
from ingest.web.reach import check, is_public
from rag.errors import RejectedFile


def refusal(url: str) -> str:
    with pytest.raises(RejectedFile) as caught:
        address_of(url)
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://news.example", "https://news.example/"),
        ("HTTPS://News.Example:443/A?b=c#d", "https://news.example/A?b=c"),
        ("http://news.example:8080/a%20b?q=%C3%A9", "http://news.example:8080/a%20b?q=%C3%A9"),
        ("http://news.example./a", "http://news.example/a"),
        ("https://bücher.example/straße?q=ö", "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%B6"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("http://[2001:DB8:0::1]:81/", "http://[2001:db8::1]:81/"),
        ("http://192.0.2.1/", "http://192.0.2.1/"),
        ("http://a_b.example/%zz\\x", "http://a_b.example/%zz%5Cx"),
        ("http://1１.2.3.4/", "http://11.2.3.4/"),
    ],
)
def test_a_url_becomes_the_address_that_is_asked(url: str, asked: str) -> None:
    assert address_of(url).url == asked


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "empty or has a blank"),
        ("https://news.example/a b", "has a blank"),
        ("https://news.example/a\r\nX: y", "has a blank"),
        ("https://news\t.example/", "has a blank"),
        ("https://news.example/\x00", "has a blank"),
        ("https://news.example/\u2028", "has a blank"),
        ("https://news.example/\x85", "has a blank"),
        ("ftp://news.example/", "not a web address"),
        ("file:///etc/passwd", "not a web address"),
        ("javascript:alert(1)", "not a web address"),
        ("news.example/a", "not a web address"),
        ("//news.example/a", "not a web address"),
        ("https://ada:secret@news.example/", "a user name in it"),
        ("https://news.example@evil.example/", "a user name in it"),
        ("https://@news.example/", "a user name in it"),
        ("https://", "not a proper name of a host"),
        ("https://a..b/", "not a proper name of a host"),
        ("https://-a.example/", "not a proper name of a host"),
        ("https://%31%32%37.0.0.1/", "unusual form"),
        ("https://good.example\\.evil.example/", "not a proper name of a host"),
        ("https://a\u202eb.example/", "not a proper name of a host"),
        (f"https://{'a' * 64}.example/", "not a proper name of a host"),
        (f"https://{'a.' * 130}example/", "not a proper name of a host"),
        ("https://news.example:99999/", "not a proper address"),
        ("https://news.example:x/", "not a proper address"),
        ("https://news.example:0/", "port 0"),
        ("https://[::1", "not a proper address"),
        ("https://[fe80::1%25eth0]/", "not a proper"),
        ("https://news.example/\ud800", "not a proper address"),
        (f"https://news.example/{'a' * 4000}", "more than 4,000"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused_with_the_reason(url: str, why: str) -> None:
    assert why in refusal(url)


def test_a_password_in_a_url_is_not_repeated() -> None:
    assert "secret" not in refusal("https://ada:secret@news.example/")


@pytest.mark.parametrize(
    "host",
    "2130706433 127.1 0x7f.0.0.1 0x7f000001 017700000001 0177.0.0.1 127.0.0.01 1.2.3.4.5 256.1.1.1"
    " news.1 0X7F.1 １２７.1".split(),
)
def test_unusual_forms_of_ipv4_addresses_are_refused(host: str) -> None:
    assert "unusual form" in refusal(f"http://{host}/")


@given(st.text() | st.text().map("http://".__add__) | st.text().map("https://a.example/".__add__))
def test_any_text_is_refused_or_becomes_plain_ascii(url: str) -> None:
    try:
        address = address_of(url)
    except RejectedFile:
        return
    assert address.url.isascii() and address.url.isprintable() and " " not in address.url
    assert address_of(address.url) == address


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("/b", "https://news.example/b"),
        ("b?x=1", "https://news.example/2024/b?x=1"),
        ("//other.example/b", "https://other.example/b"),
        (" https://news.example/two words \n", "https://news.example/two%20words"),
    ],
)
def test_links_are_read_as_browsers_read_them(link: str, asked: str) -> None:
    assert linked(link, "https://news.example/2024/a").url == asked


@pytest.mark.parametrize("link", ["http://[", "mailto:a@b.example", "https://u:p@b.example/"])
def test_links_that_are_no_pages_are_refused(link: str) -> None:
    with pytest.raises(RejectedFile):
        linked(link, "https://news.example/")


PRIVATE = (
    "127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1"
    " 100.127.255.255 ::1 fc00::1 fd12:3456::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1"
    " 64:ff9b::10.0.0.1 64:ff9b::7f00:1"
).split()
NEVER = (
    "0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 100.100.100.200 168.63.129.16 192.0.0.192"
    " 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.1.1.1 240.0.0.1"
    " 255.255.255.255 :: fe80::1 fe80::1%eth0 fec0::1 ff02::1 fd00:ec2::254 2001:db8::1 3fff::1"
    " 2002:0a00:0001::1 2002:0808:0808::1 2001:0:4136:e378:8000:63bf:f5ff:fffe 64:ff9b:1::1"
    " 100::1 ::127.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::169.254.169.254 5f00::1"
).split()
PUBLIC = (
    "93.184.216.34 1.1.1.1 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450:4001::1"
    " ::ffff:8.8.8.8 64:ff9b::8.8.8.8"
).split()


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses_are_asked_only_where_that_is_allowed(ip: str) -> None:
    with pytest.raises(RejectedFile, match=r"private address .*--allow-private"):
        check("inner.example", ip, allow_private=False)
    check("inner.example", ip, allow_private=True)
    assert not is_public(ip)


@pytest.mark.parametrize("ip", NEVER)
@pytest.mark.parametrize("allow_private", [False, True])
def test_addresses_that_hold_no_pages_are_never_asked(ip: str, allow_private: bool) -> None:
    with pytest.raises(RejectedFile, match="no pages are fetched from"):
        check("odd.example", ip, allow_private=allow_private)


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_asked(ip: str) -> None:
    check("news.example", ip, allow_private=False)
    assert is_public(ip)


def test_what_a_resolver_gives_that_is_no_address_is_refused() -> None:
    with pytest.raises(RejectedFile, match="no IP address"):
        check("odd.example", "localhost", allow_private=True)
