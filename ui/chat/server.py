"""The server: Gradio's page, the page's own routes, signing in, and the guard before them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Read when Gradio is imported; it would tell its makers of each start otherwise.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gradio as gr
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from ui.chat.desk import MOST_AT_ONCE, Desk
from ui.chat.guard import Guard
from ui.chat.page import build_page
from ui.chat.routes import page_routes
from ui.sign_in import SignIn
from ui.users import Users

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["application"]

_HERE = Path(__file__).parent
_CALM = """<style>@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation-duration: .01ms !important;
    animation-iteration-count: 1 !important; transition-duration: .01ms !important;
    scroll-behavior: auto !important; } }</style>"""
"""Gradio keeps the style sheet to the inside of its page; this goes for all of it."""
_MOST_SESSIONS = 256
"""Open pages whose state is kept, a third of a megabyte each: Gradio would keep 10,000, and lets
go of one only for another. A page that lost its state begins a new conversation."""
_MORE_THREADS = 16
"""Beside those that answer, for lists, exports and uploads."""


def application(desk: Desk, *, users: Users | None, only_local: bool) -> ASGIApp:
    """The whole application, to be served.

    Args:
        desk: answers.
        users: who may sign in; None where nobody has to.
        only_local: whether only requests that name this machine are heard.
    """
    app = FastAPI(title="Citewire", docs_url=None, redoc_url=None, openapi_url=None)
    sign_in = SignIn(users) if users else None

    def user_of(request: HTTPConnection) -> str | None:
        if sign_in is None:
            return ""
        user = sign_in.signed_in(request)
        return user.name if user else None

    def may_edit(name: str) -> bool:
        user = users.get(name) if users else None
        return user is not None and user.role == "editor"

    app.router.routes += page_routes(desk, user_of)
    if sign_in:
        app.router.routes += sign_in.routes
    page, said = build_page(desk, may_edit if users else None)
    page.state_session_capacity = _MOST_SESSIONS
    page.max_threads = MOST_AT_ONCE + _MORE_THREADS
    # The desk turns people away in words of its own; Gradio's queue never does.
    page.queue(max_size=None, default_concurrency_limit=4)
    upload = desk.settings.values.max_file_mb * 1_000_000
    auth: dict[str, Any] = {"auth_dependency": user_of} if users else {}
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        ssr_mode=False,
        show_error=False,
        max_file_size=upload,
        i18n=said,
        theme=_theme(),
        css_paths=_HERE / "page.css",
        js=(_HERE / "page.js").read_text(encoding="utf-8"),
        head=_CALM,
        favicon_path=str(_HERE / "icon.svg"),
        enable_monitoring=False,
        **auth,
    )
    return Guard(
        app,
        only_local=only_local,
        user_of=user_of if users else None,
        # A form of several files, with what stands around them.
        largest_upload=50 * upload,
    )


def _theme() -> gr.themes.Base:
    # The system's own fonts: others would have to be fetched.
    fonts = ["system-ui", "-apple-system", "Segoe UI", "sans-serif"]
    return gr.themes.Default(
        primary_hue="blue",
        neutral_hue="slate",
        font=fonts,
        font_mono=["ui-monospace", "monospace"],
    ).set(
        # Darker than Gradio's, for a contrast of 4.5 and more.
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        color_accent="*primary_700",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
    )
