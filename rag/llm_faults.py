"""Every way a model's server can fail, as one line that says what to do.

No line ever holds the key: a 401's own words are left out, and what else a server says is cut
to one line with everything like a key taken out.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from openai import APIStatusError

__all__ = [
    "ASK_OTHERWISE",
    "CHECK_URL",
    "CONNECT_S",
    "PAUSE_S",
    "Fault",
    "connection_fault",
    "said_by",
    "status_fault",
    "tidy",
]

CONNECT_S = 5.0
LONGEST_WAIT_S = 10.0
"""A server that asks for a longer wait before the retry is not asked again."""
PAUSE_S = 0.5
"""Wait before the retry where the server names none."""


class Fault(NamedTuple):
    """What went wrong, as the end of the sentence "The model 'x' at host …"."""

    text: str
    wait_s: float | None = None
    """Seconds after which a retry makes sense; None where it doesn't."""
    turned_down: str | None = None
    """The optional field of the request that the endpoint can't take."""


CHECK_URL = (
    "check that OPENAI_BASE_URL is the address of an OpenAI-compatible API (most end in /v1)."
)
ASK_OTHERWISE = "ask in other words, or choose another model."
_SHORTER = "lower the setting `passages`, or choose a model that reads more."
_CREDIT = "the account has no credit left; check its plan and billing."

# First match wins. The pattern is looked for in the whole body; {noted} is the status with the
# server's words. Those of a 401 are left out, because they tend to repeat the key.
_STATUS: tuple[tuple[int, str, str], ...] = (
    (413, "", "can't read that much at once ({noted}); " + _SHORTER),
    (
        400,
        r"context.length|context.window|context.size|maximum context|prompt is too long",
        "can't read that much at once ({noted}); " + _SHORTER,
    ),
    (
        400,
        "content_filter|content_policy|content management policy",
        "is kept from it by its content filter (400); " + ASK_OTHERWISE,
    ),
    (400, "", "turned the request down ({noted}); choose another model."),
    (422, "", "turned the request down ({noted}); choose another model."),
    (401, "", "does not accept the key (401); set OPENAI_API_KEY to one that is valid there."),
    (402, "", "may not be used ({noted}): " + _CREDIT),
    (
        429,
        "insufficient_quota|billing_hard_limit|exceeded your current quota",
        "may not be used ({noted}): " + _CREDIT,
    ),
    (403, "", "may not be used with this key ({noted}); choose another model or key."),
    (404, "model", "is not known there ({noted}); name a model that the server has."),
    (404, "", "is not at that address ({noted}); " + CHECK_URL),
)


def status_fault(exc: APIStatusError, sent: Mapping[str, object], key: str | None) -> Fault:
    """What a response with an error status means.

    Args:
        exc: as the client raises it.
        sent: the request's fields.
        key: never to be shown.
    """
    status, headers = exc.status_code, exc.response.headers
    said = said_by(exc.body, key)
    noted = f"{status}: {said}" if said else f"{status}"
    try:
        everything = f"{exc.code} {exc.type} {json.dumps(exc.body)}".lower()
    except (TypeError, ValueError, RecursionError):
        everything = ""
    for code, pattern, text in _STATUS:
        if code == status and re.search(pattern, everything):
            name = None
            if text.startswith("turned"):
                name = _turned_down(everything, exc.param, sent)
            return Fault(text.replace("{noted}", noted), turned_down=name)
    if status < 400:
        return Fault(_redirect(status, headers.get("location", "")))
    if status == 429 or status >= 500:
        name = "response_format" if status == 501 and "response_format" in sent else None
        wait_s = _wait_s(headers)
        retry = status != 501 and wait_s <= LONGEST_WAIT_S
        later = f"in {wait_s:.0f} s" if 1 <= wait_s < 3600 else "later"
        does = "is asked too often" if status == 429 else "is failing"
        return Fault(f"{does} ({noted}); try again {later}.", wait_s if retry else None, name)
    return Fault(f"turned the request down ({noted}); {CHECK_URL}")


