"""A scripted model that points at sentences of the prompt it gets, as a real one would.

with ModelServer(writes("Hanegbi leads the talks {Tzachi Hanegbi, charge of}.")) as server:
    …

`{words}` becomes the number, in brackets, of the sentence of the prompt that holds the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.endpoint import Endpoint
from rag.engine import Engine
from rag.llm import Model
from rag.settings import Settings
from tests.fake_openai import FakeOpenAI, Reply, Request, Script, Streamed, _Handler, said, streamed

KEY = "gateway-7Kq2vXw9LmPz"
NAME = "served-model"


class ModelServer(FakeOpenAI):
    """The scripted server, which also says what models it has."""

    def __init__(self, script: Script, *names: str) -> None:
        super().__init__(script)
        self._names = names

        class Handler(_Handler):
            do_GET = _Handler.do_POST  # noqa: N815 - the standard library's name

        self._server.RequestHandlerClass = Handler

    def _reply(self, request: Request) -> Reply | Streamed:
        if request.method == "GET":
            return Reply({"data": [{"id": name} for name in self._names]})
        return super()._reply(request)


@pytest.fixture(autouse=True)
def no_client_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, address or proxy from outside."""
    import os

    for name in list(os.environ):
        if name.startswith("OPENAI_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def prompt_of(request: Request) -> str:
    """What the user's message says."""
    return str(request.body["messages"][-1]["content"])


def numbered(prompt: str) -> dict[int, str]:
    """The sentences that a prompt shows, by number."""
    found = re.findall(r"^\[(\d+)\] (.+)$", prompt, re.MULTILINE)
    return {int(n): text for n, text in found}


def pointed(template: str, prompt: str) -> str:
    """The template with the numbers of the sentences that it means."""

    def number(match: re.Match[str]) -> str:
        (n, *_) = [n for n, text in numbered(prompt).items() if match[1] in text]
        return f"[{n}]"

    return re.sub(r"\{(.+?)\}", number, template)


def writes(*templates: str, finish: str = "stop") -> Callable[[Request], Reply]:
    """A script that answers the first request with the first, and so on, then with the last."""
    left = list(templates)

    def script(request: Request) -> Reply:
        template = left.pop(0) if len(left) > 1 else left[0]
        return said(pointed(template, prompt_of(request)), finish)

    return script


def streams(template: str, size: int = 7) -> Callable[[Request], Streamed]:
    """As `writes`, in pieces of some characters."""

    def script(request: Request) -> Streamed:
        text = pointed(template, prompt_of(request))
        return streamed(*(text[at : at + size] for at in range(0, len(text), size)))

    return script


@contextmanager
def asking(
    server: FakeOpenAI,
    home: Path,
    settings: Settings | None = None,
    replies: Path | None = None,
    name: str = NAME,
) -> Iterator[Engine]:
    """An engine whose answers the server writes."""
    with (
        Model(name, Endpoint(server.url, KEY)) as model,
        Engine(home, settings or Settings(), model=model, replies=replies) as engine,
    ):
        yield engine


def texts_of(items: Sequence[object]) -> list[str]:
    """What claims or dropped sentences say."""
    return [str(getattr(item, "text")) for item in items]  # noqa: B009 - both have one
