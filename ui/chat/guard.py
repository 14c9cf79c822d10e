"""What every reply carries, and which requests are not heard."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import SplitResult, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio's page begins with scripts in its text, and makes functions of text.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OPEN = ("/sign-in", "/sign-out", "/health")
_LARGEST_BODY = 4_000_000
"""Bytes of a request that is no upload; a conversation of 200 long answers has fewer."""
_MOST_DIGITS = 18


class Guard:
    """Stands before the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        only_local: bool,
        user_of: Callable[[HTTPConnection], str | None] | None,
        largest_upload: int,
    ) -> None:
        """Guard an application.

        Args:
            app: what is guarded.
            only_local: whether requests have to name this machine, so that no page from
                elsewhere reaches the server under a name of its own (DNS rebinding).
            user_of: tells who asks; None where nobody signs in.
            largest_upload: bytes of a request that uploads.
        """
        self._app = app
        self._only_local = only_local
        self._user_of = user_of
        self._largest_upload = largest_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away."""
        if scope["type"] == "websocket":
            # The page opens none, and none of what follows holds for one.
            await send({"type": "websocket.close"})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope) or self._turned_to_sign_in(scope)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        if self._only_local and _split(f"//{headers.get('host', '')}").hostname not in _LOOPBACK:
            return PlainTextResponse("This server answers for this machine only.", 421)
        origin = headers.get("origin")
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and _is_foreign(origin, headers):
            return PlainTextResponse("This request comes from another site.", 403)
        if "transfer-encoding" in headers:
            # Its size is known only at its end. No browser sends such a request.
            return PlainTextResponse("Say how long this request is, by Content-Length.", 411)
        size = headers.get("content-length", "0")
        most = self._largest_upload if scope["path"].endswith("/upload") else _LARGEST_BODY
        if not size.isdecimal() or len(size) > _MOST_DIGITS or int(size) > most:
            return PlainTextResponse(f"This request is too large; {most} bytes are the most.", 413)
        return None

    def _turned_to_sign_in(self, scope: Scope) -> ASGIApp | None:
        if self._user_of is None or scope["path"] in _OPEN:
            return None
        if self._user_of(HTTPConnection(scope)) is not None:
            return None
        headers = Headers(scope=scope)
        if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            # Back to where one wanted to go, once signed in; `/sign-in` looks that it is local.
            query = scope["query_string"].decode("latin-1")
            wanted = f"{scope['path']}?{query}" if query else scope["path"]
            return RedirectResponse(f"/sign-in?{urlencode({'next': wanted})}", 303)
        return PlainTextResponse("Sign in first.", 401)


def _is_foreign(origin: str | None, headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    if origin is None:
        return False
    return _split(origin).netloc.lower() != headers.get("host", "").lower() or origin == "null"


def _split(address: str) -> SplitResult:
    """Its parts; none of what is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", _POLICY)
            if "cache-control" not in headers and "etag" not in headers:
                headers["Cache-Control"] = "no-store"
        await send(message)

    return sending
