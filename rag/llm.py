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
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from rag.closing import Closing
from rag.endpoint import Endpoint
from rag.errors import ProviderError, SettingsError
from rag.llm_faults import CONNECT_S, READ_S, Fault, connection_fault, status_fault
from rag.llm_reply import Reply, read_reply, sendable
from rag.wire import WIRE, Wire, watch

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Completion", "Message", "Model"]


class Message(NamedTuple):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


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

    def __init__(self, name: str, endpoint: Endpoint, *, deadline_s: float = 60.0) -> None:
        """Nothing is imported or connected before the first call.

        Args:
            name: as the server knows it.
            endpoint: where it is served.
            deadline_s: most seconds a call may take, with its retry.

        Raises:
            SettingsError: there is neither a key nor a base URL, or a value can't be.
        """
        if not name.strip() or not name.isprintable():
            raise SettingsError(f"{name!r} is no name of a model; name one the server has.")
        if not (math.isfinite(deadline_s) and deadline_s > 0):
            raise SettingsError(f"A deadline of {deadline_s!r} s is none; give seconds above 0.")
        if endpoint.base_url is None and endpoint.api_key is None:
            raise SettingsError(
                f"The model {name!r} has no place to be asked; set OPENAI_API_KEY, or"
                " OPENAI_BASE_URL for a server of your own."
            )
        self.name = name
        self.endpoint = endpoint
        self.deadline_s = deadline_s
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
        client = self._open()
        start = time.monotonic()
        end = start + self.deadline_s
        fields: dict[str, object] = {"max_tokens": max_tokens, "temperature": temperature}
        if seed is not None:
            fields["seed"] = seed
        if schema is not None:
            wanted = {"name": "reply", "strict": True, "schema": dict(schema)}
            fields["response_format"] = {"type": "json_schema", "json_schema": wanted}
        turns = [{"role": m.role, "content": sendable(m.content)} for m in messages]
        without, retried = self._turned_down, False
        while True:
            body = {"model": self.name, "messages": turns, **_kept(fields, without)}
            outcome = self._attempt(client, body, end)
            if isinstance(outcome, Reply):
                break
            left_s = end - time.monotonic()
            if outcome.turned_down is not None and left_s > 0:
                without |= {outcome.turned_down}
            elif not retried and outcome.wait_s is not None and outcome.wait_s < left_s:
                retried = True
                time.sleep(outcome.wait_s)
            else:
                who = f"The model {self.name!r} at {self.endpoint.host}"
                raise ProviderError(f"{who} {outcome.text}")
        # Only a success proves that it was the field's fault.
        self._turned_down |= without
        return Completion(
            outcome.text,
            outcome.prompt_tokens,
            outcome.completion_tokens,
            outcome.model or self.name,
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
        wire = Wire()
        outcomes: list[Reply | Fault] = []

        def work() -> None:
            WIRE.set(wire)
            outcomes.append(_ask(client, body, end, self.endpoint.api_key))

        worker = threading.Thread(target=work, name="citewire-model", daemon=True)
        worker.start()
        try:
            worker.join(max(0.0, end - time.monotonic()))
        finally:  # also on Ctrl-C
            if worker.is_alive():
                wire.hang_up()
                worker.join(0.25)
        outcome = outcomes[0] if outcomes else None
        if isinstance(outcome, Reply) or (outcome and time.monotonic() < end):
            return outcome
        return Fault(
            f"did not finish within {self.deadline_s:g} s; try again, or choose a faster model."
        )


def _kept(fields: Mapping[str, object], without: frozenset[str]) -> dict[str, object]:
    kept = {name: value for name, value in fields.items() if name not in without}
    if "max_tokens" in without:
        kept["max_completion_tokens"] = fields["max_tokens"]
    return kept


def _ask(client: OpenAI, body: Mapping[str, object], end: float, key: str | None) -> Reply | Fault:
    import openai  # noqa: PLC0415

    left_s = max(0.01, end - time.monotonic())
    connect_s, read_s = min(CONNECT_S, left_s), min(READ_S, left_s)
    timeout = openai.Timeout(read_s, connect=connect_s)
    try:
        # As text: the client's own types are filled without checks, so that `choices` may
        # be None and a whole reply a str. What is read here is checked here.
        text = client.post(
            "/chat/completions", cast_to=str, body=dict(body), options={"timeout": timeout}
        )
        return read_reply(text, key)
    except openai.APIStatusError as exc:
        return status_fault(exc, body, key)
    except Exception as exc:  # the client lets several libraries' errors through
        return connection_fault(exc)
