"""Fetching what is at one address, within limits, redirects followed one by one.

Nothing is kept between two requests: no cookies, no connection; and no page is told which
other led to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import NamedTuple

from ingest.web.address import Address, address_of, linked
from ingest.web.body import body_of
from ingest.web.exchange import asked, clauses
from ingest.web.network import Deadline, Network, connect
from ingest.web.status import StatusFault, check_status
from rag.errors import RejectedFile

__all__ = ["READERS", "Fetched", "Limits", "Unchanged", "Validators", "fetch"]

READERS: Mapping[str, str] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "plain",
    "text/markdown": "plain",
    "text/x-markdown": "plain",
    "application/rss+xml": "feeds",
    "application/atom+xml": "feeds",
    "application/rdf+xml": "feeds",
    "application/xml": "feeds",
    "text/xml": "feeds",
    "application/pdf": "pdf",
}
"""The types of content that are taken, and the module in `ingest.formats` that reads each."""
_LONGEST_VALIDATOR = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may cost; times in seconds."""

    connect_s: float = 10
    """To connect to one IP address, and as much again for TLS."""
    read_s: float = 20
    """Without a byte."""
    total_s: float = 60
    """For all of it, from resolving the name to the last byte, redirects included."""
    max_mb: float = 20
    """Of a body, both as sent and unpacked."""
    redirects: int = 5
    delay_s: float = 1
    """Between two pages of one host."""
    longest_delay_s: float = 10
    """The most that a robots.txt can make it."""


class Validators(NamedTuple):
    """What a server gave to tell later whether a page has changed."""

    url: str
    """The page itself, after redirects."""
    etag: str | None = None
    modified: str | None = None
    """`Last-Modified`, as given."""


class Fetched(NamedTuple):
    """What was at an address."""

    url: str
    """After redirects."""
    content: bytes
    content_type: str
    """In lower case, without parameters; empty where none was given."""
    charset: str | None
    """As the header names it, in lower case."""
    validators: Validators | None
    private: bool
    """Whether it came from a machine that not everyone can ask."""


class Unchanged(NamedTuple):
    """What was at an address is what was there when it was last fetched."""

    url: str
    key: str | None = None
    """Of the article in a feed whose page this is."""


def fetch(
    url: str,
    limits: Limits | None = None,
    *,
    allow_private: bool = False,
    known: Validators | None = None,
    types: Mapping[str, str] | None = READERS,
    before: Callable[[Address, bool], None] | None = None,
    network: Network | None = None,
) -> Fetched | Unchanged:
    """Get what is at a URL.

    Args:
        url: http or https.
        limits: the usual ones if None.
        allow_private: whether addresses of this machine and its own network may be asked;
            even then nothing that is public can redirect to one.
        known: from the last fetch of this URL; `Unchanged` is given only with these.
        types: of content that are taken; all if None.
        before: called ahead of each request, redirects included, with its address and whether
            that may be private; it may wait, which does not count in `limits.total_s`, or raise.
        network: to be used in place of the real one.

    Raises:
        RejectedFile: nothing could be fetched; the message is one clause that says why.
    """
    limits, network = limits or Limits(), network or Network()
    address, seen = address_of(url), set[str]()
    deadline = Deadline(time.monotonic() + limits.total_s)
    while True:
        if before:
            started = time.monotonic()
            before(address, allow_private)
            deadline = Deadline(deadline.at + time.monotonic() - started)
        seen.add(address.url)
        conditions = _conditions(known if known and known.url == address.url else None)
        with clauses(address):
            connection = connect(
                address,
                network,
                connect_s=limits.connect_s,
                deadline=deadline,
                allow_private=allow_private,
            )
            with asked(
                address, connection, conditions, read_s=limits.read_s, deadline=deadline
            ) as (response, private):
                if response.status == 304 and conditions:
                    return Unchanged(address.url)
                if response.status in (301, 302, 303, 307, 308):
                    address = _target(response, address, seen, limits.redirects)
                    allow_private = private and allow_private
                    continue
                check_status(response)
                return _fetched(response, address, types, limits.max_mb, private=private)


def _conditions(known: Validators | None) -> dict[str, str]:
    headers = {}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.modified:
        headers["If-Modified-Since"] = known.modified
    return headers


def _target(response: HTTPResponse, source: Address, seen: set[str], most: int) -> Address:
    location = response.headers.get("Location", "").strip()
    if not location:
        raise StatusFault(response.status, "redirects to nowhere: check the address")
    with suppress(UnicodeError):  # headers are read as Latin-1, and sent as UTF-8 by many
        location = location.encode("latin-1").decode()
    try:
        target = linked(location, source.url)
    except RejectedFile as exc:
        raise RejectedFile(f"redirects to {location[:200]!r}: {exc}") from exc
    if source.scheme == "https" and target.scheme == "http":
        raise RejectedFile(
            f"redirects from https to {target.url[:200]!r}, which others could alter on its way:"
            " name that address itself if you want it"
        )
    if target.url in seen:
        raise RejectedFile(
            "redirects in a circle, as sites do that want cookies: save the page with a browser"
            " and ingest the file"
        )
    if len(seen) > most:
        raise RejectedFile(f"redirects more than {most} times: check the address")
    return target


def _fetched(
    response: HTTPResponse,
    address: Address,
    types: Mapping[str, str] | None,
    max_mb: float,
    *,
    private: bool,
) -> Fetched:
    headers = response.headers
    kind = headers.get("Content-Type", "").split(";")[0].strip().lower()
    if types is not None and kind and kind not in types:
        raise RejectedFile(
            f"of the type {kind[:60]!r}, which is no page, feed or text: check the address"
        )
    content = body_of(response, max_mb)
    if types is not None and not content.strip():
        raise RejectedFile("an empty page: check the address")
    etag, modified = (
        value if value and len(value) <= _LONGEST_VALIDATOR and value.isprintable() else None
        for value in (headers.get("ETag"), headers.get("Last-Modified"))
    )
    return Fetched(
        address.url,
        content,
        kind,
        headers.get_content_charset(),
        Validators(address.url, etag, modified) if etag or modified else None,
        private,
    )
