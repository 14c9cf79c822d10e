from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.endpoint import Endpoint
from rag.errors import ProviderError
from rag.llm import Completion, Model
from rag.llm_events import read_events
from rag.llm_reply import Reply as Whole
from rag.llm_request import Message
from tests.fake_openai import (
    FakeOpenAI,
    Piece,
    Reply,
    Request,
    Script,
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


@pytest.fixture(scope="module")
def server() -> Iterator[FakeOpenAI]:
    """One for all tests without limits of their own: to open a client takes 0.1 s."""
    with FakeOpenAI([]) as server:
        yield server


@pytest.fixture(scope="module")
def model(server: FakeOpenAI) -> Iterator[Model]:
    with model_at(server.url, deadline_s=8) as model:
        yield model


def received(model: Model) -> tuple[list[str], Completion]:
    """The pieces and the whole, after what has to hold for each answer."""
    *pieces, whole = start(model)
    assert isinstance(whole, Completion)
    texts = [piece for piece in pieces if isinstance(piece, str) and piece]
    assert len(texts) == len(pieces)
    assert "".join(texts) == whole.text
    return texts, whole


def fault_of(model: Model) -> tuple[list[str], str]:
    """The pieces before the fault and its message, after what has to hold for each."""
    pieces: list[str] = []
    stream = start(model)
    with pytest.raises(ProviderError) as caught:
        pieces.extend(map(piece_of, stream))
    assert workers() == []
    assert list(stream) == [], "something came after the fault"
    return pieces, line_of(caught.value, str(model.endpoint.base_url))


def piece_of(item: str | Completion) -> str:
    assert isinstance(item, str), "a part of an answer was given as a whole one"
    return item


def test_an_answer_comes_in_pieces_and_then_whole(server: FakeOpenAI, model: Model) -> None:
    server.play([streamed("Ilya ", "Brandt.")])
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


def test_a_piece_is_given_while_the_server_still_waits_to_send_the_next(
    server: FakeOpenAI, model: Model
) -> None:
    gate = threading.Event()
    server.play([streamed("One, ", gate, "two.")])
    stream = start(model)
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
def test_the_pieces_are_what_was_sent(name: str, server: FakeOpenAI, model: Model) -> None:
    server.play([STREAMS[name]])
    assert received(model)[0] == list(WORDS)


def spaced(event: dict[str, Any], before: str, after: str) -> bytes:
    return f"data:{before}{json.dumps(event)}{after}".encode()


@given(st.lists(st.text()), st.integers(1, 300), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_body_may_be_cut_anywhere(pieces: list[str], size: int, end: str, ping: bool) -> None:
    request = Request("POST", "/", {}, {}, 0.0)
    steps = Streamed(pieces, line_end=end, ping=ping).steps(request)
    body = b"".join(step for step in steps if isinstance(step, bytes))
    cut = (body[n : n + size] for n in range(0, len(body), size))
    *got, outcome = read_events(cut, None)
    assert "".join(piece for piece in got if isinstance(piece, str)) == "".join(pieces)
    text = "".join(pieces)
    assert outcome.text == text if isinstance(outcome, Whole) else not text.strip()


ODD_WAYS: dict[str, tuple[Reply | Streamed, list[str]]] = {
    "half a surrogate pair in each of two events": (streamed("a\ud83d", "\ude00b"), ["a", "😀b"]),
    "halves with an event between": (streamed("a\ud83d", chunk(), "\ude00b"), ["a", "😀b"]),
    "a first half alone": (streamed("a\ud83d", "b"), ["a", "?b"]),
    "a second half alone": (streamed("a", "\ude00b"), ["a", "?b"]),
    # Who asks takes the thoughts out.
    "thoughts as text": (
        streamed("<think>Hm", "</think>", "Yes."),
        ["<think>Hm", "</think>", "Yes."],
    ),
    "a megabyte in an event": (streamed("word " * 200_000, cut=65_536), ["word " * 200_000]),
    "no space": (streamed(spaced(chunk(content="Yes."), "", "\n")), ["Yes."]),
    "many spaces": (streamed(spaced(chunk(content="Yes."), "  ", " \r\n")), ["Yes."]),
    # A server may take no notice of `stream`.
    "JSON": (said("Yes."), ["Yes."]),
    "JSON of many lines": (Reply(json.dumps(completion("Yes."), indent=2)), ["Yes."]),
    "JSON that is said to be events": (
        Reply(completion("Yes."), headers={"Content-Type": "text/event-stream"}),
        ["Yes."],
    ),
}


@pytest.mark.parametrize("name", ODD_WAYS)
def test_odd_ways_to_say_it_are_understood(name: str, server: FakeOpenAI, model: Model) -> None:
    reply, pieces = ODD_WAYS[name]
    server.play([reply])
    assert received(model)[0] == pieces


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
    reply: Reply | Streamed, counts: tuple[int, int], server: FakeOpenAI, model: Model
) -> None:
    server.play([reply])
    assert received(model)[1][1:3] == counts


def test_a_stream_without_a_name_has_the_one_asked_for(server: FakeOpenAI, model: Model) -> None:
    body = (
        b'data: {"model": 5, "choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]}'
        b"\n\ndata: [DONE]\n\n"
    )
    server.play([Reply(body, headers={"Content-Type": "text/event-stream"})])
    assert received(model)[1].model == "m-1"


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_a_whole_reply_is_one_of_a_stream(
    name: str, server: FakeOpenAI, model: Model
) -> None:
    script, said_so = FAULTS[name]
    server.play(script)
    pieces, message = fault_of(model)
    assert pieces == [] and said_so in message
    assert isinstance(script, list) and len(server.requests) == len(script)


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
        [streamed("Y", chunk(content=[{"type": "text", "text": "es"}]))],
        ["Y"],
        UNREADABLE,
    ),
    "a number for text": ([streamed("Y", chunk(content=5))], ["Y"], UNREADABLE),
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
def test_a_part_of_an_answer_is_never_whole(name: str, server: FakeOpenAI, model: Model) -> None:
    script, given, said_so = STREAM_FAULTS[name]
    server.play(script)
    pieces, message = fault_of(model)
    assert pieces == given and said_so in message
    assert len(server.requests) == len(script)


