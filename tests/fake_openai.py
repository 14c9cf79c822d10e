"""A scripted server of the OpenAI chat API on a loopback port: real HTTP, no model.

with FakeOpenAI([failed(429), said("Yes.")]) as server:
    Model("m", Endpoint(server.url, "sk-…")).complete(…)
assert len(server.requests) == 2

A reply can also arrive bit by bit, as server-sent events: streamed("Y", "es", 0.1, ".").
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

__all__ = [
    "FakeOpenAI",
    "Manner",
    "Piece",
    "Reply",
    "Request",
    "Script",
    "Streamed",
    "chunk",
    "completion",
    "failed",
    "said",
    "streamed",
]

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
    at: float
    """When it came, on the monotonic clock."""


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


Piece = str | Mapping[str, object] | bytes | float | threading.Event
"""Text, for a delta with it; an event, for the JSON of it; bytes, as they are; a pause in
seconds, or one until something is set."""
Step = bytes | float | threading.Event


@dataclass(frozen=True, slots=True)
class Streamed:
    """A completion that arrives as server-sent events: the role, the pieces, how it ended."""

    pieces: Sequence[Piece] = ()
    forever: Piece | None = None
    """Sent after the pieces again and again, `pace_s` apart, and nothing after it."""
    pace_s: float = 0.0
    ending: Literal["whole", "close", "reset", "stall"] = "whole"
    """What comes after the pieces; "close" and "reset" are the connection's."""
    finish: str | None = "stop"
    """None leaves the event out."""
    usage: bool = True
    """Whether to heed `stream_options.include_usage`."""
    done: bool = True
    line_end: str = "\n"
    ping: bool = False
    """Whether a comment comes before each event."""
    cut: int = 0
    """Bytes in each chunk of the body, whatever they belong to; 0 for a step in each."""
    chunked: bool = True
    """Without, the body lasts until the connection ends."""

    def steps(self, request: Request) -> Iterator[Step]:
        """What to send and when to wait, as long as it is no connection's end."""
        yield self._step(chunk(role="assistant", content=""))
        yield from map(self._step, self.pieces)
        while self.forever is not None:
            yield self._step(self.forever)
            yield self.pace_s
        if self.ending != "whole":
            return
        if self.finish is not None:
            yield self._step(chunk(self.finish))
        if self.usage and (request.body.get("stream_options") or {}).get("include_usage"):
            yield self._step({**completion(""), "choices": []})
        if self.done:
            yield self._event("[DONE]")

    def _step(self, piece: Piece) -> Step:
        if isinstance(piece, str):
            piece = chunk(content=piece)
        if not isinstance(piece, Mapping):
            return piece
        try:
            return self._event(json.dumps(piece, ensure_ascii=False))
        except UnicodeEncodeError:  # half a surrogate pair, which servers send escaped
            return self._event(json.dumps(piece))

    def _event(self, data: str) -> bytes:
        ping = f": ping{self.line_end * 2}" if self.ping else ""
        return f"{ping}data: {data}{self.line_end * 2}".encode()


def streamed(*pieces: Piece, **knobs: Any) -> Streamed:
    """A completion of these pieces, with the other fields of `Streamed` as knobs."""
    return Streamed(pieces, **knobs)


def chunk(finish: str | None = None, **delta: object) -> dict[str, Any]:
    """The JSON of an event of a streamed completion, to be sent or broken."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "served-model",
        "choices": [choice],
        "usage": None,
    }


Script = Sequence[Reply | Streamed] | Callable[[Request], Reply | Streamed]


class FakeOpenAI:
    """Answers with the replies in turn, or with what a function makes of each request."""

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self.hung_up = threading.Event()
        """Set when a client was gone before all was sent."""
        self._script = script
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(self._reply, self._closing, self.hung_up)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))

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
        self._server.hang_up()
        self._server.server_close()  # waits for the threads
        self._thread.join()

    def play(self, script: Script) -> None:
        """Begin anew with other replies, for tests that share a server."""
        with self._lock:
            self._script = script
            self.requests = []
        self.hung_up.clear()

    def _reply(self, request: Request) -> Reply | Streamed:
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

    def __init__(
        self,
        reply: Callable[[Request], Reply | Streamed],
        closing: threading.Event,
        hung_up: threading.Event,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.closing = closing
        self.hung_up = hung_up
        self._open: set[socket.socket] = set()

    def hang_up(self) -> None:
        """Wake the threads that are sending to a client that reads no more.

        A system may leave one waiting for long, though the other side has closed its socket.
        """
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        super().close_request(request)
        self._open.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has hung up is what some tests are about."""
        if isinstance(sys.exc_info()[1], OSError):
            self.hung_up.set()
        else:
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw
        request = Request(self.command, self.path, headers, body, time.monotonic())
        reply = self.server.reply(request)
        self.close_connection = True
        if isinstance(reply, Streamed):
            self._stream(reply, request)
        else:
            self._send(reply)

    def _stream(self, reply: Streamed, request: Request) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        if reply.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        steps = reply.steps(request)
        for step in _cut(steps, reply.cut) if reply.cut else steps:
            if self.server.closing.is_set():
                return
            if isinstance(step, bytes):
                self._send_chunk(step, reply.chunked)
            elif isinstance(step, threading.Event):
                step.wait(self.timeout)
            else:
                self.server.closing.wait(step)
        if reply.ending == "stall":
            self.server.closing.wait()
        elif reply.ending == "reset":
            self._reset()
        elif reply.ending == "whole":
            self._send_chunk(b"", reply.chunked)

    def _send_chunk(self, content: bytes, chunked: bool) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content) if chunked else content)

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Now, as the server would first end its side in good order.
        self.rfile.close()
        self.connection.close()

    def _send(self, reply: Reply) -> None:
        if reply.manner == "stall":
            self.server.closing.wait()
        elif reply.manner == "reset":
            self._reset()
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


def _cut(steps: Iterator[Step], size: int) -> Iterator[Step]:
    rest = b""
    for step in steps:
        if isinstance(step, bytes):
            rest += step
        while len(rest) >= size:
            yield rest[:size]
            rest = rest[size:]
        if not isinstance(step, bytes):
            if rest:
                yield rest
            yield step
            rest = b""
    if rest:
        yield rest
