"""Which model writes: from the settings and the endpoint that the environment names."""

from __future__ import annotations

from rag.endpoint import Endpoint
from rag.errors import SettingsError
from rag.llm import Model
from rag.settings import Settings

__all__ = ["DEFAULT_MODEL", "served_model"]

DEFAULT_MODEL = "gpt-4.1-mini"
"""OpenAI's, where none is named: it does not reason first, and so begins to write at once."""


def served_model(settings: Settings, endpoint: Endpoint) -> Model | None:
    """The model that writes answers, to be closed by the caller; None for quotations.

    Raises:
        SettingsError: a model is to write, and there is no key and no base URL; or the
            server has several models and none is named.
        ProviderError: the server does not say what models it has.
    """
    reachable = endpoint.base_url is not None or endpoint.api_key is not None
    if settings.writer == "quotes" or (settings.writer == "auto" and not reachable):
        return None
    if not reachable:
        raise SettingsError(
            "No model can write: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your"
            " own; `--writer quotes` needs neither."
        )
    name = settings.model or (DEFAULT_MODEL if endpoint.base_url is None else _only(endpoint))
    return Model(
        name,
        endpoint,
        deadline_s=settings.deadline_s,
        first_token_s=settings.first_token_s,
        between_tokens_s=settings.between_tokens_s,
    )


def _only(endpoint: Endpoint) -> str:
    """The one model that a server has."""
    with Model("?", endpoint, deadline_s=10) as server:
        names = server.names()
    if len(names) == 1:
        return names[0]
    listed = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    raise SettingsError(
        f"The server at {endpoint.host} has {len(names) or 'no'} models; set CITEWIRE_MODEL"
        f"{f' to one of {listed}' if names else ''}."
    )
