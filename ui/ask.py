"""`citewire ask`: answers on the terminal, a model's sentence by sentence as it writes."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from rag.answering import Said, Understood, Withdrawn
from rag.conversation import Conversation
from rag.endpoint import endpoint_from
from rag.engine import Engine, Step
from rag.reply_cache import replies_of
from rag.served import served_model
from rag.settings import Settings
from rag.types import Answer, Filters
from ui.render import answer_json, print_json
from ui.render_answer import print_answer, print_said, print_understood, print_withdrawn

__all__ = ["ask"]


def ask(args: argparse.Namespace, home: Path, settings: Settings) -> int:
    """Run the command and return its exit code."""
    filters = Filters(args.since, args.until, tuple(args.outlet or ()))
    errors, console = Console(stderr=True), Console()
    conversation = Conversation()
    answers: list[Answer] = []
    replies = None if args.no_cache else replies_of(home)
    model = served_model(settings, endpoint_from())
    try:
        with (
            model or nullcontext(),
            Engine(home, settings, errors.print, model, replies) as engine,
        ):
            for question in args.questions:
                if len(args.questions) > 1 and not args.json:
                    console.rule(question, align="left")
                steps = engine.stream(question, filters, args.as_of, conversation)
                answer = _last(steps) if args.json else _shown(steps, console)
                conversation = conversation.after(answer)
                answers.append(answer)
    finally:  # what was answered is not lost when a later question can't be asked
        if args.json and answers:
            rows = [answer_json(answer) for answer in answers]
            print_json({"answers": rows} if len(args.questions) > 1 else rows[0])
    return 0


def _last(steps: Iterable[Step]) -> Answer:
    (answer,) = (step for step in steps if isinstance(step, Answer))
    return answer


def _shown(steps: Iterable[Step], console: Console) -> Answer:
    """Prints each step as it comes."""
    begun = False
    for step in steps:
        match step:
            case Understood():
                print_understood(step.question, console)
            case Said():
                print_said(step.claim, console, first=not begun)
                begun = True
            case Withdrawn():
                print_withdrawn(console)
                begun = False
            case Answer():
                print_answer(step, console, said=begun)
                return step
    raise AssertionError("a stream ends with its answer")
