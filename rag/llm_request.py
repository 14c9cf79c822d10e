"""A request to a model: its fields, which of them to leave out, and whether to try again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from rag.errors import ProviderError
from rag.llm_faults import Fault
from rag.llm_reply import sendable

__all__ = ["Message", "Tries", "fields_of"]


class Message(NamedTuple):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Tries:
    """The attempts at one call: what is left out of the request, and whether to try again."""

    def __init__(
        self,
        model: str,
        who: str,
        fields: Mapping[str, object],
        without: frozenset[str],
        end: float,
    ) -> None:
        """Nothing is sent yet.

        Args:
            model: as the server knows it.
            who: the model with its server, for messages.
            fields: of the request, beside model and messages.
            without: fields that the endpoint is known to turn down.
            end: of all attempts together, on the monotonic clock.
        """
        self.end = end
        self.without = without
        """What is left out. Only a success proves that it was the fields' fault."""
        self._model = model
        self._who = who
        self._fields = fields
        self._retried = False

    def body(self, messages: Sequence[Message]) -> Mapping[str, object]:
        """The request, with the fields that the endpoint is not known to turn down."""
        turns = [{"role": m.role, "content": sendable(m.content)} for m in messages]
        kept = _kept(self._fields, self.without)
        return {"model": self._model, "messages": turns, **kept}

    def again(self, fault: Fault, *, final: bool = False) -> None:
        """Make ready for another attempt, having waited as long as it takes.

        Raises:
            ProviderError: there is none to be made.
        """
        left_s = self.end - time.monotonic()
        if fault.turned_down is not None and left_s > 0 and not final:
            self.without |= {fault.turned_down}
        elif fault.wait_s is not None and fault.wait_s < left_s and not (self._retried or final):
            self._retried = True
            time.sleep(fault.wait_s)
        else:
            raise ProviderError(f"{self._who} {fault.text}")


def fields_of(
    max_tokens: int, temperature: float, seed: int | None, schema: Mapping[str, object] | None
) -> dict[str, object]:
    """The optional fields of a request, as OpenAI names them."""
    fields: dict[str, object] = {"max_tokens": max_tokens, "temperature": temperature}
    if seed is not None:
        fields["seed"] = seed
    if schema is not None:
        wanted = {"name": "reply", "strict": True, "schema": dict(schema)}
        fields["response_format"] = {"type": "json_schema", "json_schema": wanted}
    return fields


def _kept(fields: Mapping[str, object], without: frozenset[str]) -> dict[str, object]:
    kept = {name: value for name, value in fields.items() if name not in without}
    if "max_tokens" in without:
        kept["max_completion_tokens"] = fields["max_tokens"]
    if "stream" in without:
        kept.pop("stream_options", None)
    return kept
