"""How the page bears many people at once; run by hand.

    python -m tests.measure_page HOME QUESTIONS [--users 1 20 50 200] [--rounds 3] [--pause 10]
    python -m tests.measure_page HOME QUESTIONS --soak 30 --users 10

HOME is a library, QUESTIONS a gold file or a BEIR set's queries.jsonl. `citewire ui` is started on
it with a scripted model that streams three sentences in one second; users speak Gradio's own
protocol, each in a session of its own. They begin together and ask again as soon as they have an
answer; with `--pause` they read for about so many seconds before each question. Printed are the
seconds until the first sentence and until the whole answer (median and 95th percentile), how
many were turned away with a polite sentence, and errors. For one user the model writes at once,
so that what is left is Citewire's own time, the way through Gradio and back included. `--soak`
prints the server's memory each minute and how it grew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np

from eval.questions.gold_file import load_gold
from tests.fake_openai import FakeOpenAI, Request, Streamed
from tests.page_server import Served, started

_PIECES = 20
_TURNS = 5
"""Questions of a conversation; then the user begins another."""


@dataclass
class Told:
    """What the users of a run saw, in seconds."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    turned_away: int = 0
    errors: list[str] = field(default_factory=list)

    def line(self, users: int) -> str:
        """For a table."""

        def of(times: Sequence[float]) -> str:
            if not times:
                return "–"
            p50, p95 = np.percentile(times, [50, 95])
            return f"{p50:.2f} / {p95:.2f}"

        return (
            f"| {users} | {len(self.whole)} | {of(self.first)} | {of(self.whole)} |"
            f" {self.turned_away} | {len(self.errors)} |"
        )


class User:
    """One who asks, in one browser."""

    def __init__(self, client: httpx.AsyncClient, page: Page) -> None:
        self._client = client
        self._page = page
        self._session = secrets.token_hex(6)

    async def begin(self) -> None:
        """Begin a new conversation."""
        async for _ in self._events(self._page.new, [None]):
            pass

    async def ask(self, question: str, told: Told) -> None:
        """Ask, and wait for the whole answer."""
        began, first, last = time.perf_counter(), None, ""
        given = [question, [], None, *self._page.options]
        try:
            async for event, line in self._events(self._page.ask, given):
                if first is None and "cw-cite" in line:
                    first = time.perf_counter() - began
                if event["msg"] == "process_completed":
                    if not event["success"]:
                        told.errors.append(str(event.get("output"))[:200])
                        return
                    last = line
        except (httpx.HTTPError, json.JSONDecodeError) as exc:
            told.errors.append(f"{type(exc).__name__}: {exc}"[:200])
            return
        if "Too many people are asking" in last:
            told.turned_away += 1
        elif "cw-actions" not in last:
            told.errors.append(re.sub(r"<[^>]+>", " ", last)[-300:])
        else:
            took = time.perf_counter() - began
            told.whole.append(took)
            told.first.append(first or took)

    async def _events(self, function: int, given: Sequence[Any]) -> AsyncIterator[tuple[Any, str]]:
        """What Gradio tells of an event, until it is done."""
        body = {
            "data": given,
            "fn_index": function,
            "session_hash": self._session,
            "trigger_id": None,
            "event_data": None,
        }
        (await self._client.post("/gradio_api/queue/join", json=body)).raise_for_status()
        session = {"session_hash": self._session}
        reply = self._client.stream("GET", "/gradio_api/queue/data", params=session)
        async with reply as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    event = json.loads(line[5:])
                    yield event, line
                    if event["msg"] in ("process_completed", "close_stream"):
                        return


def _questions(path: Path) -> list[str]:
    if path.suffix == ".jsonl":
        return [json.loads(line)["text"] for line in path.read_text().splitlines()]
    return [case.question for case in load_gold(path).cases]


