"""What holds for every call to a model, whole or streamed: its faults, and no thread left."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from email.utils import formatdate

import pytest

from rag.endpoint import Endpoint
from rag.errors import ProviderError
from rag.llm_request import Message
from tests.fake_openai import Reply, Script, completion, failed, said

KEY = "gateway-7Kq2vXw9LmPz"
ASK = [Message("system", "Be brief."), Message("user", "Who?")]
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
NOW = {"Retry-After": "0"}


@pytest.fixture(autouse=True)
def no_client_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"),
        *("OPENAI_CUSTOM_HEADERS", "OPENAI_ADMIN_KEY", "OPENAI_LOG"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def every_thread_ends() -> Iterator[None]:
    yield
    wait_until(lambda: not workers())


def workers() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "citewire-model"]


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def line_of(fault: ProviderError, url: str) -> str:
    """The message of a fault, after what has to hold for each of them."""
    message = str(fault)
    assert fault.exit_code == 3
    assert message.startswith(f"The model 'm-1' at {Endpoint(url, None).host} ")
    assert message.isprintable() and message.endswith(".")
    assert ";" in message or ":" in message, "says no way out"
    assert KEY not in "".join(traceback.format_exception(fault))
    assert fault.__cause__ is None and fault.__context__ is None
    return message


def broken(**changes: object) -> Reply:
    return Reply({**completion("Yes."), **changes})


FAULTS: dict[str, tuple[Script, str]] = {
    # Status codes.
    "a wrong key": (
        [failed(401, f"Incorrect API key provided: {KEY}.", code="invalid_api_key")],
        "does not accept the key (401); set OPENAI_API_KEY",
    ),
    "a forbidden model": ([failed(403, "Not in your region")], "(403: Not in your region); choose"),
    "an unknown model": (
        [failed(404, "The model `m-1` does not exist", code="model_not_found")],
        "is not known there (404: The model `m-1` does not exist); name a model",
    ),
    "a wrong path": (
        [Reply("<html>404</html>", 404, {"Content-Type": "text/html"})],
        "is not at that address (404); check that OPENAI_BASE_URL",
    ),
    "too long a text": (
        [failed(400, "This is too long", code="context_length_exceeded")],
        "can't read that much at once (400: This is too long); lower the setting `passages`",
    ),
    "too long a text in vLLM's words": (
        [failed(400, "This model's maximum context length is 4096 tokens, max_tokens unsupported")],
        "can't read that much at once",
    ),
    "too large a request": ([Reply("", 413)], "can't read that much at once (413)"),
    "a content filter before": (
        [failed(400, "Filtered", code="content_filter")],
        "kept from it by its content filter (400); ask in other words",
    ),
    "a bad request": ([failed(400, "Bad role")], "turned the request down (400: Bad role); choose"),
    "an unprocessable request": (
        [Reply({"detail": [{"loc": ["body", "messages"], "msg": "Field required"}]}, 422)],
        "turned the request down (422); choose",
    ),
    "a strange status": ([failed(418, "Teapot")], "turned the request down (418: Teapot); check"),
    "an empty account": (
        [failed(429, "No more", code="insufficient_quota", headers=NOW)],
        "the account has no credit left; check its plan and billing",
    ),
    "a payment due": ([failed(402, "Pay")], "no credit left"),
    "too many requests": (
        [failed(429, "Slow down", headers=NOW)] * 2,
        "is asked too often (429: Slow down); try again later.",
    ),
    "a wait past the deadline": (
        [failed(429, "Slow down", headers={"Retry-After": "9"})],
        "try again in 9 s.",
    ),
    "a wait until a date": (
        [failed(429, "Slow", headers={"Retry-After": formatdate(time.time() + 86400)})],
        "(429: Slow); try again later.",
    ),
    "a broken server": ([failed(500, "Oops")] * 2, "is failing (500: Oops); try again later."),
    "a gateway's page": (
        [Reply("<html>Bad Gateway</html>", 502, {"Content-Type": "text/html"})] * 2,
        "is failing (502); try again later.",
    ),
    "a redirect": (
        [Reply("", 307, {"Location": f"https://u:{KEY}@elsewhere.example/v1?k={KEY}"})],
        "sends requests on to elsewhere.example (307), which is not followed; set OPENAI_BASE_URL",
    ),
    "a redirect to nowhere": ([Reply("", 302)], "sends requests on (302)"),
    # Bodies with status 200.
    "a web page": (
        [Reply("<!doctype html><p>Hello", headers={"Content-Type": "text/html"})],
        "answered with a web page; check that OPENAI_BASE_URL",
    ),
    "broken JSON": ([Reply('{"choices": [')], "answered with something other than JSON; check"),
    "nothing": ([Reply(b"")], "answered with something other than JSON"),
    "JSON without end": ([Reply("[" * 100_000)], "answered with something other than JSON"),
    "bytes that are no text": ([Reply(b"\xff\xfe\x00{")], "something other than JSON"),
    "a bare string": ([Reply('"Yes."')], "answered without a choice (Yes); check"),
    "an error in disguise": (
        [Reply({"error": {"message": "Overloaded", "code": 502}})],
        "answered without a choice (Overloaded); check",
    ),
    "no choices": ([broken(choices=[])], "answered without a choice; check"),
    "choices of null": ([broken(choices=None)], "answered without a choice; check"),
    "a choice that is none": ([broken(choices=["Yes."])], "answered without a choice; check"),
    "a choice without message": ([broken(choices=[{"finish_reason": "stop"}])], "without a choice"),
    "null for text": ([said(None)], "answered without text; try again"),
    "blank text": ([said(" \n")], "answered without text; try again"),
    "a list for text": ([said([{"type": "text", "text": "Yes."}])], "answered without text"),
    "a refusal": ([said(None, refusal="I can't\nhelp")], "declined (I can't help); ask in other"),
    "a reply cut short": ([said("Because the", "length")], "reached the limit of tokens before"),
    "a reply filtered": (
        [said("Beca", "content_filter")],
        "was stopped by its content filter; ask",
    ),
    "a reply cut short in Mistral's word": ([said("Be", "model_length")], "the limit of tokens"),
    "a request given up": ([said("Beca", "abort")], "stopped in the middle of its answer; try"),
    # The wire.
    "a reset": ([Reply(manner="reset")] * 2, "broke the connection off; try again"),
    "half a body": ([Reply(completion("Yes."), manner="cut")] * 2, "broke the connection off"),
    "a body that is not zipped": (
        [Reply(completion("Yes."), headers={"Content-Encoding": "gzip"})] * 2,
        "broke the connection off",
    ),
    # What the server says is shown in one line, without the key.
    "a server that repeats the key": (
        [failed(400, f"Header 'Authorization: Bearer {KEY}' is\x1b[2J odd, {KEY}!")],
        "(400: Header 'Authorization: *** is [2J odd, ***!);",
    ),
    "a server that repeats half of some key": (
        [failed(403, "Key sk-proj-7Kq2****Lm may not")],
        "(403: Key *** may not); choose",
    ),
    "a server that talks": ([failed(400, "word " * 500)], "word word…); choose"),
}
