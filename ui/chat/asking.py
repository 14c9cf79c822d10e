"""What happens when somebody asks: the steps of an answer as the chat shows them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from rag.answering import Said, Understood, Withdrawn
from rag.conversation import Conversation
from rag.errors import CitewireError
from rag.history import KeptTurn
from rag.types import Answer, Citation, Claim
from ui.chat.answer_html import answer_html, fault_html, pending_html, said_html
from ui.chat.desk import Busy, Desk, Options
from ui.chat.messages import answered, asked, turn_of
from ui.chat.words import Words

__all__ = ["LONGEST_QUESTION", "Shown", "steps"]

LONGEST_QUESTION = 2000
"""Characters. Of more than 48 tokens the reader takes none in."""

Messages = list[dict[str, Any]]

_LOG = logging.getLogger("citewire")


class Shown(NamedTuple):
    """What stands on the page after a step."""

    question: str
    """In its field: empty, or what could not be asked and is not to be lost."""
    messages: Messages
    conversation: str | None
    done: bool
    begins: bool = False
    """Whether it is the first step of several."""


def steps(
    desk: Desk,
    user: str,
    question: str,
    *,
    options: Options,
    messages: Messages,
    conversation: str | None,
    words: Words,
    anew: bool = False,
) -> Iterator[Shown]:
    """Ask, and give what is to be shown after each step; the answer is then in the history.

    Args:
        desk: answers.
        user: who asks.
        question: as typed.
        options: of this question.
        messages: of the conversation so far, shown above it.
        conversation: its id; None for a new one.
        words: of the reader's language.
        anew: whether the question takes the place of the turns that are not shown above it: one
            of them was edited, or is asked again. They give way once there is an answer.
    """
    # Half a letter, which programs can send, could not be sent back.
    question = question.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
    if not question:
        yield Shown("", messages, conversation, done=True)
        return
    above = [*messages, asked(question)]

    def shown(html: str, left: str = "", *, done: bool = False) -> Shown:
        return Shown(left, [*above, answered(html)], conversation, done)

    if len(question) > LONGEST_QUESTION:
        told = f"The question has {len(question)} characters; ask in at most {LONGEST_QUESTION}."
        yield shown(fault_html(told), question, done=True)
        return
    yield shown(pending_html(None, words))._replace(begins=True)
    try:
        before = _kept(desk, user, conversation, messages)
        for html, answer in _told(desk, question, options, before, words):
            if answer is None:
                yield shown(html)
                continue
            conversation = conversation or desk.history.start(user, question)
            turn = desk.history.add(user, conversation, answer, len(before) if anew else None)
            yield shown(answer_html(answer, turn.id, words), done=True)
    except Busy:
        yield shown(fault_html(words.busy), question, done=True)
    except CitewireError as exc:
        yield shown(fault_html(str(exc)), question, done=True)
    except Exception as exc:
        # Whatever it is, nobody is to wait for an answer that does not come.
        _LOG.exception("a question could not be answered")
        told = words.unexpected.format(kind=type(exc).__name__)
        yield shown(fault_html(told), question, done=True)


def _kept(
    desk: Desk, user: str, conversation: str | None, messages: Messages
) -> Sequence[KeptTurn]:
    """The turns that stand above the question."""
    if conversation is None:
        return ()
    above = {turn for m in messages if (turn := turn_of(m))}
    return list(takewhile(lambda t: t.id in above, desk.history.turns(user, conversation)))


def _told(
    desk: Desk,
    question: str,
    options: Options,
    turns: Sequence[KeptTurn],
    words: Words,
) -> Iterator[tuple[str, Answer | None]]:
    """Each step as HTML, the last with its answer."""
    standalone: str | None = None
    note = ""
    claims: list[Claim] = []
    citations: list[Citation] = []
    before = Conversation()
    for turn in turns:
        before = before.after(turn.answer)
    for step in desk.stream(question, options, before):
        match step:
            case Understood():
                standalone = step.question
                yield pending_html(standalone, words), None
            case Said():
                claims.append(step.claim)
                citations += step.citations
                yield said_html(claims, citations, standalone, words, note), None
            case Withdrawn():
                claims, citations, note = [], [], words.withdrawn
                yield said_html(claims, citations, standalone, words, note), None
            case Answer():
                yield "", step
