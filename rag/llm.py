"""Models served over the OpenAI chat API: one call in, one text out, every fault one line."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from rag.closing import Closing
from rag.endpoint import Endpoint
from rag.errors import ProviderError, SettingsError
from rag.llm_attempt import Limits, attempt, client_for, too_late
from rag.llm_faults import Fault
from rag.llm_reply import Reply
from rag.llm_request import Message, Tries, fields_of

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
        self._limits = Limits(deadline_s, first_token_s, between_tokens_s)
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
            outcome: Reply | Fault = too_late(self._limits)
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
        client, end = self._open(), time.monotonic() + self._limits.deadline
        outcome = self._attempt(client, {}, end)
        if isinstance(outcome, Fault):
            raise ProviderError(f"The server at {self.endpoint.host} {outcome.text}")
        return tuple(outcome.text.splitlines())

    def _tries(self, fields: Mapping[str, object], start: float) -> Tries:
        who = f"The model {self.name!r} at {self.endpoint.host}"
        return Tries(self.name, who, fields, self._turned_down, start + self._limits.deadline)

    def _completion(self, reply: Reply, start: float) -> Completion:
        return Completion(
            reply.text,
            reply.prompt_tokens,
            reply.completion_tokens,
            reply.model or self.name,
            time.monotonic() - start,
        )

    def _open(self) -> OpenAI:
        problem = "OPENAI_BASE_URL, the proxy variables and SSL_CERT_FILE"
        with self._opening:
            if self._client is not None:
                return self._client
            try:
                self._client = client_for(self.endpoint.address, self.endpoint.api_key)
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
        for item in self._streamed(client, body, end):
            if not isinstance(item, str):
                return item
        return too_late(self._limits)

    def _streamed(
        self, client: OpenAI, body: Mapping[str, object], end: float
    ) -> Generator[str | Reply | Fault, None, None]:
        return attempt(client, body, end, self.endpoint.api_key, self._limits)
