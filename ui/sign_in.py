"""Signing in and out of the page: the routes, and who is signed in.

`SignIn.routes` go before the page's own; `SignIn.signed_in` tells the other routes who asks.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rag.errors import CitewireError
from ui.sessions import LONGEST_SECONDS, Sessions
from ui.sign_in_page import SignInPage, SignInTexts
from ui.throttle import Throttle
from ui.users import User, Users
from ui.users_file import LONGEST_NAME, name_key

__all__ = ["COOKIE", "SignIn", "local_path", "same_site"]

COOKIE = "citewire_session"
_AT_ONCE = 2
"""Passwords checked at a time; each takes 32 MB and a processor for 0.1 s."""
_LARGEST_FORM = 16_384
_LOG = logging.getLogger("citewire")


class SignIn:
    """The sign-in page of one server."""

    def __init__(
        self,
        users: Users,
        sessions: Sessions | None = None,
        *,
        throttle: Throttle | None = None,
        texts: SignInTexts | None = None,
    ) -> None:
        self._users = users
        self._sessions = sessions or Sessions()
        self._throttle = throttle or Throttle()
        self._texts = texts or SignInTexts()
        self._checkers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="password")
        self.routes = [
            Route("/sign-in", self._show, methods=["GET"]),
            Route("/sign-in", self._sign_in, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
        ]
        """`GET` and `POST /sign-in`, `POST /sign-out`."""

    def signed_in(self, request: HTTPConnection) -> User | None:
        """Who asks, as the users file has them now; None for anybody not signed in.

        None as well once the user is removed or has another password, and while the users file
        can't be read.
        """
        session = self._sessions.session_of(request.cookies.get(COOKIE, ""))
        if session is None:
            return None
        try:
            user = self._users.get(session.name)
        except CitewireError:
            return None
        return user if user and user.stamp == session.stamp else None

    # --- routes --------------------------------------------------------------------------

    async def _show(self, request: Request) -> Response:
        leads_to = _leads_to(request, request.query_params)
        return SignInPage(self._texts, leads_to, user=self.signed_in(request)).response()

    async def _sign_in(self, request: Request) -> Response:
        texts = self._texts
        if not same_site(request):
            return SignInPage(texts, _leads_to(request, {}), texts.another_site).response(403)
        form = await _form(request)
        if form is None:
            return SignInPage(texts, _leads_to(request, {}), texts.bad_form).response(400)
        leads_to, name = _leads_to(request, form), form.get("name", "").strip()

        def again(status: int, error: str, headers: dict[str, str] | None = None) -> Response:
            shown = name[:LONGEST_NAME]
            return SignInPage(texts, leads_to, error, shown).response(status, headers)

        # Names that are too long are nobody's; they share what they have in common.
        key = name_key(name[: LONGEST_NAME + 1])
        address = request.client.host if request.client else ""
        if wait := self._throttle.begin(key, address):
            error = texts.too_many.format(minutes=math.ceil(wait / 60))
            return again(429, error, {"Retry-After": str(math.ceil(wait))})
        try:
            user = await asyncio.get_running_loop().run_in_executor(
                self._checkers, self._users.check, name, form.get("password", "")
            )
        except CitewireError as exc:
            self._throttle.forgive(key, address)
            _LOG.error("nobody can sign in: %s", exc)
            return again(503, texts.unavailable)
        if user is None:
            return again(401, texts.wrong)
        self._throttle.forgive(key, address)
        # Never the token the browser came with, which another may have planted there.
        self._sessions.end(request.cookies.get(COOKIE, ""))
        response = RedirectResponse(leads_to, 303, {"Cache-Control": "no-store"})
        response.set_cookie(
            COOKIE,
            self._sessions.start(user.name, user.stamp),
            max_age=LONGEST_SECONDS,
            path=_prefix(request) or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    async def _sign_out(self, request: Request) -> Response:
        if not same_site(request):
            page = SignInPage(self._texts, _leads_to(request, {}), self._texts.another_site)
            return page.response(403)
        self._sessions.end(request.cookies.get(COOKIE, ""))
        to = f"{request.scope.get('root_path', '')}/sign-in"
        response = RedirectResponse(to, 303, {"Cache-Control": "no-store"})
        response.delete_cookie(
            COOKIE,
            path=_prefix(request) or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response


def local_path(path: str) -> bool:
    r"""Whether a redirect there stays on this server.

    Browsers take `//host`, `/\host` and `/⇥/host` (with a tab in it) for another server.
    """
    plain = path.isprintable() and " " not in path and "\\" not in path
    return plain and path.startswith("/") and not path.startswith("//")


def same_site(request: HTTPConnection) -> bool:
    """Whether a form was sent by a page of this very server, or by no browser at all."""
    if fetched := request.headers.get("sec-fetch-site"):
        return fetched in ("same-origin", "none")
    # Over plain HTTP browsers send only this. The scheme is left out of it, as a proxy that
    # ends TLS may not pass it on.
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return origin.partition("://")[2].lower() == request.headers.get("host", "").lower() != ""


def _leads_to(request: Request, fields: Mapping[str, str]) -> str:
    path = fields.get("next", "")
    return path if local_path(path) else f"{_prefix(request)}/"


def _prefix(request: Request) -> str:
    """Below what path a proxy shows the whole server, wherever in it the routes are mounted."""
    scope = request.scope
    return str(scope.get("app_root_path", scope.get("root_path", ""))).rstrip("/")


async def _form(request: Request) -> dict[str, str] | None:
    """The form's fields; None for what no form of ours sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM:
                return None
        fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=8)
    except (ClientDisconnect, ValueError):
        return None
    return {name: values[0] for name, values in fields.items()}
