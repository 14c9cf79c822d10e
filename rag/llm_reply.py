"""Taking a model's reply apart; nothing about its shape is taken on trust."""

from __future__ import annotations

import json
from typing import NamedTuple

from rag.llm_faults import ASK_OTHERWISE, CHECK_URL, Fault, said_by, tidy

__all__ = ["Reply", "read_reply", "sendable"]


class Reply(NamedTuple):
    """The usable part of a reply."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    model: str | None


def read_reply(text: str, key: str | None) -> Reply | Fault:
    """The text with its counts, or what is wrong with the reply.

    Args:
        text: the body of the response.
        key: never to be shown.
    """
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):
        what = "a web page" if text.lstrip().startswith("<") else "something other than JSON"
        return Fault(f"answered with {what}; {CHECK_URL}")
    choices = reply.get("choices") if isinstance(reply, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        said = said_by(reply, key)
        return Fault(f"answered without a choice{said and f' ({said})'}; {CHECK_URL}")
    finish, content, refusal = (
        first.get("finish_reason"),
        message.get("content"),
        message.get("refusal"),
    )
    if finish == "content_filter":
        problem = f"was stopped by its content filter; {ASK_OTHERWISE}"
    elif isinstance(refusal, str) and refusal.strip():
        problem = f"declined ({tidy(refusal, key)}); {ASK_OTHERWISE}"
    elif finish == "length":
        problem = (
            "reached the limit of tokens before it was done; ask for less, or choose a model that"
            " reasons less."
        )
    elif not isinstance(content, str) or not content.strip():
        problem = "answered without text; try again, or choose another model."
    else:
        usage, name = reply.get("usage"), reply.get("model")
        counts = usage if isinstance(usage, dict) else {}
        return Reply(
            sendable(content),
            _count(counts.get("prompt_tokens")),
            _count(counts.get("completion_tokens")),
            (tidy(name, key) or None) if isinstance(name, str) else None,
        )
    return Fault(problem)


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def sendable(text: str) -> str:
    """Text that UTF-8 can hold."""
    # Half a surrogate pair, as undecodable bytes on a command line become, has no UTF-8.
    return text.encode("utf-8", "replace").decode()
