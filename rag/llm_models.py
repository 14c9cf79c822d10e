"""Taking a server's list of models apart; nothing about its shape is taken on trust."""

from __future__ import annotations

import json

from rag.llm_faults import CHECK_URL, Fault, tidy
from rag.llm_reply import Reply

__all__ = ["read_names"]


def read_names(text: str, key: str | None) -> Reply | Fault:
    """The names in a list of models, one a line, as the text of a reply.

    Args:
        text: the body of the response.
        key: never to be shown.
    """
    try:
        rows = json.loads(text)["data"]
        names = [tidy(row["id"], key) for row in rows]
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return Fault(f"does not say what models it has; {CHECK_URL}")
    return Reply("\n".join(name for name in names if name), 0, 0, None)
