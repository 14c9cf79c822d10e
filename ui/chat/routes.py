"""What the page fetches beside Gradio's own: articles, exports, the report, and `/health`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from eval.reports import last_report
from rag.errors import CitewireError, NotFound
from rag.indexes import Indexes
from rag.library import Library
from rag.reading import long_date
from rag.standing import as_cited
from rag.types import Answer, Article
from ui.chat.article_html import article_html, article_page
from ui.chat.desk import Desk
from ui.chat.words import Words, words_for
from ui.export import as_json, as_markdown, as_page, claim_text, file_name

__all__ = ["STYLE", "page_routes"]

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_PRINT = "<script nonce='{nonce}'>addEventListener('load', () => print())</script></body>"
_NOTHING = "default-src 'none'"
_SAFE = f"{_NOTHING}; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"

Who = Callable[[Request], str | None]
"""The name of who asks, empty where nobody signs in; None for one who may not."""


def page_routes(desk: Desk, who: Who) -> list[Route]:
    """The routes, to stand before Gradio's.

    Args:
        desk: whose library and history it is.
        who: tells who asks.
    """
    routes = _Routes(desk, who)
    return [
        Route("/health", routes.health),
        Route("/article/{article_id}", routes.article),
        Route("/answer/{turn}.{kind}", routes.answer),
        Route("/answer/{turn}/claim/{n:int}", routes.claim),
        Route("/conversation/{conversation}.{kind}", routes.conversation),
        Route("/evaluation", routes.evaluation),
    ]


class _Routes:
    def __init__(self, desk: Desk, who: Who) -> None:
        self._desk = desk
        self._who = who

    async def health(self, request: Request) -> Response:
        """Whether questions can be answered: 200, or 503, with the reason for those signed in."""
        try:
            return JSONResponse(await run_in_threadpool(self._state))
        except CitewireError as exc:
            # It may name folders.
            reason = {} if self._who(request) is None else {"reason": _first_line(exc)}
            return JSONResponse({"status": "fault", **reason}, 503)

    async def article(self, request: Request) -> Response:
        """A part of an article, or a page with all of it."""
        if self._who(request) is None:
            return _refused()
        words = words_for(request.headers.get("accept-language"))
        return await run_in_threadpool(self._article, request, words)

    async def answer(self, request: Request) -> Response:
        """One answer to take away."""
        user, turn = self._who(request), request.path_params["turn"]
        if user is None:
            return _refused()

        def found() -> tuple[list[Answer], str]:
            answer = self._desk.history.turn(user, turn).answer
            return [answer], answer.question

        return await run_in_threadpool(_exported, request, found)

    async def conversation(self, request: Request) -> Response:
        """A whole conversation to take away."""
        user, conversation = self._who(request), request.path_params["conversation"]
        if user is None:
            return _refused()

        def found() -> tuple[list[Answer], str]:
            history = self._desk.history
            turns = history.turns(user, conversation)
            return [t.answer for t in turns], history.title(user, conversation)

        return await run_in_threadpool(_exported, request, found)

    async def claim(self, request: Request) -> Response:
        """A claim with its citation, as plain text."""
        user = self._who(request)
        if user is None:
            return _refused()

        def found() -> Response:
            answer = self._desk.history.turn(user, request.path_params["turn"]).answer
            n = request.path_params["n"]
            if n >= len(answer.claims):
                raise NotFound(f"That answer has {len(answer.claims)} claims.")
            return PlainTextResponse(claim_text(answer, n))

        return await run_in_threadpool(_told, found)

    async def evaluation(self, request: Request) -> Response:
        """The last report, as `citewire eval` wrote it."""
        if self._who(request) is None:
            return _refused()
        path = last_report(self._desk.home) / "report.html"
        try:
            page = await run_in_threadpool(path.read_text, encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return PlainTextResponse("There is no report yet; run `citewire eval`.", 404)
        # It brings its own script, and asks for nothing.
        safe = f"{_SAFE}; script-src 'unsafe-inline'; sandbox allow-scripts"
        return HTMLResponse(page, headers={"Content-Security-Policy": safe})

    def _state(self) -> dict[str, Any]:
        home = self._desk.home
        if not Library.exists(home):
            return {"status": "ok", "articles": 0, "indexes": "missing"}
        with Library(home) as library:
            state = Indexes(home, library).state()
            return {"status": "ok", "articles": library.counts().articles, "indexes": state}

    def _article(self, request: Request, words: Words) -> Response:
        home, article_id = self._desk.home, request.path_params["article_id"]
        try:
            if not Library.exists(home):  # opening one would make one
                raise NotFound(words.evidence_gone)
            with Library(home) as library:
                article, hit, note = _cited(library, article_id, request, words)
        except NotFound:
            return PlainTextResponse(words.evidence_gone, 404)
        except CitewireError as exc:
            return PlainTextResponse(_first_line(exc), 500)
        part = request.query_params.get("part")
        if part in ("context", "whole"):
            return _html(article_html(article, hit, words, whole=part == "whole", note=note))
        return _html(article_page(article, hit, words, STYLE, note))


def _exported(request: Request, found: Callable[[], tuple[Sequence[Answer], str]]) -> Response:
    kind = request.path_params["kind"]
    printed = kind == "html" and "print" in request.query_params

    def export() -> Response:
        answers, title = found()
        if kind == "md":
            response: Response = PlainTextResponse(
                as_markdown(answers, title), media_type="text/markdown"
            )
        elif kind == "json":
            response = PlainTextResponse(as_json(answers, title), media_type="application/json")
        elif kind == "html":
            page, safe = as_page(answers, title), _SAFE
            if printed:
                nonce = secrets.token_urlsafe(16)
                allowed = f"{_NOTHING}; script-src 'nonce-{nonce}'"
                # The page forbids scripts itself, for it may be opened from a file.
                page, safe = (text.replace(_NOTHING, allowed, 1) for text in (page, safe))
                page = page.replace("</body>", _PRINT.format(nonce=nonce))
            response = _html(page, safe)
        else:
            raise NotFound(f"Nothing is exported as {kind!r}; there are md, html and json.")
        if not printed:
            name = file_name(title, kind)
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    return _told(export)


def _told(action: Callable[[], Response]) -> Response:
    """What an action gives; its errors as a line of text."""
    try:
        return action()
    except NotFound as exc:
        return PlainTextResponse(_first_line(exc), 404)
    except CitewireError as exc:
        return PlainTextResponse(_first_line(exc), 500)


def _cited(
    library: Library, article_id: str, request: Request, words: Words
) -> tuple[Article, tuple[int, int] | None, str]:
    """The article as it was cited, the place of the words, and what is to be said of both."""
    article, mark = library.article(article_id), request.query_params.get("words")
    where = _offsets(request)
    if where is None or not mark:
        hit = where if where and where[1] <= len(article.text) else None
        return article, hit, ""
    cited = as_cited(library, article.id, *where, mark)
    if not cited.found:
        return article, None, words.words_gone
    if cited.replaced_at is None:
        return article, where, ""
    day = long_date(cited.replaced_at.astimezone().date())
    return cited.article, where, words.earlier_version.format(day=day)


def _offsets(request: Request) -> tuple[int, int] | None:
    try:
        start, end = (int(request.query_params[name]) for name in ("start", "end"))
    except (KeyError, ValueError):
        return None
    return (start, end) if 0 <= start < end else None


def _html(page: str, safe: str = _SAFE) -> HTMLResponse:
    return HTMLResponse(page, headers={"Content-Security-Policy": safe})


def _refused() -> Response:
    return PlainTextResponse("Sign in first.", 401)


def _first_line(exc: Exception) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0]
