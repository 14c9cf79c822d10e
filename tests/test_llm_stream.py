from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

import pytest

from rag.endpoint import Endpoint
from rag.errors import ProviderError
from rag.llm import Completion, Model
from rag.llm_request import Message
from tests.fake_openai import (
    FakeOpenAI,
    Reply,
    Request,
    Streamed,
    chunk,
    completion,
    failed,
    said,
    streamed,
)
from tests.llm_checks import (
    ASK,
    FAULTS,
    KEY,
    NOW,
    SCHEMA,
    every_thread_ends,  # noqa: F401  (a fixture that is used by itself)
    line_of,
    no_client_settings,  # noqa: F401
    wait_until,
    workers,
)

LATE_S = 0.5
"""Most seconds that a fault may come after its limit."""
PING = b": ping\n\n"


def model_at(
    url: str, *, deadline_s: float = 20, first_token_s: float = 20, between_tokens_s: float = 20
) -> Model:
    return Model(
        "m-1",
        Endpoint(url, KEY),
        deadline_s=deadline_s,
        first_token_s=first_token_s,
        between_tokens_s=between_tokens_s,
    )


def start(model: Model, **options: Any) -> Generator[str | Completion, None, None]:
    return model.stream(ASK, max_tokens=50, **options)


def received(url: str, **limits: float) -> tuple[list[str], Completion]:
    """The pieces and the whole, after what has to hold for each answer."""
    with model_at(url, **limits) as model:
        *pieces, whole = start(model)
    assert isinstance(whole, Completion)
    texts = [piece for piece in pieces if isinstance(piece, str) and piece]
    assert len(texts) == len(pieces)
    assert "".join(texts) == whole.text
    return texts, whole


def fault_of(url: str, **limits: float) -> tuple[list[str], str]:
    """The pieces before the fault and its message, after what has to hold for each."""
    pieces: list[str] = []
    with model_at(url, **limits) as model:
        stream = start(model)
        with pytest.raises(ProviderError) as caught:
            for item in stream:
                assert isinstance(item, str), "a part of an answer was given as a whole one"
                pieces.append(item)
        assert workers() == []
        assert list(stream) == [], "something came after the fault"
    return pieces, line_of(caught.value, url)


def test_an_answer_comes_in_pieces_and_then_whole() -> None:
    with FakeOpenAI([streamed("Ilya ", "Brandt.")]) as server:
        with model_at(server.url) as model:
            *pieces, whole = start(model, temperature=0.7, seed=3, schema=SCHEMA)
    assert pieces == ["Ilya ", "Brandt."]
    assert isinstance(whole, Completion)
    assert whole[:4] == ("Ilya Brandt.", 11, 7, "served-model")
    assert 0 < whole.seconds < 20
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
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_piece_is_given_while_the_server_still_waits_to_send_the_next() -> None:
    gate = threading.Event()
    with FakeOpenAI([streamed("One, ", gate, "two.")]) as server, model_at(server.url) as model:
        with closing(start(model)) as stream:
            assert next(stream) == "One, "
            gate.set()
            assert next(stream) == "two."
            assert isinstance(next(stream), Completion)


WORDS = ("Käpt’n ", "Ilya 🚢 ", "a\u2028b\x0bc\x85d\x1ce\r\n", " und\n\n", "mehr…")

STREAMS: dict[str, Streamed] = {
    "as it should be": streamed(*WORDS),
    "a byte at a time": streamed(*WORDS, cut=1),
    "seven bytes at a time": streamed(*WORDS, cut=7),
    "all at once": streamed(*WORDS, cut=100_000),
    "with pauses": streamed(WORDS[0], 0.05, *WORDS[1:3], 0.05, *WORDS[3:]),
    "with the line ends of Windows": streamed(*WORDS, line_end="\r\n", cut=3),
    "with comments": streamed(*WORDS, ping=True),
    "with other fields": streamed(b"retry: 10\nevent: message\nid: 7\n", *WORDS),
    "without length": streamed(*WORDS, chunked=False),
    "without [DONE]": streamed(*WORDS, done=False),
    "without [DONE] and length": streamed(*WORDS, done=False, chunked=False),
    "with a last line without end": streamed(
        *WORDS, chunk("stop"), b"data: [DONE]", ending="close", chunked=False
    ),
    "with more after [DONE]": streamed(*WORDS, chunk("stop"), b"data: [DONE]\n\n", "No."),
    "open after [DONE]": streamed(*WORDS, chunk("stop"), b"data: [DONE]\n\n", ending="stall"),
    "with the reason in the last piece": streamed(
        *WORDS[:-1], chunk("stop", content=WORDS[-1]), finish=None
    ),
    "with another word for the end": streamed(*WORDS, finish="eos"),
    "with events without choices": streamed(
        {"id": "1"}, *WORDS[:2], {"choices": []}, *WORDS[2:], {"choices": None}
    ),
    "with events without text": streamed(
        chunk(content=None), *WORDS[:2], chunk(), *WORDS[2:], {"choices": [{"delta": None}]}
    ),
    "with empty refusals": streamed(chunk(refusal=None), *WORDS, chunk(refusal="")),
    "after thoughts": streamed(
        chunk(reasoning_content="Hm"), chunk(reasoning="Hm", content=""), *WORDS
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_the_pieces_are_what_was_sent(name: str) -> None:
    with FakeOpenAI([STREAMS[name]]) as server:
        pieces, _ = received(server.url)
    assert pieces == list(WORDS)


def spaced(event: dict[str, Any], before: str, after: str) -> bytes:
    return f"data:{before}{json.dumps(event)}{after}".encode()


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [
        # Half a surrogate pair in each of two events.
        (streamed("a\ud83d", "\ude00b"), ["a", "😀b"]),
        (streamed("a\ud83d", chunk(), "\ude00b", cut=1), ["a", "😀b"]),
        (streamed("a\ud83d", "b"), ["a", "?b"]),
        (streamed("a", "\ude00b"), ["a", "?b"]),
        # What a model thinks aloud is text; who asks takes it out.
        (streamed("<think>Hm", "</think>", "Yes."), ["<think>Hm", "</think>", "Yes."]),
        (streamed("word " * 200_000, cut=65_536), ["word " * 200_000]),
        (streamed(spaced(chunk(content="Yes."), "", "\n"), line_end="\n"), ["Yes."]),
        (streamed(spaced(chunk(content="Yes."), "  ", " \r\n")), ["Yes."]),
        # A server that takes no notice of `stream`.
        (said("Yes."), ["Yes."]),
        (Reply(json.dumps(completion("Yes."), indent=2)), ["Yes."]),
        (Reply(completion("Yes."), headers={"Content-Type": "text/event-stream"}), ["Yes."]),
    ],
    ids=str,
)
def test_odd_ways_to_say_it(reply: Reply | Streamed, pieces: list[str]) -> None:
    with FakeOpenAI([reply]) as server:
        assert received(server.url)[0] == pieces


@pytest.mark.parametrize(
    ("reply", "counts"),
    [
        (streamed("Yes.", usage=False), (0, 0)),
        (streamed("Yes.", {"usage": {"prompt_tokens": True, "completion_tokens": -1}}), (11, 7)),
        (streamed("Yes.", {"usage": [1]}, usage=False), (0, 0)),
        (streamed("Yes.", {"usage": {"prompt_tokens": "9"}}, usage=False), (0, 0)),
        (streamed({"usage": {"prompt_tokens": 9}}, "Yes.", usage=False), (9, 0)),
        (said("Yes."), (11, 7)),
    ],
)
def test_tokens_are_as_the_server_counts_them(
    reply: Reply | Streamed, counts: tuple[int, int]
) -> None:
    with FakeOpenAI([reply]) as server:
        assert received(server.url)[1][1:3] == counts


def test_a_stream_without_a_name_has_the_one_asked_for() -> None:
    body = (
        b'data: {"model": 5, "choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]}'
        b"\n\ndata: [DONE]\n\n"
    )
    with FakeOpenAI([Reply(body, headers={"Content-Type": "text/event-stream"})]) as server:
        assert received(server.url)[1].model == "m-1"


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_a_whole_reply_is_one_of_a_stream(name: str) -> None:
    script, said_so = FAULTS[name]
    with FakeOpenAI(script) as server:
        pieces, message = fault_of(server.url, deadline_s=5)
    assert pieces == [] and said_so in message
    assert isinstance(script, list) and len(server.requests) == len(script)


def content(value: object) -> dict[str, Any]:
    return chunk(content=value)


STOPPED = "stopped in the middle of its answer; try again."
UNREADABLE = "sent an event that can't be read; check that OPENAI_BASE_URL"
NO_JSON = "sent something other than JSON in its stream; check that OPENAI_BASE_URL"
BROKE = "broke the connection off; try again"

# The replies, in turn; what of them is given before the fault; what is said of it.
STREAM_FAULTS: dict[str, tuple[list[Streamed], list[str], str]] = {
    # The model stops.
    "the limit of tokens": (
        [streamed("Because ", "the", finish="length")],
        ["Because ", "the"],
        "reached the limit of tokens before",
    ),
    "the limit in Mistral's word": (
        [streamed("Because", finish="model_length")],
        ["Because"],
        "reached the limit of tokens",
    ),
    "the limit while it thinks": (
        [streamed(chunk(reasoning_content="Hm"), finish="length")],
        [],
        "choose a model that reasons less.",
    ),
    "a content filter": (
        [streamed("Beca", finish="content_filter")],
        ["Beca"],
        "was stopped by its content filter; ask in other words",
    ),
    "no reason to end": ([streamed("Beca", finish=None)], ["Beca"], STOPPED),
    "no reason and no [DONE]": ([streamed("B", finish=None, done=False)], ["B"], STOPPED),
    "a reason that is none": (
        [streamed("B", {"choices": [{"delta": {}, "finish_reason": {"a": 1}}]}, finish=None)],
        ["B"],
        STOPPED,
    ),
    "a request given up": ([streamed("Beca", finish="abort")], ["Beca"], STOPPED),
    "a provider's error": ([streamed("Beca", finish="error")], ["Beca"], STOPPED),
    "a refusal": (
        [streamed(chunk(refusal="I can't\n"), chunk(refusal=f"help {KEY}"))],
        [],
        "declined (I can't help ***); ask in other words",
    ),
    "a refusal in the middle": (
        [streamed("Well, ", chunk(refusal="no"), finish=None)],
        ["Well, "],
        "declined (no); ask",
    ),
    "a blank refusal without end": (
        [streamed("Well, ", chunk(refusal=" "), finish=None)],
        ["Well, "],
        STOPPED,
    ),
    "thoughts only": (
        [streamed(chunk(reasoning_content="Hm"), chunk(reasoning_content="Yes."))],
        [],
        "answered without text; try again, or choose another model.",
    ),
    "blanks only": ([streamed(" ", "\n")], [" ", "\n"], "answered without text; try again"),
    "no text at all": ([streamed()], [], "answered without text; try again"),
    # Errors as events.
    "an error": (
        [streamed("Yes, ", {"error": {"message": "Overloaded", "code": 502}}, "no.")],
        ["Yes, "],
        "failed while it wrote (Overloaded); try again.",
    ),
    "an error with its own event": (
        [streamed("Y", b"event: error\n", {"error": {"message": "Overloaded"}})],
        ["Y"],
        "failed while it wrote (Overloaded); try again.",
    ),
    "an error in vLLM's old words": (
        [streamed("Y", {"object": "error", "message": "Out of memory", "code": 500})],
        ["Y"],
        "failed while it wrote (Out of memory); try again.",
    ),
    "an error without words": ([streamed("Y", {"error": True})], ["Y"], "it wrote; try again."),
    "an error that repeats the key": (
        [streamed({"error": f"Key {KEY}\x1b[2J or\nBearer {KEY} is odd"})],
        [],
        "failed while it wrote (Key *** [2J or *** is odd); try again.",
    ),
    # Events that are none.
    "broken JSON": ([streamed("Y", b'data: {"choices": [\n\n', "es")], ["Y"], NO_JSON),
    "JSON without end": ([streamed(b"data: " + b"[" * 100_000 + b"\n\n")], [], NO_JSON),
    "no data": ([streamed("Y", b"data:\n\n", "es")], ["Y"], NO_JSON),
    "bytes that are no text": ([streamed("Y", b"data: \xff\xfe\x00\n\n")], ["Y"], NO_JSON),
    "a list": ([streamed("Y", b"data: [1]\n\n", "es")], ["Y"], UNREADABLE),
    "a string": ([streamed("Y", b'data: "es"\n\n')], ["Y"], UNREADABLE),
    "null": ([streamed("Y", b"data: null\n\n")], ["Y"], UNREADABLE),
    # A shape that may hold text: left out, the answer would lack a part unnoticed.
    "choices that are no list": ([streamed("Y", {"choices": "es"})], ["Y"], UNREADABLE),
    "a choice that is none": ([streamed("Y", {"choices": ["es"]})], ["Y"], UNREADABLE),
    "a choice of null": ([streamed("Y", {"choices": [None]})], ["Y"], UNREADABLE),
    "a delta that is text": ([streamed("Y", {"choices": [{"delta": "es"}]})], ["Y"], UNREADABLE),
    "a list for text": (
        [streamed("Y", content([{"type": "text", "text": "es"}]))],
        ["Y"],
        UNREADABLE,
    ),
    "a number for text": ([streamed("Y", content(5))], ["Y"], UNREADABLE),
    # The wire.
    "a connection closed": ([streamed("Yes, ", "and", ending="close")], ["Yes, ", "and"], BROKE),
    "a connection closed after the text": (
        [streamed("Yes.", ending="close", chunked=False)],
        ["Yes."],
        STOPPED,
    ),
    "a connection closed within an event": (
        [streamed("Y", b'data: {"choices": [{"del', ending="close", chunked=False)],
        ["Y"],
        STOPPED,
    ),
    "a connection closed before the counts": (
        [streamed("Yes.", chunk("stop"), ending="close")],
        ["Yes."],
        BROKE,
    ),
    "a reset": ([streamed("Yes, ", "and", 0.05, ending="reset")], ["Yes, ", "and"], BROKE),
    # Nothing was given yet, so they are tried once more.
    "a connection closed twice": ([streamed(ending="close")] * 2, [], BROKE),
    "a reset twice": ([streamed(0.05, ending="reset")] * 2, [], BROKE),
    "a stream of nothing": ([streamed(finish=None, done=False)] * 2, [], STOPPED),
    "comments only": (
        [Streamed([PING], finish=None, usage=False, chunked=False)] * 2,
        [],
        STOPPED,
    ),
}


@pytest.mark.parametrize("name", STREAM_FAULTS)
def test_a_part_of_an_answer_is_never_whole(name: str) -> None:
    script, given, said_so = STREAM_FAULTS[name]
    with FakeOpenAI(script) as server:
        pieces, message = fault_of(server.url)
    assert pieces == given and said_so in message
    assert len(server.requests) == len(script)


# What is sent, and how many pieces of it there are to come before the silence.
SILENCES: dict[str, tuple[Reply | Streamed, int]] = {
    "no answer": (Reply(manner="stall"), 0),
    "headers drop by drop": (Reply(manner="drip-headers"), 0),
    "blanks drop by drop": (Reply(manner="drip"), 0),
    "a role only": (streamed(ending="stall"), 0),
    "comments only": (streamed(forever=PING, pace_s=0.02), 0),
    "a flood of comments": (streamed(forever=PING * 100), 0),
    "a line without end": (streamed(forever=b"data: x" * 100), 0),
    "a stall in the middle": (streamed("Yes, ", ending="stall"), 1),
    "a stall within an event": (streamed("Yes, ", b'data: {"cho', ending="stall"), 1),
    "comments after a word": (streamed("Yes, ", forever=PING, pace_s=0.02), 1),
    "a stall after the text": (streamed("Yes, ", "no.", chunk("stop"), ending="stall"), 2),
}


@pytest.mark.parametrize("name", SILENCES)
def test_a_silence_ends_before_the_deadline(name: str) -> None:
    reply, count = SILENCES[name]
    limits = {"between_tokens_s": 0.4} if count else {"first_token_s": 0.4}
    with FakeOpenAI([reply]) as server:
        pieces, message = fault_of(server.url, **limits)
        late_s = time.monotonic() - server.requests[0].at - 0.4
    assert "sent nothing for 0.4 s; try again, or choose a faster model." in message
    assert len(pieces) == count and late_s < LATE_S
    assert len(server.requests) == 1


ENDLESS: dict[str, Reply | Streamed] = {
    "letters": streamed(forever="x", pace_s=0.02),
    "a flood of letters": streamed(forever="x"),
    "empty pieces": streamed(forever=content(""), pace_s=0.02),
    "a flood of empty pieces": streamed("Yes", forever=content("")),
    "thoughts": streamed(forever=chunk(reasoning_content="Hm"), pace_s=0.02),
    "comments": streamed(forever=PING, pace_s=0.02),
    "a flood of comments": streamed("Yes", forever=PING * 100),
    "events without choices": streamed("Yes", forever={"choices": []}, pace_s=0.02),
    "a line": streamed(forever=b"data: x" * 100, chunked=False),
    "halves of characters": streamed(forever="\ud83d", pace_s=0.02),
    "nothing": Reply(manner="stall"),
    "blanks": Reply(manner="drip"),
    "headers": Reply(manner="drip-headers"),
    "nothing after a word": streamed("Yes", ending="stall"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_server_that_never_ends_is_left_at_the_deadline(name: str) -> None:
    with FakeOpenAI([ENDLESS[name]]) as server:
        _, message = fault_of(server.url, deadline_s=0.6)
        late_s = time.monotonic() - server.requests[0].at - 0.6
    assert "did not finish within 0.6 s; try again, or choose a faster model." in message
    assert late_s < LATE_S and len(server.requests) == 1


def test_the_deadline_holds_for_the_retry_too() -> None:
    script = [failed(500, headers=NOW), streamed(forever="x", pace_s=0.02)]
    with FakeOpenAI(script) as server:
        _, message = fault_of(server.url, deadline_s=0.8)
        assert time.monotonic() - server.requests[0].at < 0.8 + LATE_S
    assert "did not finish within 0.8 s" in message and len(server.requests) == 2


def test_thinking_may_take_longer_than_the_first_token() -> None:
    thoughts = [chunk(reasoning_content="Hm"), 0.25] * 4
    limits = {"first_token_s": 0.8, "between_tokens_s": 0.1}
    with FakeOpenAI([streamed(*thoughts, "Yes.")]) as server:
        assert received(server.url, **limits)[0] == ["Yes."]


def test_what_came_in_time_is_not_late_for_a_slow_reader() -> None:
    with FakeOpenAI([streamed("One, ", "two.")]) as server:
        with model_at(server.url, deadline_s=1, between_tokens_s=0.2) as model:
            stream = start(model)
            pieces = [next(stream)]
            wait_until(lambda: not workers())
            time.sleep(max(0.0, server.requests[0].at + 1.1 - time.monotonic()))
            *rest, whole = stream
    assert [*pieces, *rest] == ["One, ", "two."] and isinstance(whole, Completion)


def test_a_flood_ends_at_the_deadline_for_a_slow_reader_too() -> None:
    with FakeOpenAI([streamed(forever="x")]) as server:
        with model_at(server.url, deadline_s=0.5) as model:
            stream = start(model)
            next(stream)
            wait_until(lambda: not workers())
            with pytest.raises(ProviderError, match="did not finish within"):
                for item in stream:
                    assert item == "x"


@pytest.mark.parametrize(
    "reply",
    [
        streamed("One, ", ending="stall"),
        streamed(forever="x", pace_s=0.01),
        streamed(forever="x"),
        streamed("One, ", forever=PING, pace_s=0.01),
    ],
)
def test_who_stops_to_listen_hangs_up_at_once(reply: Streamed) -> None:
    with FakeOpenAI([reply]) as server, model_at(server.url) as model:
        stream = start(model)
        next(stream)
        stopped = time.monotonic()
        stream.close()
        assert time.monotonic() - stopped < LATE_S
        assert workers() == []
        assert reply.forever is None or server.hung_up.wait(5), "the server still sends"


def test_a_loop_left_early_hangs_up() -> None:
    with FakeOpenAI([streamed(forever="x", pace_s=0.01)]) as server:
        with model_at(server.url) as model:
            for piece in start(model):
                assert piece == "x"
                break
            assert workers() == []
            assert server.hung_up.wait(5)


def test_nothing_is_asked_before_the_first_piece_is_wanted() -> None:
    with FakeOpenAI([]) as server, model_at(server.url) as model:
        start(model).close()
    assert server.requests == []


@pytest.mark.parametrize(
    "first",
    [
        failed(429, headers=NOW),
        failed(503, headers=NOW),
        failed(500),
        Reply(manner="reset"),
        Reply(completion("No."), manner="cut"),
        streamed(ending="close"),
        streamed(ending="close", chunked=False),
        streamed(0.05, ending="reset"),
        streamed(chunk(reasoning_content="Hm"), content(""), ending="close"),
    ],
    ids=str,
)
def test_what_may_pass_is_tried_once_more_before_any_text(first: Reply | Streamed) -> None:
    with FakeOpenAI([first, streamed("Yes.")]) as server:
        assert received(server.url)[0] == ["Yes."]
    assert len(server.requests) == 2


def objects_to(name: str, reply: Reply) -> Callable[[Request], Reply | Streamed]:
    def answer(request: Request) -> Reply | Streamed:
        if name in request.body:
            return reply
        return streamed("Yes.") if "stream" in request.body else said("Yes.")

    return answer


# The field, how it is turned down, and what of the request is then left out.
TURNED_DOWN: dict[str, tuple[str, Reply, set[str]]] = {
    "counts": (
        "stream_options",
        failed(400, "Unknown parameter: 'stream_options'.", param="stream_options"),
        {"stream_options"},
    ),
    "counts in Mistral's words": (
        "stream_options",
        Reply({"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"]}]}, 422),
        {"stream_options"},
    ),
    "temperature": (
        "temperature",
        failed(400, "'temperature' does not support 0", param="temperature"),
        {"temperature"},
    ),
    "the limit's old name": (
        "max_tokens",
        failed(400, "Unsupported parameter: 'max_tokens'.", param="max_tokens"),
        {"max_tokens"},
    ),
    "streams, for accounts not verified": (
        "stream",
        failed(400, "You must be verified to stream.", code="unsupported_value", param="stream"),
        {"stream", "stream_options"},
    ),
    "streams, of a server of its own": (
        "stream",
        Reply({"error": "Streaming is not supported"}, 400),
        {"stream", "stream_options"},
    ),
}