# What is sent, and how many pieces of it there are to come before the silence.
SILENCES: dict[str, tuple[Reply | Streamed, int]] = {
    "no answer": (Reply(manner="stall"), 0),
    "headers drop by drop": (Reply(manner="drip-headers"), 0),
    "blanks drop by drop": (Reply(manner="drip"), 0),
    "a role only": (streamed(ending="stall"), 0),
    "comments only": (streamed(forever=PING, pace_s=0.02), 0),
    "a flood of comments": (streamed(forever=PING * 10), 0),
    "a line without end": (streamed(forever=b"data: x", pace_s=0.001), 0),
    "a stall in the middle": (streamed("Yes, ", ending="stall"), 1),
    "a stall within an event": (streamed("Yes, ", b'data: {"cho', ending="stall"), 1),
    "comments after a word": (streamed("Yes, ", forever=PING, pace_s=0.02), 1),
    "a stall after the text": (streamed("Yes, ", "no.", chunk("stop"), ending="stall"), 2),
}


@pytest.mark.parametrize("name", SILENCES)
def test_a_silence_ends_before_the_deadline(name: str) -> None:
    reply, count = SILENCES[name]
    limits = {"between_tokens_s": 0.3} if count else {"first_token_s": 0.3}
    with FakeOpenAI([reply]) as server, model_at(server.url, **limits) as model:
        pieces, message = fault_of(model)
        late_s = time.monotonic() - server.requests[0].at - 0.3
    assert "sent nothing for 0.3 s; try again, or choose a faster model." in message
    assert len(pieces) == count and late_s < LATE_S
    assert len(server.requests) == 1


