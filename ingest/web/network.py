"""Connections: a name is resolved once, all it leads to is checked, and that is connected to.

Nothing is resolved again between check and connection, so a name that changes its address in
between gains nothing. Proxies that the environment names are not used: a proxy resolves
names by itself, and the check would be of something else.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from typing import NamedTuple

import certifi

from ingest.web.address import Address
from ingest.web.reach import check, is_public

__all__ = ["Connection", "Deadline", "Network", "connect"]


class Deadline(NamedTuple):
    """The moment at which a fetch has to be over."""

    at: float
    """On the monotonic clock."""

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for one page is over")
        return left


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _connect(ip: str, port: int, timeout_s: float) -> socket.socket:
    return socket.create_connection((ip, port), timeout_s)


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    # Python as python.org builds it for macOS comes without certificates.
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


class Network(NamedTuple):
    """What of the outside is used; tests put their own in its place."""

    resolve: Callable[[str, int], list[str]] = _resolve
    """The IP addresses of a name, for a port."""
    connect: Callable[[str, int, float], socket.socket] = _connect
    """A connection to an IP address and port within so many seconds."""
    tls: Callable[[], ssl.SSLContext] = _tls


class Connection(NamedTuple):
    """A connection that a request can be sent on."""

    socket: socket.socket
    private: bool
    """Whether it leads to a machine that not everyone can ask."""


def connect(
    address: Address, network: Network, *, connect_s: float, deadline: Deadline, allow_private: bool
) -> Connection:
    """Connect to an address, with TLS where it is https.

    Raises:
        HostFault: the name leads to an address that may not be asked, even if to others too.
        OSError: it can't be resolved, reached or trusted, or not in time.
    """
    ips = _ips_of(address, network, deadline)
    for ip in ips:
        check(address.host, ip, allow_private=allow_private)
    fault: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for ip in ips:
        try:
            raw = network.connect(ip, address.port, min(connect_s, deadline.left()))
            break
        except OSError as exc:
            fault = exc
    else:
        raise fault
    private = not is_public(ip)
    if address.scheme == "http":
        return Connection(raw, private)
    try:
        raw.settimeout(min(connect_s, deadline.left()))
        return Connection(network.tls().wrap_socket(raw, server_hostname=address.host), private)
    except BaseException:
        raw.close()
        raise


def _ips_of(address: Address, network: Network, deadline: Deadline) -> list[str]:
    try:
        return [str(ip_address(address.host))]
    except ValueError:
        pass
    # The C library's resolver takes no time limit, and can take half a minute.
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(network.resolve(address.host, address.port))
        except (OSError, UnicodeError) as exc:
            answers.put(exc if isinstance(exc, OSError) else OSError(str(exc)))

    threading.Thread(target=work, daemon=True, name="resolve").start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer
