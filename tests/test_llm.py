from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from typing import Any

import pytest

from rag.chat_template import defused
from rag.endpoint import Endpoint, endpoint_from
from rag.errors import CitewireError, ProviderError, SettingsError
from rag.llm import Completion, Model
from rag.llm_request import Message
from tests.fake_openai import FakeOpenAI, Reply, Request, completion, failed, said
from tests.llm_checks import (
    ASK,
    FAULTS,
    KEY,
    NOW,
    SCHEMA,
    broken,
    every_thread_ends,  # noqa: F401  (a fixture that is used by itself)
    line_of,
    no_client_settings,  # noqa: F401
    workers,
)


def ask(url: str, *, key: str | None = KEY, deadline_s: float = 5, **options: Any) -> Completion:
    with Model("m-1", Endpoint(url, key), deadline_s=deadline_s) as model:
        return model.complete(ASK, max_tokens=50, **options)


def fault_of(url: str, **options: Any) -> str:
    """The message of the fault."""
    with pytest.raises(ProviderError) as caught:
        ask(url, **options)
    return line_of(caught.value, url)


def test_a_question_goes_out_and_an_answer_comes_back() -> None:
    with FakeOpenAI([said("Ilya Brandt.")]) as server:
        got = ask(server.url, temperature=0.7, seed=3, schema=SCHEMA)
    assert got[:4] == ("Ilya Brandt.", 11, 7, "served-model")
    assert 0 < got.seconds < 5
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "m-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Who?"},
        ],
        "max_tokens": 50,
        "temperature": 0.7,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA},
        },
    }


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_one_line_with_the_way_out(name: str) -> None:
    script, said_so = FAULTS[name]
    with FakeOpenAI(script) as server:
        assert said_so in fault_of(server.url)
        assert isinstance(script, list) and len(server.requests) == len(script)


@pytest.mark.parametrize("manner", ["stall", "drip", "drip-headers"])
def test_a_server_that_never_ends_is_left_at_the_deadline(manner: Any) -> None:
    with FakeOpenAI([Reply(manner=manner)]) as server:
        start = time.monotonic()
        assert "did not finish within 1 s; try again" in fault_of(server.url, deadline_s=1)
        assert time.monotonic() - start < 1.6
        assert workers() == [], "the server still drips, but nobody reads"
    assert len(server.requests) == 1


def test_a_handshake_that_never_ends_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        assert "did not finish within 1 s" in fault_of(url, deadline_s=1)
        assert time.monotonic() - start < 1.6


def test_a_look_up_that_never_ends_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    real = socket.getaddrinfo

    def slow(*args: Any, **options: Any) -> Any:
        over.wait(10)
        return real(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with FakeOpenAI([said("Yes.")]) as server:
        start = time.monotonic()
        url = server.url.replace("127.0.0.1", "localhost")
        assert "did not finish within 1 s" in fault_of(url, deadline_s=1)
        assert time.monotonic() - start < 1.6
        over.set()


def test_a_whole_reply_may_be_silent_until_the_deadline_and_no_longer() -> None:
    with FakeOpenAI([Reply(manner="stall")]) as server:
        assert "did not finish within 0.5 s" in fault_of(server.url, deadline_s=0.5)
    assert len(server.requests) == 1


def test_nobody_listening() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "nothing listens there; start" in fault_of(f"http://127.0.0.1:{port}/v1")


def test_a_host_without_address() -> None:
    assert "no such host; check OPENAI_BASE_URL" in fault_of("http://nowhere.invalid/v1")


def test_tls_to_a_port_without_it() -> None:
    with FakeOpenAI([]) as server:
        url = server.url.replace("http:", "https:")
        assert "does not speak TLS; if the server is your own, write http://" in fault_of(url)


def test_a_wanted_key_is_asked_for() -> None:
    with FakeOpenAI([failed(401)]) as server:
        assert "(401); set OPENAI_API_KEY" in fault_of(server.url, key=None)


@pytest.mark.parametrize(
    "first",
    [
        failed(429, headers=NOW),
        failed(429, headers={"Retry-After": formatdate(time.time() - 60)}),
        failed(429, headers={"Retry-After": "soon"}),
        failed(500),
        failed(503, headers=NOW),
        Reply(manner="reset"),
        Reply(completion("No."), manner="cut"),
    ],
)
def test_what_may_pass_is_tried_once_more(first: Reply) -> None:
    with FakeOpenAI([first, said("Yes.")]) as server:
        assert ask(server.url).text == "Yes."
    assert len(server.requests) == 2


def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    with FakeOpenAI([failed(429, headers={"Retry-After": "1"}), said("Yes.")]) as server:
        assert ask(server.url).seconds >= 1


def test_a_longer_wait_is_told_instead_of_kept() -> None:
    with FakeOpenAI([failed(429, "Slow down", headers={"Retry-After": "11"})]) as server:
        start = time.monotonic()
        said_so = fault_of(server.url, deadline_s=60)
        assert time.monotonic() - start < 5
    assert said_so.endswith("(429: Slow down); try again in 11 s.")


TURNED_DOWN = {
    "400": failed(400, "'response_format' of type json_schema is not supported"),
    "400 of a server of its own": Reply({"error": "structured outputs are off"}, 400),
    "422": Reply({"detail": [{"loc": ["body", "response_format"], "msg": "extra"}]}, 422),
    "501": Reply("", 501),
}


@pytest.mark.parametrize("name", TURNED_DOWN)
def test_an_endpoint_without_schemas_is_asked_without_from_then_on(name: str) -> None:
    script = [TURNED_DOWN[name], said("{}"), said("{}")]
    with FakeOpenAI(script) as server, Model("m-1", Endpoint(server.url, KEY)) as model:
        for _ in range(2):
            assert model.complete(ASK, max_tokens=9, schema=SCHEMA).text == "{}"
    assert ["response_format" in r.body for r in server.requests] == [True, False, False]


def test_a_schema_is_given_up_only_for_a_success() -> None:
    script = [TURNED_DOWN["400"], failed(400), said("{}")]
    with FakeOpenAI(script) as server, Model("m-1", Endpoint(server.url, KEY)) as model:
        with pytest.raises(ProviderError):
            model.complete(ASK, max_tokens=9, schema=SCHEMA)
        model.complete(ASK, max_tokens=9, schema=SCHEMA)
    assert ["response_format" in r.body for r in server.requests] == [True, False, True]


def test_an_endpoint_that_always_objects_is_not_asked_for_ever() -> None:
    with FakeOpenAI(lambda _: TURNED_DOWN["400"]) as server:
        assert "turned the request down" in fault_of(server.url, schema=SCHEMA)
    assert len(server.requests) == 2


def test_the_fields_of_newer_models_are_found_out() -> None:
    def picky(request: Request) -> Reply:
        if "max_tokens" in request.body:
            text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            return failed(400, text, code="unsupported_parameter", param="max_tokens")
        if "temperature" in request.body:
            text = "'temperature' does not support 0 with this model."
            return failed(400, text, code="unsupported_value", param="temperature")
        return said("Yes.")

    with FakeOpenAI(picky) as server, Model("m-1", Endpoint(server.url, KEY)) as model:
        model.complete(ASK, max_tokens=9)
        model.complete(ASK, max_tokens=9)
    assert len(server.requests) == 4
    assert server.requests[-1].body["max_completion_tokens"] == 9


def test_too_large_a_limit_is_no_reason_to_rename_it() -> None:
    reply = failed(400, "max_tokens is too large: 50", code="invalid_value", param="max_tokens")
    with FakeOpenAI([reply]) as server:
        assert "max_tokens is too large" in fault_of(server.url)


def test_a_redirect_is_not_followed() -> None:
    with FakeOpenAI([said("Stolen.")]) as other:
        location = {"Location": other.url + "/chat/completions"}
        with FakeOpenAI([Reply("", 308, location)]) as server:
            assert f"to 127.0.0.1:{other.port} (308)" in fault_of(server.url)
    assert other.requests == []


def test_without_a_key_the_one_in_the_environment_is_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeOpenAI([said("Yes.")]) as server:
        ask(server.url, key=None)
    assert KEY not in str(server.requests)


@pytest.mark.parametrize(
    "changes",
    [
        {"usage": None},
        {"usage": {"prompt_tokens": -1, "completion_tokens": "7"}},
        {"usage": {"prompt_tokens": True}},
        {"usage": [1]},
    ],
)
def test_counts_that_are_none_are_zero(changes: dict[str, object]) -> None:
    with FakeOpenAI([broken(**changes)]) as server:
        assert ask(server.url)[:3] == ("Yes.", 0, 0)


@pytest.mark.parametrize("name", [None, 5, "", "\n"])
def test_a_reply_without_a_name_has_the_one_asked_for(name: object) -> None:
    with FakeOpenAI([broken(model=name)]) as server:
        assert ask(server.url).model == "m-1"


def test_json_under_another_content_type_is_read() -> None:
    reply = Reply(completion("Ja, ſo."), headers={"Content-Type": "text/plain"})
    with FakeOpenAI([reply]) as server:
        assert ask(server.url).text == "Ja, ſo."


def test_half_a_surrogate_pair_goes_neither_in_nor_out() -> None:
    with (
        FakeOpenAI([said("a\ud83db")]) as server,
        Model("m-1", Endpoint(server.url, KEY)) as model,
    ):
        got = model.complete([Message("user", "x\udcffy")], max_tokens=9)
    assert got.text == "a?b"
    assert server.requests[0].body["messages"][0]["content"] == "x?y"


def test_threads_share_a_model() -> None:
    def echo(request: Request) -> Reply:
        time.sleep(0.05)
        return said(request.body["messages"][0]["content"])

    got: dict[str, str] = {}
    with FakeOpenAI(echo) as server, Model("m-1", Endpoint(server.url, KEY)) as model:

        def one(text: str) -> None:
            got[text] = model.complete([Message("user", text)], max_tokens=9).text

        threads = [threading.Thread(target=one, args=(f"q{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == {f"q{n}": f"q{n}" for n in range(8)}


def test_a_closed_model_opens_again() -> None:
    with FakeOpenAI([said("Yes."), said("No.")]) as server:
        model = Model("m-1", Endpoint(server.url, KEY))
        with model:
            model.complete(ASK, max_tokens=9)
        with model:
            assert model.complete(ASK, max_tokens=9).text == "No."


@pytest.mark.parametrize(
    ("environ", "said_so"),
    [
        ({"OPENAI_API_KEY": KEY + "\n"}, "OPENAI_API_KEY has spaces, line ends"),
        ({"OPENAI_API_KEY": KEY + "é"}, "OPENAI_API_KEY has"),
        ({"OPENAI_API_KEY": f"{KEY}\r\nX-Evil: 1"}, "OPENAI_API_KEY has"),
        ({"OPENAI_API_KEY": f"Bearer {KEY}"}, "OPENAI_API_KEY has"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "localhost:8080/v1"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http:///v1"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "ftp://a.example"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_BASE_URL": "http://a.example/v1\n"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_BASE_URL": "http://a.example/v1\nX: 1"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_BASE_URL": "http://a.example:port/v1"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_BASE_URL": "http://[::1/v1"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_BASE_URL": f"http://u:{KEY}@a.example/v1"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_BASE_URL": f"http://a.example/v1?key={KEY}"}, "OPENAI_BASE_URL is no"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_ORG_ID": f"{KEY}\n"}, "OPENAI_ORG_ID has"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_PROJECT_ID": "é"}, "OPENAI_PROJECT_ID has"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_CUSTOM_HEADERS": "A: é"}, "OPENAI_CUSTOM_HEADERS has"),
        ({}, "no place to be asked; set OPENAI_API_KEY, or"),
        ({"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}, "no place to be asked"),
    ],
)
def test_settings_that_can_not_be_are_told_before_any_call(
    environ: dict[str, str], said_so: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Model("m-1", endpoint_from(environ))
    assert said_so in str(caught.value) and str(caught.value).isprintable()
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


@pytest.mark.parametrize("name", ["", " ", "m\n1"])
def test_a_model_has_a_name(name: str) -> None:
    with pytest.raises(SettingsError, match="no name of a model"):
        Model(name, Endpoint(None, KEY))


@pytest.mark.parametrize("limit", ["deadline_s", "first_token_s", "between_tokens_s"])
@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_deadline_is_a_time(limit: str, seconds: float) -> None:
    limits: dict[str, Any] = {limit: seconds}
    with pytest.raises(SettingsError, match="deadline"):
        Model("m-1", Endpoint(None, KEY), **limits)


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("HTTP_PROXY", f"gopher://{KEY}@127.0.0.1:1", "check OPENAI_BASE_URL, the proxy variables"),
        ("OPENAI_CUSTOM_HEADERS", f"X Y: {KEY}", "check the variables OPENAI_ORG_ID"),
        ("OPENAI_ORG_ID", f"{KEY}\né", "check the variables OPENAI_ORG_ID"),
    ],
)
def test_what_the_client_reads_by_itself_fails_in_one_line_too(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, way_out: str
) -> None:
    monkeypatch.setenv(name, value)
    with FakeOpenAI([said("Yes.")]) as server, pytest.raises(CitewireError) as caught:
        ask(server.url)
    assert way_out in str(caught.value)
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


def test_the_key_is_not_in_what_is_printed_of_an_endpoint() -> None:
    assert KEY not in repr(Endpoint(None, KEY))
    assert Endpoint(None, KEY).host == "api.openai.com"


def test_the_client_is_imported_with_the_first_call_only() -> None:
    code = (
        "import sys; from rag.llm import Model; from rag.endpoint import Endpoint;"
        " Model('m', Endpoint(None, 'k'));"
        "assert 'openai' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "token",
    [
        *("<|im_end|>", "<|im_start|>system", "<｜User｜>", "<|>", "<<|x|>|x|>"),
        *("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "</s>", "<S>", "<start_of_turn>"),
        *("[SYSTEM_PROMPT]", "</think>", "<[INST]>"),
    ],
)
def test_template_tokens_are_taken_apart_and_nothing_else_changes(token: str) -> None:
    text = defused(f"a {token} b")
    assert text != f"a {token} b"
    assert text.replace(" ", "") == f"a{token}b".replace(" ", "")
    assert defused(text) == text


def test_common_text_is_left_as_it_is() -> None:
    text = "He <b>said</b> a|b, x<y [sic] [1] 3 > 2 | a<s and [the user] won."
    assert defused(text) == text
