"""A site on a loopback port, and a network in which names lead to it.

with Site({"/a": Answer("<html>…")}) as site:
    fetch(f"{site.url}/a", allow_private=True)
assert site.paths == ["/a"]

`site.network({"news.example": ["93.184.216.34"]})` connects every IP address to the site, so
that names with public addresses can be tried without leaving this machine.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from ingest.web.network import Network

__all__ = ["PUBLIC", "Answer", "Seen", "Site"]

PUBLIC = "93.184.216.34"
"""An address that anyone can ask; no test ever does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer a path with."""

    body: bytes | str = ""
    kind: str | None = "text/html"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[Callable[[bytes], Any]], object] | None = None
    """Writes the whole reply itself, head and all."""


class Seen(NamedTuple):
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    at: float
    """On the monotonic clock."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are what many tests are about."""


class Site:
    """Serves answers by path, 404 for others."""

    def __init__(
        self, answers: Mapping[str, Answer], certificate: tuple[str, str] | None = None
    ) -> None:
        self.answers = dict(answers)
        self.seen: list[Seen] = []
        self.resolved: list[str] = []
        """The names that were asked for through `network`."""
        self.connected: list[str] = []
        """The IP addresses that were connected to through `network`."""
        self.ended = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                site.seen.append(Seen(self.path, headers, time.monotonic()))
                answer = site.answers.get(self.path.split("?")[0], Answer("", status=404))
                if answer.raw:
                    answer.raw(self.wfile.write)
                    self.close_connection = True
                    return
                tag = answer.headers.get("ETag")
                fresh = tag is not None and headers.get("if-none-match") == tag
                body = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(304 if fresh else answer.status)
                if answer.kind:
                    self.send_header("Content-Type", answer.kind)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(0 if fresh else len(body)))
                self.end_headers()
                if not fresh:
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """The paths asked for, robots.txt left out."""
        return [seen.path for seen in self.seen if seen.path != "/robots.txt"]

    def network(
        self,
        names: Mapping[str, list[str]] | Callable[[str], list[str]],
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> Network:
        """A network in which only these names exist, and every address is this site's."""

        def resolve(name: str, _port: int) -> list[str]:
            self.resolved.append(name)
            if callable(names):
                return names(name)
            if name not in names:
                raise socket.gaierror(socket.EAI_NONAME, "no such name")
            return names[name]

        def connect(ip: str, _port: int, timeout_s: float) -> socket.socket:
            self.connected.append(ip)
            return socket.create_connection(("127.0.0.1", self.port), timeout_s)

        network = Network(resolve, connect)
        return network._replace(tls=tls) if tls else network

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
