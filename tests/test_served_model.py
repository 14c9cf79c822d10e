"""The client against a real server and real tokens: what the scripted server only claims."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

import pytest

from rag.endpoint import Endpoint
from rag.errors import ProviderError
from rag.llm import Completion, Message, Model
from tests.conftest import ROOT
from tests.served_model import CONTEXT, INSTALL, KEY, NAME, WHY_NOT, ServedModel

needs_server = pytest.mark.skipif(WHY_NOT is not None, reason=f"no model's server: {WHY_NOT}")

CAPITAL = [Message("user", "What is the capital of France? Answer in one word.")]
SEASONS = [Message("user", "Name the four seasons in one short sentence.")]
STORY = [Message("user", "Tell me a long story about a ferry.")]
VERDICT = {
    "type": "object",
    "properties": {
        "verdict": {"enum": ["supported", "contradicted"]},
        "digit": {"type": "integer", "minimum": 0, "maximum": 9},
    },
    "required": ["verdict", "digit"],
    "additionalProperties": False,
}
ENDLESS = {"type": "array", "items": {"type": "string", "minLength": 5}, "minItems": 1000}
"""More than the context holds: whoever writes this is still at it a good while later."""


@pytest.fixture(autouse=True)
def no_client_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OPENAI_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedModel]:
    with ServedModel(tmp_path_factory.mktemp("served")) as server:
        yield server


def opened(url: str, *, key: str | None = KEY, **limits: float) -> Model:
    """The served model. Its limits are wide: other programs may need the processor too."""
    wide = {"deadline_s": 120.0, "first_token_s": 60.0, "between_tokens_s": 60.0}
    return Model(NAME, Endpoint(url, key), **(wide | limits))


@pytest.fixture
def model(server: ServedModel) -> Iterator[Model]:
    with opened(server.url) as model:
        yield model


def streamed(model: Model, messages: list[Message], **options: Any) -> tuple[list[str], Completion]:
    *pieces, done = model.stream(messages, **options)
    assert isinstance(done, Completion)
    return [piece for piece in pieces if isinstance(piece, str)], done


def fault(model: Model, messages: list[Message], *, stream: bool, max_tokens: int = 200) -> str:
    """What the one line says after the model's name and its server's."""
    call: Callable[..., object] = partial(streamed, model) if stream else model.complete
    with pytest.raises(ProviderError) as caught:
        call(messages, max_tokens=max_tokens)
    who, line = f"The model {NAME!r} at {model.endpoint.host} ", str(caught.value)
    assert line.startswith(who) and line.isprintable() and KEY not in line
    return line.removeprefix(who)


either_way = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@needs_server
def test_the_server_has_the_model_under_its_name(server: ServedModel) -> None:
    assert [m["id"] for m in server.get("/v1/models")["data"]] == [NAME]


@needs_server
def test_a_question_is_answered_with_text_and_counts(model: Model) -> None:
    got = model.complete(CAPITAL, max_tokens=200)
    assert "Paris" in got.text
    assert 15 < got.prompt_tokens < 80
    assert 1 <= got.completion_tokens < 200
    assert got.model == NAME and got.seconds > 0


@needs_server
def test_a_streamed_answer_is_the_whole_one_in_pieces(model: Model) -> None:
    whole = model.complete(SEASONS, max_tokens=200)
    pieces, done = streamed(model, SEASONS, max_tokens=200)
    assert len(pieces) > 3 and "".join(pieces) == done.text
    assert done._replace(seconds=whole.seconds) == whole
    assert done.completion_tokens >= len(pieces) and done.prompt_tokens > 0


@needs_server
@either_way
def test_a_schema_is_kept_to(model: Model, stream: bool) -> None:
    """The question asks for something else, so that only the schema can bring this about."""
    options: dict[str, Any] = {"max_tokens": 400, "schema": VERDICT}
    if stream:
        _, got = streamed(model, STORY, **options)
    else:
        got = model.complete(STORY, **options)
    reply = json.loads(got.text)
    assert set(reply) == {"verdict", "digit"}
    assert reply["verdict"] in ("supported", "contradicted")
    assert type(reply["digit"]) is int and 0 <= reply["digit"] <= 9


@needs_server
@either_way
def test_an_answer_cut_off_at_the_limit_of_tokens_is_none(model: Model, stream: bool) -> None:
    line = fault(model, STORY, stream=stream, max_tokens=5)
    assert line.startswith("reached the limit of tokens before it was done; ask for less")


@needs_server
@either_way
def test_more_than_the_model_can_read_is_told_in_one_line(model: Model, stream: bool) -> None:
    line = fault(model, [Message("user", "ferry " * CONTEXT)], stream=stream)
    assert line.startswith("can't read that much at once (400: ")
    assert "lower the setting `passages`" in line


@needs_server
@either_way
def test_a_wrong_path_is_told_in_one_line(server: ServedModel, stream: bool) -> None:
    with opened(server.url.replace("/v1", "/api/v3")) as model:
        line = fault(model, CAPITAL, stream=stream)
    assert line.startswith("is not at that address (404")
    assert "check that OPENAI_BASE_URL" in line


@needs_server
@pytest.mark.parametrize("key", ["not-the-key", None])
def test_a_wrong_key_is_told_in_one_line(server: ServedModel, key: str | None) -> None:
    with opened(server.url, key=key) as model:
        line = fault(model, CAPITAL, stream=False)
    assert line.startswith("does not accept the key (401); set OPENAI_API_KEY")


@needs_server
def test_a_server_is_free_again_when_nobody_wants_the_rest(
    server: ServedModel, model: Model
) -> None:
    stream = model.stream(STORY, max_tokens=CONTEXT, schema=ENDLESS)
    next(stream)
    assert busy(server)
    assert isinstance(stream, Generator)
    stream.close()
    end = time.monotonic() + 15
    while busy(server):
        assert time.monotonic() < end, "the server still writes, though nobody reads"
        time.sleep(0.05)


def busy(server: ServedModel) -> bool:
    (slot,) = server.get("/slots")
    return bool(slot["is_processing"])


@needs_server
def test_a_server_killed_in_the_middle_of_a_stream_is_a_fault_at_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        ServedModel(tmp_path_factory.mktemp("killed")) as server,
        opened(server.url) as model,
    ):
        stream = model.stream(STORY, max_tokens=CONTEXT, schema=ENDLESS)
        begun = [next(stream), next(stream)]
        server.kill()
        start = time.monotonic()
        with pytest.raises(ProviderError) as caught:
            list(stream)
        assert time.monotonic() - start < 15, "far below the limits of this model"
        assert all(isinstance(piece, str) for piece in begun)
        who = f"The model {NAME!r} at {model.endpoint.host} "
        assert str(caught.value).startswith(who + "broke the connection off; try again")
        assert fault(model, CAPITAL, stream=True).startswith("can't be reached: nothing listens")


@pytest.mark.parametrize("place", [".ci/run", ".github/workflows/ci.yml", "CONTRIBUTING.md"])
def test_the_server_is_installed_in_the_same_way_everywhere(place: str) -> None:
    text = (ROOT / place).read_text(encoding="utf-8")
    assert INSTALL in " ".join(text.replace(" --quiet", "").replace("\\\n", " ").split())
