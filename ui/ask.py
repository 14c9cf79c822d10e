"""`citewire ask`: answers on the terminal, a model's sentence by sentence as it writes."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from rag.answering import Said, Understood
from rag.conversation import Conversation
from rag.endpoint import endpoint_from
from rag.engine import Engine
from rag.reply_cache import replies_of
from rag.served import served_model
from rag.settings import Settings
from rag.types import Answer, Filters
from ui.render import answer_json, print_json
from ui.render_answer import print_answer, print_said, print_understood

__all__ = ["ask"]


def ask(args: argparse.Namespace, home: Path, settings: Settings) -> int:
    """Run the command and return its exit code."""
    filters = Filters(args.since, args.until, tuple(args.outlet or ()))
    errors, console = Console(stderr=True), Console()
    conversation = Conversation()
    answers: list[Answer] = []
    replies = None if args.no_cache else replies_of(home)
    model = served_model(settings, endpoint_from())
    with (
        model or nullcontext(),
        Engine(home, settings, errors.print, model, replies) as engine,
    ):
        for question in args.questions:
            if len(args.questions) > 1 and not args.json:
                console.rule(question, align="left")
            begun = False
            for step in engine.stream(question, filters, args.as_of, conversation):
                if isinstance(step, Understood):
                    if not args.json:
                        print_understood(step.question, console)
                    continue
                if isinstance(step, Said):
                    if not args.json:
                        print_said(step.claim, console, first=not begun)
                    begun = True
                    continue
                conversation = conversation.after(step)
                answers.append(step)
                if not args.json:
                    print_answer(step, console, said=begun)
    if args.json:
        rows = [answer_json(answer) for answer in answers]
        print_json(rows[0] if len(rows) == 1 else {"answers": rows})
    return 0
