"""Where models are served, as the environment says."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rag.errors import SettingsError

__all__ = ["Endpoint", "endpoint_from"]

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where models are served. Values that can't be sent are a `SettingsError` at once."""

    base_url: str | None
    """The address up to and with `/v1`; None for OpenAI's."""
    api_key: str | None = field(repr=False)
    """None for servers that want none."""

    def __post_init__(self) -> None:
        if self.api_key is not None and not re.fullmatch(r"[!-~]+", self.api_key):
            raise SettingsError(
                "OPENAI_API_KEY has spaces, line ends or letters outside ASCII; set it again,"
                " without them."
            )
        url, port_is_fine = urlsplit(""), False
        with suppress(ValueError):
            url = urlsplit(self.address)
            port_is_fine = url.port != 0
        if not (
            re.fullmatch(r"[!-~]+", self.address)
            and url.scheme in ("http", "https")
            and url.hostname
            and port_is_fine
            and not (url.query or url.fragment or "@" in url.netloc)
        ):
            raise SettingsError(
                "OPENAI_BASE_URL is no address like 'http://localhost:8080/v1'; it takes no"
                " spaces, user names or query."
            )

    @property
    def address(self) -> str:
        """The base URL in force."""
        return OPENAI if self.base_url is None else self.base_url

    @property
    def host(self) -> str:
        """Host and port, the only part of the address that is ever shown."""
        return urlsplit(self.address).netloc


def endpoint_from(environ: Mapping[str, str] = os.environ) -> Endpoint:
    """Read `OPENAI_BASE_URL` and `OPENAI_API_KEY`; empty values count as unset.

    Raises:
        SettingsError: one of them, or a header variable that the client reads by itself,
            has characters that can't be sent.
    """
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        value = environ.get(name, "")
        if name == "OPENAI_CUSTOM_HEADERS":
            value = value.replace("\n", " ")
        if not re.fullmatch(r"[ -~]*", value):
            raise SettingsError(
                f"{name} has line ends or letters outside ASCII; set it again, without them."
            )
    return Endpoint(environ.get("OPENAI_BASE_URL") or None, environ.get("OPENAI_API_KEY") or None)