def _script(seconds: float) -> Any:
    """A model that copies three of the sentences it is shown, over so many seconds."""

    def pieces(request: Request) -> Iterator[str | float]:
        shown = re.findall(r"^\[(\d+)\] (.+)$", request.body["messages"][-1]["content"], re.M)
        text = "\n".join(f"{sentence} [{number}]" for number, sentence in shown[:3])
        size = -(-len(text) // _PIECES)
        for at in range(0, len(text), size):
            yield text[at : at + size]
            if seconds:
                yield seconds / _PIECES

    return lambda request: Streamed(tuple(pieces(request)))


class Page(NamedTuple):
    """The numbers of the page's events, and what the options are as it opens."""

    ask: int
    new: int
    options: Sequence[Any]


async def _page(client: httpx.AsyncClient) -> Page:
    config = (await client.get("/config")).json()
    events = {d["api_name"]: d for d in config["dependencies"]}
    values = {c["id"]: c["props"].get("value") for c in config["components"]}
    options = [values[i] for i in events["ask"]["inputs"][3:]]
    return Page(events["ask"]["id"], events["_new"]["id"], options)


async def _run(
    url: str, users: int, questions: Sequence[str], rounds: int, pause: float = 0.0
) -> Told:
    told = Told()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        page = await _page(client)

        async def one(n: int) -> None:
            user, chance = User(client, page), random.Random(n)
            for turn in range(rounds):
                await asyncio.sleep(
                    pause * chance.uniform(0.5, 1.5) if turn else chance.random() * pause
                )
                await user.ask(questions[(n * rounds + turn) % len(questions)], told)

        await asyncio.gather(*(one(n) for n in range(users)))
    return told


async def _soak(
    server: Served, users: int, questions: Sequence[str], minutes: float, pause: float
) -> Told:
    told = Told()
    end = time.monotonic() + 60 * minutes
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=server.url, timeout=120, limits=limits) as client:
        page = await _page(client)

        async def one(n: int) -> None:
            chance = random.Random(n)
            user = User(client, page)
            while time.monotonic() < end:
                await user.begin()
                for _ in range(_TURNS):
                    await asyncio.sleep(pause * chance.uniform(0.5, 1.5))
                    await user.ask(chance.choice(questions), told)

        async def watch() -> None:
            began, settled = time.monotonic(), 0
            while time.monotonic() < end:
                await asyncio.sleep(60)
                minute, size = (time.monotonic() - began) / 60, _memory(server.pid)
                # What a server takes in the first minutes, it keeps: models, caches, pools.
                settled = settled or (size if minute >= 5 else 0)
                grown = f", {size / settled - 1:+.1%} since minute 5" if settled else ""
                print(
                    f"minute {minute:.0f}: {size / 1e6:.0f} MB{grown};"
                    f" {len(told.whole)} answers, {len(told.errors)} errors",
                    flush=True,
                )

        await asyncio.gather(watch(), *(one(n) for n in range(users)))
    return told


def _memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--users", type=int, nargs="+", default=[1, 20, 50, 200])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pause", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--soak", type=float, metavar="MINUTES")
    args = parser.parse_args()
    questions = _questions(args.questions)
    print("| users | answers | first sentence, p50 / p95 s | whole answer | turned away | errors |")
    print("|---|---|---|---|---|---|")
    for users in args.users:
        seconds = 0.0 if users == 1 else 1.0
        rounds = 40 if users == 1 else args.rounds
        with FakeOpenAI(_script(seconds)) as model:
            where = {"OPENAI_BASE_URL": model.url, "CITEWIRE_MODEL": "scripted"}
            with started(args.home, "--no-cache", **where) as server:
                asyncio.run(_run(server.url, 1, questions[-2:], 2))  # warms it up
                if args.soak:
                    told = asyncio.run(_soak(server, users, questions, args.soak, args.pause))
                else:
                    told = asyncio.run(_run(server.url, users, questions, rounds, args.pause))
        print(told.line(users), flush=True)
        for error in told.errors[:3]:
            print(f"  {error}", flush=True)


if __name__ == "__main__":
    main()