@pytest.mark.parametrize("name", TURNED_DOWN)
def test_fields_that_are_turned_down_are_left_out_from_then_on(name: str) -> None:
    field, reply, left_out = TURNED_DOWN[name]
    with FakeOpenAI(objects_to(field, reply)) as server, model_at(server.url) as model:
        for _ in range(2):
            piece, whole = start(model)
            assert piece == "Yes." and isinstance(whole, Completion) and whole.text == "Yes."
    first, *others = [set(request.body) for request in server.requests]
    renamed = {"max_completion_tokens"} if field == "max_tokens" else set()
    assert others == [(first - left_out) | renamed] * 2
    assert server.requests[-1].body.get("max_completion_tokens") in ({50} if renamed else {None})


def test_what_a_stream_found_out_holds_for_whole_replies_and_back() -> None:
    reply = failed(400, "'temperature' does not support 0", param="temperature")
    with FakeOpenAI(objects_to("temperature", reply)) as server, model_at(server.url) as model:
        list(start(model))
        assert model.complete(ASK, max_tokens=9).text == "Yes."
        assert list(start(model))[0] == "Yes."
    asked = ["temperature" in request.body for request in server.requests]
    assert asked == [True, False, False, False]


def test_threads_share_a_model() -> None:
    def echo(request: Request) -> Streamed:
        return streamed(request.body["messages"][0]["content"], 0.02, "!")

    got: dict[str, str] = {}
    with FakeOpenAI(echo) as server, model_at(server.url) as model:

        def one(text: str) -> None:
            *_, whole = model.stream([Message("user", text)], max_tokens=9)
            got[text] = whole.text if isinstance(whole, Completion) else ""

        threads = [threading.Thread(target=one, args=(f"q{n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == {f"q{n}": f"q{n}!" for n in range(6)}
