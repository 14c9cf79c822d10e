"""Whether a model that is held to a JSON schema writes better answers than in plain text.

    python -m tests.measure_schema HOME GOLD [MOST]

HOME is a library, GOLD a gold file of its questions. With `OPENAI_BASE_URL` or `OPENAI_API_KEY` set
that model is asked (`CITEWIRE_MODEL`), else SmolLM2, which tests bring. Each answerable question is
asked both ways, with the same sentences shown. Counted are replies that could be read, sentences
written, those whose own number carries them, those that any sentence shown carries, and questions
with at least one of these.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from eval.questions.gold_file import load_gold
from rag.claim_check import check
from rag.claim_reader import ClaimReader
from rag.compose import packed
from rag.draft import Drafted, DraftSentence, sentence_of
from rag.endpoint import Endpoint, endpoint_from
from rag.engine import Engine
from rag.errors import ProviderError
from rag.llm import Model
from rag.llm_request import Message
from rag.prompts import NOT_SAID, Shown, answer_messages
from rag.served import served_model
from rag.settings import load_settings
from rag.types import Filters
from tests.served_model import CONTEXT, KEY, NAME, ServedModel

_SMALL = {"context_window": str(CONTEXT), "evidence_tokens": "900", "max_tokens": "250"}
_SCHEMA = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "maxItems": 5,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "maxLength": 300},
                    "numbers": {
                        "type": "array",
                        "items": {"type": "integer"},
                        "minItems": 1,
                        "maxItems": 4,
                    },
                },
                "required": ["text", "numbers"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}
_AS_JSON = (
    "\n\nReply in JSON: an object with `sentences`, a list of objects, each with the `text` of one"
    " sentence and the `numbers` of those it rests on. No sentences where nothing answers."
)


def _plain(model: Model, shown: Shown, most: int) -> list[DraftSentence]:
    drafted = Drafted()
    text = model.complete(shown.messages, max_tokens=most).text
    return [s for s in (*drafted.feed(text), *drafted.end()) if isinstance(s, DraftSentence)]


def _structured(model: Model, shown: Shown, most: int) -> list[DraftSentence]:
    system, question = shown.messages
    messages = (Message("system", system.content + _AS_JSON), question)
    rows = json.loads(model.complete(messages, max_tokens=most, schema=_SCHEMA).text)["sentences"]
    return [DraftSentence(str(row["text"]), tuple(row["numbers"])) for row in rows]


def _judged(
    sentences: list[DraftSentence], shown: Shown, reader: ClaimReader
) -> Iterator[tuple[bool, bool]]:
    """For each sentence that claims anything: carried by its own numbers, carried at all."""
    for sentence in sentences:
        if sentence.text.strip(" .") == NOT_SAID.strip(" .") or not sentence_of(sentence.text):
            continue
        found = check(sentence, shown.sentences, reader)
        own = {shown.sentences[n - 1] for n in sentence.numbers if 0 < n <= len(shown.sentences)}
        yield bool(found.evidence) and set(found.evidence) <= own, bool(found.evidence)


def main() -> None:
    """Measure and print."""
    home, gold = Path(sys.argv[1]), load_gold(Path(sys.argv[2]))
    questions = [case.question for case in gold.cases if not case.abstain]
    questions = questions[: int(sys.argv[3])] if len(sys.argv) > 3 else questions
    with ExitStack() as stack:
        settings = load_settings(home).values
        model = served_model(settings, endpoint_from())
        if model is None:
            settings = load_settings(home, _SMALL).values
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = stack.enter_context(ServedModel(folder))
            model = Model(NAME, Endpoint(server.url, KEY))
        stack.enter_context(model)
        engine = stack.enter_context(Engine(home, settings))
        reader = ClaimReader(settings.threads)
        counts: dict[str, Counter[str]] = {"plain text": Counter(), "schema": Counter()}
        for question in questions:
            evidence = engine.finder.find(question, Filters()).evidence
            shown = answer_messages(question, packed(question, evidence, model.name, settings))
            ways: tuple[tuple[str, Any], ...] = (("plain text", _plain), ("schema", _structured))
            for name, ask in ways:
                seen = counts[name]
                seen["questions"] += 1
                try:
                    rows = list(_judged(ask(model, shown, settings.max_tokens), shown, reader))
                except (ProviderError, ValueError, KeyError, TypeError) as exc:
                    seen[f"unread: {type(exc).__name__}: {str(exc)[:80]}"] += 1
                    continue
                seen["read"] += 1
                seen["sentences"] += len(rows)
                seen["own"] += sum(own for own, _ in rows)
                seen["carried"] += sum(any_ for _, any_ in rows)
                seen["answered"] += any(any_ for _, any_ in rows)
    print("| | questions | replies read | sentences | own number carries | carried | answered |")
    print("|---|---|---|---|---|---|---|")
    for name, seen in counts.items():
        keys = ("questions", "read", "sentences", "own", "carried", "answered")
        print(f"| {name} | {' | '.join(str(seen[k]) for k in keys)} |")
        print(*(f"  {seen[k]} {k}" for k in seen if k.startswith("unread")), sep="\n")


if __name__ == "__main__":
    main()
