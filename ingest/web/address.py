"""Addresses of pages: what a URL has to be for anything to be asked of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

import idna

from rag.errors import RejectedFile

__all__ = ["Address", "address_of", "linked"]

_LONGEST = 4_000
_BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x20\x7f-\x9f]")
_NAME = re.compile(r"(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)")
# A host whose last part is a number is an IPv4 address to the C library: `127.1`, `0x7f.1`,
# `017700000001` and `2130706433` all mean 127.0.0.1.
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_SAFE = "!$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a URL that a request needs; a fragment is not one of them."""

    scheme: str
    """`http` or `https`."""
    host: str
    """A name in ASCII, or an IP address without brackets."""
    port: int
    target: str
    """Path and query, in ASCII."""

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL and in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What one robots.txt speaks for."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole address, without a fragment."""
        return self.origin + self.target


def address_of(url: str) -> Address:
    """Take a URL apart.

    Raises:
        RejectedFile: it is not http or https, names a user, has blanks or control characters,
            or no proper host.
    """
    if len(url) > _LONGEST:
        raise RejectedFile(f"an address of more than {_LONGEST:,} characters: check it")
    if not url or _BLANK_OR_CONTROL.search(url):
        raise RejectedFile("an address that is empty or has a blank in it: check it")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        target = quote(parts.path or "/", _SAFE) + (
            f"?{quote(parts.query, _SAFE)}" if parts.query else ""
        )
    except ValueError as exc:  # also half of a surrogate pair, which can't be sent
        raise RejectedFile("not a proper address: check it") from exc
    if parts.scheme not in ("http", "https"):
        raise RejectedFile("not a web address: it has to begin with https:// or http://")
    if "@" in parts.netloc:
        raise RejectedFile(
            "an address with a user name in it: leave that out; pages behind a sign-in are not"
            " fetched"
        )
    if port == 0:
        raise RejectedFile("not a proper address (port 0): check it")
    return Address(
        parts.scheme, _host_of(host), port or (443 if parts.scheme == "https" else 80), target
    )


def linked(link: str, base: str) -> Address:
    """The address that a page or a redirect at `base` gives.

    Blanks within it are encoded, as browsers do: many sites leave them in.

    Raises:
        RejectedFile: as `address_of`.
    """
    try:
        return address_of(urljoin(base, link.strip().replace(" ", "%20")))
    except ValueError as exc:
        raise RejectedFile("not a proper address: check it") from exc


def _host_of(host: str) -> str:
    if ":" in host:
        try:
            return IPv6Address(host if "%" not in host else "").compressed
        except ValueError as exc:
            raise RejectedFile(f"not a proper IPv6 address ({host!r}): check it") from exc
    name = host
    if not host.isascii():
        try:
            name = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as exc:
            raise RejectedFile(f"not a proper name of a host ({host!r}): check it") from exc
    name = name.removesuffix(".")
    if _NUMERIC.fullmatch(name):
        try:
            return str(IPv4Address(name))
        except ValueError as exc:
            raise RejectedFile(
                f"an IPv4 address in an unusual form ({host!r}): write it as four decimal numbers"
            ) from exc
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise RejectedFile(f"not a proper name of a host ({host!r}): check it")
    return name
