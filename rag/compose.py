"""The writer that asks a model: sentence by sentence, each checked as soon as it is written.

A model is shown numbered sentences and may only point at them. What it writes is taken apart
while it arrives; a sentence is given on once it is known what carries it, and the words it
rests on are cut from the articles, never taken from the model.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag.claim_check import check
from rag.claim_reader import ClaimReader
from rag.draft import Drafted, DraftSentence, ThoughtAloud
from rag.errors import SettingsError
from rag.llm import Completion, Model
from rag.llm_request import Message
from rag.model_facts import Price, context_window_of, price_of
from rag.prompts import NOT_SAID, Shown, answer_messages, head_of
from rag.reading import fold
from rag.reply_cache import ReplyCache
from rag.settings import Settings
from rag.tokens import count_tokens
from rag.types import Dropped, Evidence

__all__ = ["Composer", "Draft", "Written", "packed"]

OPENAI_HOST = "api.openai.com"
"""The only server whose prices are known."""
_FENCE = "ARTICLES-9f3a7c51e0b2"
"""Stands for the fence where it must not differ: in the cache's keys and the token count."""
_MARKUP_TOKENS = 8
"""What chat templates add to a message, and a number in brackets to a sentence."""
_LEAST_EVIDENCE = 100
_REFUSAL = re.compile(
    r"(?:the\s+)?(?:(?:provided|given|numbered|shown|available)\s+)?"
    r"(?:articles?|sentences|sources?|texts?|evidence|reports?)"
    r"\s+(?:provided\s+|given\s+)?(?:do(?:es)?\s+not|don[’']t|doesn[’']t)\s+"
    r"(?:say|state|mention|answer|specify|tell|contain|provide|indicate|give)\b",
    re.IGNORECASE,
)


_Piece = str | tuple[Completion, bool]
"""Of a reply, or the whole of it and whether the cache had it."""


class Written(NamedTuple):
    """A sentence that is carried by what it rests on."""

    text: str
    evidence: tuple[Evidence, ...]


class Draft(NamedTuple):
    """What came of the model's whole answer."""

    written: tuple[Written, ...]
    dropped: tuple[Dropped, ...]
    completion: Completion
    cached: bool
    waited_s: float
    """Seconds spent waiting for the model."""


class Composer:
    """Has a model write answers from evidence."""

    def __init__(self, model: Model, settings: Settings, cache: ReplyCache | None) -> None:
        """Load the claim reader.

        Args:
            model: asked; the caller closes it.
            settings: those of its requests.
            cache: of its replies; None keeps none.

        Raises:
            ModelError: a file of the claim reader is missing or altered.
        """
        self.model = model
        self._reader = ClaimReader(settings.threads)
        self._settings = settings
        self._cache = cache

    def compose(
        self, question: str, evidence: Sequence[Evidence]
    ) -> Iterator[Written | Dropped | ThoughtAloud | Draft]:
        """Each sentence as soon as it is known what carries it, or that nothing does.

        Args:
            question: to be answered.
            evidence: sentences that may answer it, best first; as many are shown as fit.

        Yields:
            Sentences in the order the model wrote them, then the whole as a `Draft`. After a
            `ThoughtAloud` what came before it counts for nothing.

        Raises:
            ProviderError: there is no whole answer. What was given on before holds, but is
                a part of an answer.
            SettingsError: the window is too small to show anything.
        """
        evidence = packed(question, evidence, self.model.name, self._settings)
        shown = answer_messages(question, evidence)
        written: list[Written] = []
        dropped: list[Dropped] = []
        drafted, completion, cached = Drafted(), None, False
        waiting = _Clock()
        for piece in waiting.over(self._pieces(question, evidence, shown)):
            if isinstance(piece, str):
                sentences = drafted.feed(piece)
            else:
                completion, cached = piece
                sentences = drafted.end()
            for sentence in sentences:
                if isinstance(sentence, ThoughtAloud):
                    written, dropped = [], []
                    yield sentence
                    continue
                made = _made(sentence, shown.sentences, self._reader)
                if isinstance(made, Written):
                    written.append(made)
                elif made is not None:
                    dropped.append(made)
                if made is not None:
                    yield made
        if completion is not None:
            yield Draft(tuple(written), tuple(dropped), completion, cached, waiting.seconds)

    def reply(self, messages: Sequence[Message]) -> tuple[Completion, bool]:
        """A whole reply to something else than a question, such as one to be put anew.

        Returns:
            The reply, and whether it was found in the cache.

        Raises:
            ProviderError: there is none.
        """
        key = self._key(messages)
        if self._cache and (kept := self._cache.get(key)):
            return kept, True
        settings = self._settings
        found = self.model.complete(
            messages, max_tokens=settings.max_tokens, temperature=settings.temperature
        )
        if self._cache:
            self._cache.put(key, found)
        return found, False

    def cost_of(self, reply: Completion) -> float | None:
        """What a reply cost in US dollars; None where the price or the tokens are not known."""
        settings = self._settings
        price = price_of(self.model.name) if self.model.endpoint.host == OPENAI_HOST else None
        if settings.prompt_price or settings.completion_price:
            price = Price(settings.prompt_price, settings.completion_price)
        if price is None or not (reply.prompt_tokens or reply.completion_tokens):
            return None
        prompt, completion = reply.prompt_tokens, reply.completion_tokens
        return (prompt * price.prompt + completion * price.completion) / 1_000_000

    def _key(self, messages: Sequence[Message]) -> str:
        return ReplyCache.key(
            {
                "host": self.model.endpoint.address,
                "model": self.model.name,
                "messages": [message._asdict() for message in messages],
                "temperature": self._settings.temperature,
                "max_tokens": self._settings.max_tokens,
            }
        )

    def _pieces(
        self, question: str, evidence: Sequence[Evidence], shown: Shown
    ) -> Iterator[_Piece]:
        settings = self._settings
        # The fence is drawn anew for each request, and must not make each one a new question.
        key = self._key(answer_messages(question, evidence, _FENCE).messages)
        if self._cache and (kept := self._cache.get(key)):
            yield kept.text
            yield kept, True
            return
        for piece in self.model.stream(
            shown.messages, max_tokens=settings.max_tokens, temperature=settings.temperature
        ):
            if isinstance(piece, Completion):
                if self._cache:
                    self._cache.put(key, piece)
                yield piece, False
            else:
                yield piece


