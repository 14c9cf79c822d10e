"""One request and its reply, on a connection of its own; faults become one clause."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, NamedTuple, cast

from ingest.web.address import Address
from ingest.web.body import BROKE_OFF
from ingest.web.network import Connection, Deadline
from ingest.web.reach import HostFault
from rag.errors import RejectedFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["AGENT", "Asked", "asked", "clauses", "user_agent"]

AGENT = "Citewire"
"""The name that a robots.txt can address."""
_ACCEPT = (
    "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,"
    "application/xml;q=0.9,text/plain;q=0.8,*/*;q=0.1"
)


class Asked(NamedTuple):
    """A reply whose body has not been read yet."""

    response: HTTPResponse
    private: bool
    """Whether it came from a machine that not everyone can ask."""


@contextmanager
def asked(
    address: Address,
    connection: Connection,
    headers: Mapping[str, str],
    *,
    read_s: float,
    deadline: Deadline,
) -> Iterator[Asked]:
    """Send a GET on a connection and give the reply; the connection is closed afterwards.

    Raises:
        HTTPException: what comes back is not HTTP.
        OSError: the connection broke, or there is no more time.
    """
    with connection.socket as sock:
        wire = _Wire(sock, read_s, deadline)
        client = HTTPConnection(address.host, address.port)
        client.sock = cast(socket.socket, wire)
        client.request(
            "GET",
            address.target,
            headers={
                "Host": address.authority,
                "User-Agent": user_agent(),
                "Accept": _ACCEPT,
                "Accept-Encoding": "gzip, deflate",
                "Connection": "close",
                **headers,
            },
        )
        with client.getresponse() as response:
            yield Asked(response, connection.private)


@contextmanager
def clauses(address: Address) -> Iterator[None]:
    """Turn the faults of a connection into `HostFault`, or a page that broke off."""
    host = address.host
    try:
        yield
    except TimeoutError as exc:
        raise HostFault(f"no whole answer from {host!r} in time: try again later") from exc
    except socket.gaierror as exc:
        raise HostFault(
            f"no host {host!r} was found: check the address, and the connection to the internet"
        ) from exc
    except ssl.SSLCertVerificationError as exc:
        raise HostFault(
            f"the certificate of {host!r} is not valid ({exc.verify_message}), so it may be"
            " someone else: nothing was fetched"
        ) from exc
    except ssl.SSLError as exc:
        reason = (exc.reason or "no answer").replace("_", " ").lower()
        raise HostFault(
            f"no secure connection to {host!r} ({reason}): check the address, such as whether it"
            " begins with http://"
        ) from exc
    except OSError as exc:
        raise HostFault(
            f"{host!r} can't be reached ({exc.strerror or 'the connection broke'}): check the"
            " address, or try again later"
        ) from exc
    except IncompleteRead as exc:
        raise RejectedFile(BROKE_OFF) from exc
    except (HTTPException, ValueError) as exc:
        raise HostFault(
            f"{host!r} does not answer in proper HTTP ({type(exc).__name__}): check the address"
        ) from exc


def user_agent() -> str:
    """What this program calls itself to sites."""
    try:
        number = version("citewire")
    except PackageNotFoundError:
        number = "0"
    return f"{AGENT}/{number} (+reads single articles that a person names)"


class _Wire:
    """As much of a socket as `http.client` uses, with a deadline for the whole reply.

    A socket's own time limit starts anew with each byte that drips in.
    """

    def __init__(self, sock: socket.socket, read_s: float, deadline: Deadline) -> None:
        self._sock, self._read_s, self._deadline = sock, read_s, deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(min(self._read_s, self._deadline.left()))
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock, self._read_s, self._deadline))

    def close(self) -> None:
        """`http.client` closes before the body was read; the caller of `asked` does after."""


class _Incoming(io.RawIOBase):
    def __init__(self, sock: socket.socket, read_s: float, deadline: Deadline) -> None:
        self._sock, self._read_s, self._deadline = sock, read_s, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self._sock.settimeout(min(self._read_s, self._deadline.left()))
        return self._sock.recv_into(buffer)
