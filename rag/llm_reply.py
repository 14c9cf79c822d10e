"""Taking a model's reply apart; nothing about its shape is taken on trust."""

from __future__ import annotations

import json
from typing import NamedTuple

from rag.llm_faults import ASK_OTHERWISE, CHECK_URL, Fault, said_by, tidy

__all__ = ["STOPPED", "Reply", "judged", "read_reply", "sendable"]

STOPPED = "stopped in the middle of its answer; try again."
# Mistral's and Gemini's words beside OpenAI's.
_TOO_LONG = ("length", "model_length", "max_tokens")
# As vLLM, OpenRouter and DeepSeek end a text that they could not finish.
_BROKEN_OFF = ("abort", "cancelled", "error", "insufficient_system_resource")


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
    return judged(
        first.get("finish_reason"),
        message.get("content"),
        refusal=message.get("refusal"),
        usage=reply.get("usage"),
        model=reply.get("model"),
        key=key,
    )


def judged(
    finish: object,
    content: object,
    *,
    refusal: object,
    usage: object,
    model: object,
    key: str | None,
) -> Reply | Fault:
    """The text with its counts, or why it is none: the model declined, or was cut off.

    Args:
        finish: why the model stopped, in the server's word.
        content: the text.
        refusal: what the model said instead.
        usage: the counts.
        model: as the server knows it.
        key: never to be shown.
    """
    finish = finish.lower() if isinstance(finish, str) else None
    if finish == "content_filter":
        problem = f"was stopped by its content filter; {ASK_OTHERWISE}"
    elif isinstance(refusal, str) and refusal.strip():
        problem = f"declined ({tidy(refusal, key)}); {ASK_OTHERWISE}"
    elif finish in _TOO_LONG:
        problem = (
            "reached the limit of tokens before it was done; ask for less, or choose a model that"
            " reasons less."
        )
    elif finish in _BROKEN_OFF:
        problem = STOPPED
    elif not isinstance(content, str) or not content.strip():
        problem = "answered without text; try again, or choose another model."
    else:
        counts = usage if isinstance(usage, dict) else {}
        return Reply(
            sendable(content),
            _counted(counts.get("prompt_tokens")),
            _counted(counts.get("completion_tokens")),
            (tidy(model, key) or None) if isinstance(model, str) else None,
        )
    return Fault(problem)


def _counted(value: object) -> int:
    """A count of tokens; 0 where it is none."""
    return value if type(value) is int and value > 0 else 0


def sendable(text: str) -> str:
    """Text that UTF-8 can hold."""
    # The halves of a surrogate pair that came apart, as events of a stream do, become one; a
    # half alone, as undecodable bytes on a command line become, has no UTF-8.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text.encode("utf-8", "replace").decode()