class _Clock:
    """How long an iterator kept us waiting."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def over(self, pieces: Iterator[_Piece]) -> Iterator[_Piece]:
        began = time.perf_counter()
        for piece in pieces:
            self.seconds += time.perf_counter() - began
            yield piece
            began = time.perf_counter()
        self.seconds += time.perf_counter() - began


def packed(
    question: str, evidence: Sequence[Evidence], model: str, settings: Settings
) -> tuple[Evidence, ...]:
    """The best evidence that fits into the prompt, best first.

    Raises:
        SettingsError: nothing does.
    """
    window = settings.context_window or context_window_of(model)
    fixed = answer_messages(question, (), _FENCE).messages
    used = sum(_tokens_of(message, model) for message in fixed)
    room = min(settings.evidence_tokens, window - settings.max_tokens - used)
    if room < _LEAST_EVIDENCE:
        raise SettingsError(
            f"A context window of {window} tokens leaves no room for articles beside"
            f" max_tokens={settings.max_tokens}; raise `context_window` if the model takes more,"
            " or lower `max_tokens`."
        )
    chosen: list[Evidence] = []
    heads: set[str] = set()
    for item in evidence:
        cost = count_tokens(fold(item.text), model) + _MARKUP_TOKENS
        if item.article.id not in heads:
            cost += count_tokens(head_of(item.article), model) + _MARKUP_TOKENS
        if cost > room:
            continue
        room -= cost
        heads.add(item.article.id)
        chosen.append(item)
    if evidence and not chosen:
        raise SettingsError(
            f"No sentence of the articles fits into {room} tokens; raise `evidence_tokens`, or"
            " `context_window` if the model takes more."
        )
    return tuple(chosen)


def _tokens_of(message: Message, model: str) -> int:
    return count_tokens(message.content, model) + _MARKUP_TOKENS


def _made(
    sentence: DraftSentence, shown: Sequence[Evidence], reader: ClaimReader
) -> Written | Dropped | None:
    """The sentence with what carries it; None where it only says that nothing is said."""
    if sentence.text.rstrip(".") == NOT_SAID.rstrip("."):
        return None
    # With a citation it claims something, too: "… do not say when, but Rabin was told [3]."
    if not sentence.numbers and _REFUSAL.match(sentence.text):
        return None
    found = check(sentence, shown, reader)
    if found.lacks:
        return Dropped(sentence.text, found.lacks)
    return Written(sentence.text, found.evidence)
