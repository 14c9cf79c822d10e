"""Models served over the OpenAI chat API: one call in, one text out, every fault one line.

The client's own time limits hold per chunk, so a server that drips bytes is waited for for
ever. Here each attempt runs in a thread of its own: when the deadline passes, the caller goes
on and the socket is shut down under the thread, which ends it. A clock between the chunks of
the body was the other choice; it does not run during name look-up, the TLS handshake and
dripping headers. Faults leave the thread as values, never as exceptions, so that nothing
raised here carries the client's exceptions, whose texts may hold the key.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from rag.closing import Closing
from rag.endpoint import Endpoint
from rag.errors import ProviderError, SettingsError
from rag.llm_events import read_events
from rag.llm_faults import CONNECT_S, Fault, connection_fault, status_fault
from rag.llm_models import read_names
from rag.llm_reply import Reply, read_reply
from rag.llm_request import Message, Tries, fields_of
from rag.wire import WIRE, Wire, watch

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Completion", "Message", "Model"]


class Completion(NamedTuple):
    """What a model wrote, whole: a reply that was cut off is a `ProviderError`."""

    text: str
    prompt_tokens: int
    """As the server counts; 0 where it doesn't say."""
    completion_tokens: int
    model: str
    """As the server names it; some add a date."""
    seconds: float
    """Of the whole call, with a retry."""


