"""How long Citewire itself takes over an answer that a model writes; run by hand.

    python -m tests.measure_writer HOME QUESTIONS [MOST]

HOME is a library, QUESTIONS a gold file or a BEIR set's queries.jsonl. The model is a server
on a loopback port that copies three of the sentences it is shown, in pieces of twelve
letters, two milliseconds apart, each sentence on a line with its number. Printed are the
milliseconds between the line feed that ends the first sentence and the sentence being given
on, and those of a whole answer without the waiting for the model: median and 95th percentile.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from eval.questions.gold_file import load_gold
from rag.answering import Said
from rag.endpoint import Endpoint
from rag.engine import Engine
from rag.llm import Model
from rag.settings import Settings
from rag.types import Answer
from tests.fake_openai import FakeOpenAI, Request, Streamed

PACE_S = 0.002
LETTERS = 12


def _questions(path: Path) -> list[str]:
    if path.suffix == ".jsonl":
        return [json.loads(line)["text"] for line in path.read_text().splitlines()]
    return [case.question for case in load_gold(path).cases]


def main() -> None:
    """Measure and print."""
    home, questions = Path(sys.argv[1]), _questions(Path(sys.argv[2]))
    questions = questions[: int(sys.argv[3])] if len(sys.argv) > 3 else questions
    sent: list[float] = []
    late: list[float] = []
    own: list[float] = []

    def pieces(request: Request) -> Iterator[str | float]:
        shown = re.findall(r"^\[(\d+)\] (.+)$", request.body["messages"][-1]["content"], re.M)
        for number, sentence in shown[:3]:
            line = f"{sentence} [{number}]"
            for at in range(0, len(line), LETTERS):
                yield line[at : at + LETTERS]
                yield PACE_S
            yield "\n"
            # Asked for the next piece, the server has sent the line feed.
            sent.append(time.perf_counter())

    def script(request: Request) -> Streamed:
        return Streamed(pieces(request))  # type: ignore[arg-type]

    # Every question is put to the model, also those that would be refused.
    settings = Settings(answer_threshold=0.0)
    with (
        FakeOpenAI(script) as server,
        Model("measured", Endpoint(server.url, None)) as model,
        Engine(home, settings, model=model) as engine,
    ):
        for _ in engine.stream(questions[0]):
            pass  # The first pays for imports.
        for question in questions:
            sent.clear()
            first = True
            for step in engine.stream(question):
                if isinstance(step, Said) and first:
                    late.append((time.perf_counter() - sent[0]) * 1000 if sent else 0.0)
                    first = False
                if isinstance(step, Answer):
                    timings = step.timings_ms
                    own.append(timings["total"] - timings["model"])
    for name, values in (("first sentence given on after", late), ("own time an answer", own)):
        p50, p95 = np.percentile(values, [50, 95])
        print(f"{name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, of {len(values)}")


if __name__ == "__main__":
    main()
