"""Where questions are taken in: who asks, under which options, and how many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rag.closing import Closing
from rag.conversation import Conversation
from rag.endpoint import endpoint_from
from rag.engine import Engine, Step
from rag.errors import CitewireError, LibraryBusy, NotFound, ProviderError, SettingsError
from rag.history import History
from rag.library import Library
from rag.llm import Model
from rag.reply_cache import replies_of
from rag.served import served_model
from rag.settings import Settings, SettingsWithOrigins
from rag.standing import Change, changed_since
from rag.types import Answer, Citation, Filters
from ui.chat.shared_engine import SharedEngine

__all__ = ["MOST_AT_ONCE", "Busy", "Desk", "Options"]

MOST_AT_ONCE = 64
"""Questions answered at the same time. On two cores the last of 50 that are asked in one moment
waits some ten seconds; more would wait longer than people do."""
_MODELS = 16
"""Models kept open: names may be typed for ever."""
_TRIES = 5
"""While several articles are deleted one after another, two tries were not always enough."""


class Busy(Exception):
    """More questions are being answered than can be in good time."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person sets for a question."""

    as_of: date | None = None
    since: date | None = None
    until: date | None = None
    outlets: tuple[str, ...] = ()
    writer: str = ""
    """`quotes`, `model`, or empty for what the settings say."""
    model: str = ""
    """Empty for the one that the settings name."""
    quotes: int | None = None
    """Most quotations; None for what the settings say."""


class Desk(Closing):
    """Answers for many people at once, from any thread."""

    def __init__(
        self,
        home: Path,
        settings: SettingsWithOrigins,
        *,
        cache: bool = True,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Nothing of the library is opened before the first question.

        Args:
            home: the library's directory.
            settings: those in force, with where they come from.
            cache: whether models' replies are kept.
            notify: is told of long work, such as indexes being rebuilt.

        Raises:
            LibraryError: the history can't be opened.
        """
        self.home = home
        self.settings = settings
        self.history = History(home)
        self.shared = SharedEngine(
            home, settings.values, replies_of(home) if cache else None, notify
        )
        self._models: dict[tuple[str, str], Model | None] = {}
        self._opening = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def close(self) -> None:
        """Let go of the library, the history and the models."""
        self.shared.close()
        self.history.close()
        for model in self._models.values():
            if model is not None:
                model.close()
        self._models.clear()

    def stream(self, question: str, options: Options, before: Conversation) -> Iterator[Step]:
        """As `Engine.stream`. Nothing is kept of it.

        Args:
            question: as asked.
            options: of this question.
            before: what was asked before it.

        Raises:
            Busy: too many ask at once.
            EmptyLibrary: there is nothing to ask.
            CitewireError: whatever else keeps an answer from being given.
        """
        with self._place():
            settings, model, fault = self._writer(options)
            filters = Filters(options.since, options.until, options.outlets)

            def ask(engine: Engine) -> Iterator[Step]:
                return engine.under(settings, model).stream(
                    question, filters, options.as_of, before
                )

            for step in self._steps(ask):
                if fault and isinstance(step, Answer):
                    yield _with_fault(step, fault)
                else:
                    yield step

    def changed_since(self, answers: Iterable[Answer]) -> dict[Citation, Change]:
        """Citations of old answers whose articles have changed since, or are gone.

        None where the library can't be read: the answers are shown all the same.
        """
        cited = [c for answer in answers for c in (*answer.citations, *answer.nearest)]
        if not cited:
            return {}
        if not Library.exists(self.home):
            return dict.fromkeys(cited, "gone")
        try:
            with Library(self.home) as library:
                return changed_since(library, cited)
        except CitewireError:
            return {}

    def _steps(self, ask: Callable[[Engine], Iterator[Step]]) -> Iterator[Step]:
        """The engine's; again where an article was replaced or deleted while it was read."""
        for tried in range(1, _TRIES + 1):
            begun = False
            with self.shared.lent() as engine:
                try:
                    for step in ask(engine):
                        begun = True
                        yield step
                except (LibraryBusy, NotFound):
                    if begun or tried == _TRIES:
                        raise
                    self.shared.let_go(engine)
                else:
                    return

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            yield
        finally:
            self._places.release()

    def _writer(self, options: Options) -> tuple[Settings, Model | None, str | None]:
        """The settings of a question, its model, and why there is none where one was to be."""
        values = self.settings.values
        settings = replace(
            values,
            writer=options.writer or values.writer,
            model=options.model or values.model,
            max_quotes=values.max_quotes if options.quotes is None else options.quotes,
        )
        try:
            return settings, self._model(settings), None
        except ProviderError as exc:
            # The articles can be quoted all the same.
            return settings, None, str(exc)

    def _model(self, settings: Settings) -> Model | None:
        key = (settings.writer, settings.model)
        if not settings.model.isprintable():
            raise SettingsError("The model's name can't be printed; type it again.")
        if key in self._models:
            return self._models[key]
        # Others go on meanwhile: a server that is down may take ten seconds to say nothing.
        opened = served_model(settings, endpoint_from())
        with self._opening:
            kept = self._models.setdefault(key, opened)
            if len(self._models) > _MODELS:
                # Names typed once; whoever still asks one of them ends its use.
                self._models.pop(next(iter(self._models)))
        if opened is not None and opened is not kept:
            opened.close()
        return kept


def _with_fault(answer: Answer, fault: str) -> Answer:
    quoted = " What follows is quoted." if answer.status == "answered" else ""
    return replace(answer, fault=fault, notes=(f"{fault}{quoted}", *answer.notes))