class Model(Closing):
    """A served model. Threads may share it; use it as a context manager or `close` it."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        *,
        deadline_s: float = 60.0,
        first_token_s: float = 30.0,
        between_tokens_s: float = 20.0,
    ) -> None:
        """Nothing is imported or connected before the first call.

        Args:
            name: as the server knows it.
            endpoint: where it is served.
            deadline_s: most seconds a call may take, with its retry.
            first_token_s: most seconds without a sign of life from the server before the
                first text of a streamed reply.
            between_tokens_s: as many after it.

        Raises:
            SettingsError: there is neither a key nor a base URL, or a value can't be.
        """
        if not name.strip() or not name.isprintable():
            raise SettingsError(f"{name!r} is no name of a model; name one the server has.")
        for limit in (deadline_s, first_token_s, between_tokens_s):
            if not (math.isfinite(limit) and limit > 0):
                raise SettingsError(f"A deadline of {limit!r} s is none; give seconds above 0.")
        if endpoint.base_url is None and endpoint.api_key is None:
            raise SettingsError(
                f"The model {name!r} has no place to be asked; set OPENAI_API_KEY, or"
                " OPENAI_BASE_URL for a server of your own."
            )
        self.name = name
        self.endpoint = endpoint
        self.deadline_s = deadline_s
        self.first_token_s = first_token_s
        self.between_tokens_s = between_tokens_s
        self._client: OpenAI | None = None
        self._opening = threading.Lock()
        self._turned_down: frozenset[str] = frozenset()

    def close(self) -> None:
        """Let go of the client."""
        with self._opening:
            if self._client is not None:
                self._client.close()
            self._client = None

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: Mapping[str, object] | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Ask the model once.

        Fields that the endpoint turns down (`response_format`, `temperature`, `seed`, and
        `max_tokens`, which OpenAI's newer models call `max_completion_tokens`) are left out
        or renamed, and once that has worked, so are they for the rest of this object's life.

        Args:
            messages: the conversation.
            max_tokens: most tokens to write.
            temperature: 0 for the likeliest words.
            schema: JSON schema of the reply. The text still has to be checked: not every
                server holds to it.
            seed: makes replies repeatable on servers that heed it.

        Raises:
            ProviderError: there is no usable reply within the deadline.
            SettingsError: the client can't be set up.
        """
        client, start = self._open(), time.monotonic()
        fields = fields_of(max_tokens, temperature, seed, schema)
        tries = self._tries(fields, start)
        while not isinstance(
            outcome := self._attempt(client, tries.body(messages), tries.end), Reply
        ):
            tries.again(outcome)
        self._turned_down |= tries.without
        return self._completion(outcome, start)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: Mapping[str, object] | None = None,
        seed: int | None = None,
    ) -> Generator[str | Completion, None, None]:
        """Ask the model once and give the text as it arrives; the arguments of `complete`.

        An endpoint that does not stream gives its text in one piece. Closing the generator
        hangs up.

        Yields:
            Pieces of text, then the whole as a `Completion`. What came before a fault is a
            part of an answer and must not be shown as one.

        Raises:
            ProviderError: no whole reply came within the deadline, or nothing for too long.
            SettingsError: the client can't be set up.
        """
        client, start = self._open(), time.monotonic()
        fields = fields_of(max_tokens, temperature, seed, schema)
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
        tries = self._tries(fields, start)
        while True:
            begun = False
            outcome: Reply | Fault = self._too_late()
            with closing(self._streamed(client, tries.body(messages), tries.end)) as items:
                for item in items:
                    if not isinstance(item, str):
                        outcome = item
                    elif item:
                        begun = True
                        yield item
            if isinstance(outcome, Reply):
                self._turned_down |= tries.without
                if not begun:
                    yield outcome.text
                yield self._completion(outcome, start)
                return
            # What was written cannot be taken back, so then nothing is asked again.
            tries.again(outcome, final=begun)

    def names(self) -> tuple[str, ...]:
        """The models that the server has, in its own order.

        Raises:
            ProviderError: it does not say within the deadline.
            SettingsError: the client can't be set up.
        """
        client, end = self._open(), time.monotonic() + self.deadline_s
        outcome = self._attempt(client, {}, end)
        if isinstance(outcome, Fault):
            raise ProviderError(f"The server at {self.endpoint.host} {outcome.text}")
        return tuple(outcome.text.splitlines())

    def _tries(self, fields: Mapping[str, object], start: float) -> Tries:
        who = f"The model {self.name!r} at {self.endpoint.host}"
        return Tries(self.name, who, fields, self._turned_down, start + self.deadline_s)

    def _completion(self, reply: Reply, start: float) -> Completion:
        return Completion(
            reply.text,
            reply.prompt_tokens,
            reply.completion_tokens,
            reply.model or self.name,
            time.monotonic() - start,
        )

    def _open(self) -> OpenAI:
        # Imported late: it takes a second, and most commands need no model.
        problem = "OPENAI_BASE_URL, the proxy variables and SSL_CERT_FILE"
        with self._opening:
            if self._client is not None:
                return self._client
            try:
                import openai  # noqa: PLC0415

                self._client = openai.OpenAI(
                    # Left out, both would be read from the environment, whatever was passed
                    # to us. A server that wants no key does not mind one.
                    api_key=self.endpoint.api_key or "none",
                    base_url=self.endpoint.address,
                    max_retries=0,
                    # A connection a call: one kept alive is often dead when it is next
                    # needed, and beside a model's seconds the handshake does not show.
                    default_headers={"Connection": "close"},
                    http_client=openai.DefaultHttpxClient(
                        # A redirect would carry questions and articles to another host.
                        follow_redirects=False,
                        event_hooks={"request": [watch]},
                    ),
                )
            except ImportError:
                problem = "that the package is whole: `pip install 'openai>=2.54'`"
            except Exception as exc:  # bad proxies and certificate files have many types
                problem += f" ({type(exc).__name__})"
            else:
                return self._client
        raise SettingsError(
            f"The openai client for {self.endpoint.host} can't be set up; check {problem}."
        )

    def _attempt(self, client: OpenAI, body: Mapping[str, object], end: float) -> Reply | Fault:
        """One request, never past `end` on the monotonic clock."""
        for item in self._streamed(client, body, end):
            if not isinstance(item, str):
                return item
        return self._too_late()

    def _streamed(
        self, client: OpenAI, body: Mapping[str, object], end: float
    ) -> Generator[str | Reply | Fault, None, None]:
        """One request in a thread of its own: pieces of text, then how it ended."""
        wire = Wire()
        gone = threading.Event()
        items: queue.SimpleQueue[str | Reply | Fault] = queue.SimpleQueue()

        def work() -> None:
            WIRE.set(wire)
            for item in _ask(client, body, end, self.endpoint.api_key, gone):
                # Looked at here: what came in time is not late for a caller who is slow.
                late = not isinstance(item, Reply) and time.monotonic() >= end
                items.put(self._too_late() if late else item)
                if late:
                    return

        worker = threading.Thread(target=work, name="citewire-model", daemon=True)
        worker.start()
        silence_s = self.first_token_s if "stream" in body else self.deadline_s
        try:
            while True:
                left_s = end - time.monotonic()
                try:
                    item = items.get(timeout=max(0.0, min(silence_s, left_s)))
                except queue.Empty:
                    yield self._too_late() if left_s <= silence_s else _silent(silence_s)
                    return
                yield item
                if not isinstance(item, str):
                    return
                if item:
                    silence_s = self.between_tokens_s
        finally:  # also on Ctrl-C, and where nobody wants the rest
            gone.set()
            if worker.is_alive():
                wire.hang_up()
                worker.join(0.25)

    def _too_late(self) -> Fault:
        return Fault(
            f"did not finish within {self.deadline_s:g} s; try again, or choose a faster model."
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
