"""Taking a model's streamed reply apart as it arrives; nothing about its shape is trusted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rag.llm_faults import CHECK_URL, PAUSE_S, Fault, said_by
from rag.llm_reply import STOPPED, Reply, judged, read_reply, sendable

__all__ = ["read_events"]

MOST_BYTES = 1 << 26
"""Of a reply that are read: 100,000 tokens in events of 400 bytes take 40 MB."""
_FIELDS = ("data:", ":", "event:", "id:", "retry:")
# A piece of unknown shape may hold text, and an answer must not lack a part unnoticed.
_MISSHAPEN = Fault(f"sent an event that can't be read; {CHECK_URL}")


def read_events(chunks: Iterable[bytes], key: str | None) -> Iterator[str | Reply | Fault]:
    """The pieces of text as they come, then the whole with its counts, or what went wrong.

    An empty piece tells that the server is at work, as models are that think before they
    write. A stream that ends without saying why is broken off, however whole it looks. A
    server that takes no notice of `stream` answers in one piece, which comes at the end only.

    Args:
        chunks: the response's body as it comes, cut anywhere.
        key: never to be shown.
    """
    text = _Text(key)
    streams, body = False, ""
    for line in _lines(chunks):
        if not line.startswith(_FIELDS):
            body += "" if streams else line
            continue
        streams = True
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            break
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            if not line.endswith("\n"):
                break
            yield Fault(f"sent something other than JSON in its stream; {CHECK_URL}")
            return
        piece = text.add(event)
        if piece is not None:
            yield piece
        if isinstance(piece, Fault):
            return
    yield text.end() if streams else read_reply(body, key)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends, which a last one that was cut off lacks.

    Only line feeds end one: texts hold other separators.
    """
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_BYTES:
            break
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            yield b"".join([*parts, end, b"\n"]).decode("utf-8", "replace")
            parts = []
        parts.append(rest)
    yield b"".join(parts).decode("utf-8", "replace")


class _Text:
    """What the events so far have told."""

    def __init__(self, key: str | None) -> None:
        self._key = key
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._finish: str | None = None
        self._half = ""
        self._usage: object = None
        self._model: object = None

    def add(self, event: object) -> str | Fault | None:
        """Its piece of text, empty where it only shows that there will be one."""
        if not isinstance(event, dict):
            return _MISSHAPEN
        if event.get("error") or event.get("object") == "error":
            said = said_by(event, self._key)
            return Fault(f"failed while it wrote{said and f' ({said})'}; try again.")
        self._usage = event.get("usage") or self._usage
        self._model = event.get("model") or self._model
        # Events with counts or a filter's verdict have no choice.
        choices = event.get("choices") or [{}]
        choice = choices[0] if isinstance(choices, list) else None
        return self._add_choice(choice) if isinstance(choice, dict) else _MISSHAPEN

    def _add_choice(self, choice: dict[str, Any]) -> str | Fault | None:
        finish, delta = choice.get("finish_reason"), choice.get("delta")
        if isinstance(finish, str) and finish:
            self._finish = finish
        if not delta:
            return None
        if not isinstance(delta, dict):
            return _MISSHAPEN
        if isinstance(delta.get("refusal"), str):
            self._refusal.append(delta["refusal"])
        content = delta.get("content") or ""
        return self._piece(content) if isinstance(content, str) else _MISSHAPEN

    def _piece(self, content: str) -> str:
        content = self._half + content
        # A character outside the basic plane may come in two events, half in each.
        cut = "\ud800" <= content[-1:] <= "\udbff"
        content, self._half = (content[:-1], content[-1]) if cut else (content, "")
        self._text.append(sendable(content))
        return self._text[-1]

    def end(self) -> Reply | Fault:
        """The whole, or why it is none."""
        text, refusal = "".join(self._text), "".join(self._refusal)
        if self._finish is None and not refusal.strip():
            return Fault(STOPPED, PAUSE_S)
        return judged(
            self._finish,
            text,
            refusal=refusal,
            usage=self._usage,
            model=self._model,
            key=self._key,
        )
