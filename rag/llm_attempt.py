"""One request to a served model, in a thread of its own, ended from outside.

The client's own time limits hold per chunk, so a server that drips bytes is waited for for
ever. Here each attempt runs in a thread of its own: when the deadline passes, the caller goes
on and the socket is shut down under the thread, which ends it. A clock between the chunks of
the body was the other choice; it does not run during name look-up, the TLS handshake and
dripping headers. Faults leave the thread as values, never as exceptions, so that nothing
raised here carries the client's exceptions, whose texts may hold the key.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from rag.llm_events import read_events
from rag.llm_faults import CONNECT_S, Fault, connection_fault, status_fault
from rag.llm_models import read_names
from rag.llm_reply import Reply, read_reply
from rag.wire import WIRE, Wire, watch

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Limits", "attempt", "client_for", "too_late"]


class Limits(NamedTuple):
    """Seconds that a model is waited for."""

    deadline: float
    """For a call in all, with its retry."""
    first_token: float
    """Without a sign of life before the first text of a streamed reply."""
    between_tokens: float
    """And after it."""


def client_for(base_url: str | None, key: str | None) -> OpenAI:
    """A client that reads nothing from the environment but proxies and certificates.

    Raises:
        ImportError: the package is not there.
        Exception: proxies or certificate files can't be used; these have many types.
    """
    import openai  # noqa: PLC0415 - it takes a second, and most commands need no model

    return openai.OpenAI(
        # Left out, both would be read from the environment, whatever was passed to us. A
        # server that wants no key does not mind one.
        api_key=key or "none",
        base_url=base_url,
        max_retries=0,
        # A connection a call: one kept alive is often dead when it is next needed, and
        # beside a model's seconds the handshake does not show.
        default_headers={"Connection": "close"},
        http_client=openai.DefaultHttpxClient(
            # A redirect would carry questions and articles to another host.
            follow_redirects=False,
            event_hooks={"request": [watch]},
        ),
    )


def attempt(
    client: OpenAI, body: Mapping[str, object], end: float, key: str | None, limits: Limits
) -> Generator[str | Reply | Fault, None, None]:
    """One request: pieces of text, then how it ended, never past `end`.

    Args:
        client: to ask with.
        body: of the request; empty to ask what models there are.
        end: on the monotonic clock.
        key: never to be shown.
        limits: how long silences may be.
    """
    wire = Wire()
    gone = threading.Event()
    items: queue.SimpleQueue[str | Reply | Fault] = queue.SimpleQueue()

    def work() -> None:
        WIRE.set(wire)
        for item in _ask(client, body, end, key, gone):
            # Looked at here: what came in time is not late for a caller who is slow.
            late = not isinstance(item, Reply) and time.monotonic() >= end
            items.put(too_late(limits) if late else item)
            if late:
                return

    worker = threading.Thread(target=work, name="citewire-model", daemon=True)
    worker.start()
    silence_s = limits.first_token if "stream" in body else limits.deadline
    try:
        while True:
            left_s = end - time.monotonic()
            try:
                item = items.get(timeout=max(0.0, min(silence_s, left_s)))
            except queue.Empty:
                yield too_late(limits) if left_s <= silence_s else _silent(silence_s)
                return
            yield item
            if not isinstance(item, str):
                return
            if item:
                silence_s = limits.between_tokens
    finally:  # also on Ctrl-C, and where nobody wants the rest
        gone.set()
        if worker.is_alive():
            wire.hang_up()
            worker.join(0.25)


def too_late(limits: Limits) -> Fault:
    """That the deadline passed."""
    return Fault(
        f"did not finish within {limits.deadline:g} s; try again, or choose a faster model."
    )


def _silent(seconds: float) -> Fault:
    return Fault(f"sent nothing for {seconds:g} s; try again, or choose a faster model.")


def _ask(
    client: OpenAI,
    body: Mapping[str, object],
    end: float,
    key: str | None,
    gone: threading.Event,
) -> Iterator[str | Reply | Fault]:
    import openai  # noqa: PLC0415

    left_s = max(0.01, end - time.monotonic())
    # The caller has an eye on the silences of a stream; a reply that is not streamed begins
    # when all of it is written.
    timeout = openai.Timeout(left_s, connect=min(CONNECT_S, left_s))
    try:
        # As text: the client's own types are filled without checks, so that `choices` may
        # be None and a whole reply a str. What is read here is checked here.
        if not body:
            text = client.get("/models", cast_to=str, options={"timeout": timeout})
            yield read_names(text, key)
            return
        if "stream" in body:
            with client.post(
                "/chat/completions",
                cast_to=object,
                body=dict(body),
                options={"timeout": timeout},
                stream=True,
                stream_cls=openai.Stream[object],
            ) as stream:
                yield from read_events(_until(gone, stream.response.iter_bytes()), key)
            return
        text = client.post(
            "/chat/completions", cast_to=str, body=dict(body), options={"timeout": timeout}
        )
        yield read_reply(text, key)
    except openai.APIStatusError as exc:
        yield status_fault(exc, body, key)
    except Exception as exc:  # the client lets several libraries' errors through
        yield connection_fault(exc)


def _until(gone: threading.Event, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, as long as somebody waits for them: a flood outlasts the socket's end."""
    for chunk in chunks:
        if gone.is_set():
            raise ConnectionAbortedError
        yield chunk