ENDLESS: dict[str, Reply | Streamed] = {
    "letters": streamed(forever="x", pace_s=0.02),
    "a flood of letters": streamed(forever="x"),
    "empty pieces": streamed(forever=chunk(content=""), pace_s=0.02),
    "a flood of empty pieces": streamed("Yes", forever=chunk(content="")),
    "thoughts": streamed(forever=chunk(reasoning_content="Hm"), pace_s=0.02),
    "comments": streamed(forever=PING, pace_s=0.02),
    "a flood of comments": streamed("Yes", forever=PING * 10),
    "events without choices": streamed("Yes", forever={"choices": []}, pace_s=0.02),
    "a line": streamed(forever=b"data: x", pace_s=0.001, chunked=False),
    "halves of characters": streamed(forever="\ud83d", pace_s=0.02),
    "nothing": Reply(manner="stall"),
    "blanks": Reply(manner="drip"),
    "headers": Reply(manner="drip-headers"),
    "nothing after a word": streamed("Yes", ending="stall"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_server_that_never_ends_is_left_at_the_deadline(name: str) -> None:
    with FakeOpenAI([ENDLESS[name]]) as server, model_at(server.url, deadline_s=0.4) as model:
        _, message = fault_of(model)
        late_s = time.monotonic() - server.requests[0].at - 0.4
    assert "did not finish within 0.4 s; try again, or choose a faster model." in message
    assert late_s < LATE_S and len(server.requests) == 1


def test_no_more_is_read_than_an_answer_takes(
    monkeypatch: pytest.MonkeyPatch, server: FakeOpenAI, model: Model
) -> None:
    monkeypatch.setattr("rag.llm_events.MOST_BYTES", 10_000)
    server.play([streamed("Yes", forever=b"data: x" * 100)])
    assert STOPPED in fault_of(model)[1]


def test_the_deadline_holds_for_the_retry_too() -> None:
    script: Script = [failed(500, headers=NOW), streamed(forever="x", pace_s=0.02)]
    with FakeOpenAI(script) as server, model_at(server.url, deadline_s=0.8) as model:
        _, message = fault_of(model)
        assert time.monotonic() - server.requests[0].at < 0.8 + LATE_S
    assert "did not finish within 0.8 s" in message and len(server.requests) == 2


def test_thinking_may_take_longer_than_the_first_token() -> None:
    thoughts: list[Piece] = [chunk(reasoning_content="Hm"), 0.4] * 3
    with (
        FakeOpenAI([streamed(*thoughts, "Yes.")]) as server,
        model_at(server.url, first_token_s=1, between_tokens_s=0.35) as model,
    ):
        assert received(model)[0] == ["Yes."]


def test_what_came_in_time_is_not_late_for_a_slow_reader() -> None:
    with (
        FakeOpenAI([streamed("One, ", "two.")]) as server,
        model_at(server.url, deadline_s=1, between_tokens_s=0.2) as model,
    ):
        stream = start(model)
        pieces = [next(stream)]
        wait_until(lambda: not workers())
        time.sleep(max(0.0, server.requests[0].at + 1.1 - time.monotonic()))
        *rest, whole = stream
    assert [*pieces, *rest] == ["One, ", "two."] and isinstance(whole, Completion)


def test_a_flood_ends_at_the_deadline_for_a_slow_reader_too() -> None:
    with (
        FakeOpenAI([streamed(forever="x")]) as server,
        model_at(server.url, deadline_s=0.5) as model,
    ):
        stream = start(model)
        next(stream)
        wait_until(lambda: not workers())
        with pytest.raises(ProviderError, match="did not finish within"):
            "".join(map(piece_of, stream))


@pytest.mark.parametrize(
    "reply",
    [
        streamed("One, ", ending="stall"),
        streamed(forever="x", pace_s=0.01),
        streamed(forever="x"),
        streamed("One, ", forever=PING, pace_s=0.01),
    ],
)
def test_who_stops_to_listen_hangs_up_at_once(
    reply: Streamed, server: FakeOpenAI, model: Model
) -> None:
    server.play([reply])
    stream = start(model)
    next(stream)
    stopped = time.monotonic()
    stream.close()
    assert time.monotonic() - stopped < LATE_S
    assert workers() == []
    assert reply.forever is None or server.hung_up.wait(5), "the server still sends"


def test_a_loop_left_early_hangs_up(server: FakeOpenAI, model: Model) -> None:
    server.play([streamed(forever="x", pace_s=0.01)])
    for piece in start(model):
        assert piece == "x"
        break
    assert workers() == []
    assert server.hung_up.wait(5)


def test_nothing_is_asked_before_the_first_piece_is_wanted(
    server: FakeOpenAI, model: Model
) -> None:
    server.play([])
    start(model).close()
    assert server.requests == []


MAY_PASS: dict[str, Reply | Streamed] = {
    "too many requests": failed(429, headers=NOW),
    "a server that is busy": failed(503, headers=NOW),
    "a broken server": failed(500),
    "a reset": Reply(manner="reset"),
    "half a body": Reply(completion("No."), manner="cut"),
    "a stream closed": streamed(ending="close"),
    "a stream without length closed": streamed(ending="close", chunked=False),
    "a stream reset": streamed(0.05, ending="reset"),
    "a stream closed while it thinks": streamed(
        chunk(reasoning_content="Hm"), chunk(content=""), ending="close"
    ),
}


@pytest.mark.parametrize("name", MAY_PASS)
def test_what_may_pass_is_tried_once_more_before_any_text(
    name: str, server: FakeOpenAI, model: Model
) -> None:
    server.play([MAY_PASS[name], streamed("Yes.")])
    assert received(model)[0] == ["Yes."]
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
        assert "Yes." in start(model)
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
