"""The sign-in page: one file, no script, nothing loaded from anywhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from jinja2 import Environment, StrictUndefined, Template
from starlette.responses import HTMLResponse

from ui.users import User

__all__ = ["SignInPage", "SignInTexts"]


@dataclass(frozen=True, slots=True)
class SignInTexts:
    """Every word on the page, so that it can be had in another language."""

    language: str = "en"
    """As HTML's `lang` has it."""
    direction: Literal["ltr", "rtl"] = "ltr"
    title: str = "Sign in to Citewire"
    name: str = "Name"
    password: str = "Password"
    sign_in: str = "Sign in"
    signed_in: str = "You are signed in as {name}."
    go_on: str = "Go on to Citewire"
    sign_out: str = "Sign out"
    wrong: str = "The name or the password is wrong."
    too_many: str = "Too many wrong tries. Try again in {minutes} min."
    another_site: str = "The form came from another site and was not taken. Sign in here."
    bad_form: str = "The form could not be read. Fill it in again."
    unavailable: str = "Nobody can sign in just now. Tell whoever runs this server."


@dataclass(frozen=True, slots=True)
class SignInPage:
    """What the page shows."""

    texts: SignInTexts
    next_path: str
    """Where signing in leads."""
    error: str = ""
    name: str = ""
    """What was typed, shown again after an error."""
    user: User | None = None
    """Who is signed in; the page then offers to go on or to sign out."""

    def response(self, status: int = 200, headers: dict[str, str] | None = None) -> HTMLResponse:
        """The page, which no cache keeps, no frame shows and no script can run in."""
        nonce = secrets.token_urlsafe(16)
        content = _template().render(page=self, texts=self.texts, nonce=nonce)
        return HTMLResponse(
            content,
            status,
            {
                "Cache-Control": "no-store",
                "Content-Security-Policy": (
                    f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:;"
                    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
                ),
                # `no-referrer` would make browsers send `Origin: null` with the form.
                "Referrer-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                **(headers or {}),
            },
        )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files("ui").joinpath("sign_in.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)
