"""A scripted server of the OpenAI chat API on a loopback port: real HTTP, no model.

with FakeOpenAI([failed(429), said("Yes.")]) as server:
    Model("m", Endpoint(server.url, "sk-…")).complete(…)
assert len(server.requests) == 2
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

__all__ = ["FakeOpenAI", "Manner", "Reply", "Request", "completion", "failed", "said"]

Manner = Literal["plain", "drip", "drip-headers", "stall", "reset", "cut"]
"""How a reply is sent: whole; its body or its headers byte by byte for ever; nothing at all;
a reset instead of an answer; or half the body and then the end."""

DRIP_S = 0.02


class Request(NamedTuple):
    """A request as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. A body that is not bytes or str is sent as JSON."""

    body: object = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = "plain"

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


def completion(text: object, finish: object = "stop", **message: object) -> dict[str, Any]:
    """The JSON of a chat completion, to be sent or broken."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "served-model",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


def said(text: object, finish: object = "stop", **message: object) -> Reply:
    """A completion with this text."""
    return Reply(completion(text, finish, **message))


def failed(
    status: int,
    message: str = "No.",
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """An error with OpenAI's body."""
    error = {"message": message, "type": "an_error", "param": param, "code": code}
    return Reply({"error": error}, status, headers or {})


Script = Sequence[Reply] | Callable[[Request], Reply]


class FakeOpenAI:
    """Answers with the replies in turn, or with what a function makes of each request."""

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self._script = script
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(self._reply, self._closing)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()  # waits for the threads that still drip
        self._thread.join()

    def _reply(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            n = len(self.requests)
        if callable(self._script):
            return self._script(request)
        if n > len(self._script):
            return failed(500, f"The script has no reply number {n}.")
        return self._script[n - 1]


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, reply: Callable[[Request], Reply], closing: threading.Event) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.closing = closing

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has hung up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw
        self._send(self.server.reply(Request(self.command, self.path, headers, body)))

    def _send(self, reply: Reply) -> None:
        self.close_connection = True
        if reply.manner == "stall":
            self.server.closing.wait()
        elif reply.manner == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif reply.manner == "drip-headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self._drip()
        else:
            self._send_whole(reply)

    def _send_whole(self, reply: Reply) -> None:
        content = reply.content
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.manner == "drip":
            self.end_headers()  # no length: the body lasts until the connection ends
            self._drip()
            return
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if reply.manner == "cut" else content)

    def _drip(self) -> None:
        while not self.server.closing.wait(DRIP_S):
            self.wfile.write(b" ")
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""