def _turned_down(everything: str, param: str | None, sent: Mapping[str, object]) -> str | None:
    """The optional field that the endpoint can't take, where its error is about one."""
    formats = "response_format|json_schema|json schema|structured output|grammar"
    if "response_format" in sent and re.search(formats, everything):
        return "response_format"
    cannot = "unsupported|not support|unknown|unrecognized|unexpected|not permitted|extra_forbidden"
    if re.search(cannot, everything):
        for name in ("stream_options", "stream", "max_tokens", "temperature", "seed"):
            if name in sent and (param == name or re.search(rf"\b{name}(ing)?\b", everything)):
                return name
    return None


def _redirect(status: int, location: str) -> str:
    host = ""
    with suppress(ValueError):
        host = tidy(urlsplit(location).netloc.rpartition("@")[2], None)
    return (
        f"sends requests on{host and f' to {host}'} ({status}), which is not followed; set"
        " OPENAI_BASE_URL to the final address."
    )


_BAD_HEADER = (
    "can't be asked: a header can't be sent; check the variables OPENAI_ORG_ID, OPENAI_PROJECT_ID"
    " and OPENAI_CUSTOM_HEADERS."
)
# By the name of an exception, or of one it comes from, or of a base of either; the first wins.
_CONNECTION: tuple[tuple[str, str, float | None], ...] = (
    ("gaierror", "can't be reached: no such host; check OPENAI_BASE_URL and the network.", PAUSE_S),
    (
        "SSLCertVerificationError",
        "can't be trusted: its certificate is not valid here; check OPENAI_BASE_URL and"
        " SSL_CERT_FILE.",
        None,
    ),
    ("SSLEOFError", "broke the connection off; try again, or see the server's log.", PAUSE_S),
    (
        "SSLError",
        "does not speak TLS; if the server is your own, write http:// in OPENAI_BASE_URL.",
        None,
    ),
    (
        "ConnectionRefusedError",
        "can't be reached: nothing listens there; start the server, or check OPENAI_BASE_URL.",
        PAUSE_S,
    ),
    (
        "ConnectTimeout",
        f"can't be reached within {CONNECT_S:g} s; check OPENAI_BASE_URL and the network.",
        PAUSE_S,
    ),
    # Not tried again: a model that needs so long will need it the next time.
    (
        "APITimeoutError",
        "sent nothing in time; try again, or choose a faster model.",
        None,
    ),
    ("LocalProtocolError", _BAD_HEADER, None),
    ("UnicodeEncodeError", _BAD_HEADER, None),
    (
        "APIConnectionError",
        "broke the connection off; try again, or see the server's log.",
        PAUSE_S,
    ),
    # The client passes on what its HTTP library raises while the body of a stream is read.
    ("RequestError", "broke the connection off; try again, or see the server's log.", PAUSE_S),
)


def connection_fault(exc: Exception) -> Fault:
    """What an exception means that came instead of a response."""
    names: set[str] = set()
    link: BaseException | None = exc
    for _ in range(20):
        if link is not None:
            names |= {kind.__name__ for kind in type(link).__mro__}
            link = link.__cause__ or link.__context__
    for name, text, wait_s in _CONNECTION:
        if name in names:
            return Fault(text, wait_s)
    return Fault(
        f"can't be asked: the openai client failed ({type(exc).__name__}); try again, or install"
        " another version of it."
    )


def _wait_s(headers: Mapping[str, str]) -> float:
    """Seconds to wait, from Retry-After as a number or a date; PAUSE_S where there is none."""
    raw = headers.get("retry-after", "")
    with suppress(ValueError, TypeError, OverflowError, OSError):
        seconds = (
            float(raw)
            if re.fullmatch(r"\s*-?[\d.]+\s*", raw)
            else parsedate_to_datetime(raw).timestamp() - time.time()
        )
        return max(0.0, seconds)
    return PAUSE_S


def said_by(body: object, key: str | None) -> str:
    """The server's own words, if it has any that a person would read."""
    for _ in range(3):
        if isinstance(body, Mapping):
            body = next((body[k] for k in ("message", "error", "detail") if body.get(k)), None)
    if not isinstance(body, str) or body.lstrip().startswith("<"):
        return ""
    return tidy(body, key).rstrip(".")


def tidy(text: str, key: str | None) -> str:
    """One printable line of at most 160 characters, without keys."""
    if key:
        text = text.replace(key, "***")
    text = re.sub(r"(?i)\bbearer\s+\S+|\bsk-[\w*.…-]+", "***", text)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 160 else line[:159] + "…"
