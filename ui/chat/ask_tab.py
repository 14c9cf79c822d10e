"""The tab to ask in: the conversation, the question, its options, and the evidence beside it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from rag.errors import CitewireError
from rag.history import KeptTurn
from ui.chat.answer_html import LIVE_CLASS, fault_html
from ui.chat.asking import Messages, Shown, steps
from ui.chat.desk import Desk
from ui.chat.fields import options_of
from ui.chat.messages import answered, of_turns, question_of, text_of, thumbs_of, turn_of
from ui.chat.visitor import Visitor, Visitors
from ui.chat.words import Words

__all__ = ["AskTab", "Opened", "panel_html"]

_OPTIONS = ("as_of", "since", "until", "outlets", "writer", "model", "quotes")


class Opened(NamedTuple):
    """A conversation as it is put on the page."""

    chat: Any
    conversation: str | None
    links: str
    rated: str | None = None


class AskTab:
    """Its components, and what happens on them."""

    def __init__(self, desk: Desk, visitors: Visitors, said: Any) -> None:
        """Lay the components out; to be called inside a `gradio.Tab`.

        Args:
            desk: answers.
            visitors: tells who asks.
            said: the page's words, `gradio.I18n`.
        """
        self._desk = desk
        self._visitors = visitors
        self.conversation = gr.State(None)
        self.rated = gr.State(None)
        with gr.Row(equal_height=False):
            with gr.Column(scale=6, min_width=320, elem_id="cw-ask-column"):
                self._chat(said)
            with gr.Column(scale=5, min_width=300, elem_id="cw-evidence-column"):
                self.panel = gr.HTML(panel_html(Words()), elem_id="cw-evidence-box")
        self._wire()

    def opened(self, visitor: Visitor, conversation: str | None) -> Opened:
        """A conversation of the visitor's, or an empty one.

        Raises:
            CitewireError: there is no such conversation, or it can't be read.
        """
        if conversation is None:
            return Opened([], None, "")
        turns = self._desk.history.turns(visitor.name, conversation)
        changed = self._desk.changed_since(turn.answer for turn in turns)
        shown = of_turns(turns, visitor.words, changed)
        chat = gr.update(value=shown, feedback_value=_ratings(turns))
        return Opened(chat, conversation, links_html(conversation, visitor.words))

    def cleared(self, visitor: Visitor, conversation: str | None) -> Opened:
        """An empty chat in the place of a conversation."""
        try:
            shown = self._desk.history.turns(visitor.name, conversation) if conversation else []
            rated = _ratings(shown) is not None
        except CitewireError:
            rated = True
        # Gradio makes a component for each update, and does not let go of those it streamed to:
        # thumbs are taken away only where there are any.
        empty = gr.update(value=[], feedback_value=None) if rated else []
        return Opened(empty, None, "")

    def examples(self, questions: list[str], words: Words) -> Any:
        """The chat with questions to begin with."""
        return gr.update(
            examples=[{"text": q} for q in questions],
            placeholder=words.examples if questions else words.no_examples,
        )

    # --- layout --------------------------------------------------------------------------

    def _chat(self, said: Any) -> None:
        self.chat = gr.Chatbot(
            label=said("conversation"),
            show_label=False,
            elem_id="cw-chat",
            height="62vh",
            min_height=280,
            editable="user",
            buttons=[],
            # "$5 million … $10" is no formula.
            latex_delimiters=[],
            placeholder=said("examples"),
            feedback_options=("Like", "Dislike"),
            layout="panel",
            # The page's script does it: to the beginning of an answer, and not to its end.
            autoscroll=False,
            group_consecutive_messages=False,
        )
        self.links = gr.HTML("", elem_classes="cw-plain")
        with gr.Row(elem_id="cw-ask-row"):
            self.question = gr.Textbox(
                label=said("question"),
                placeholder=said("question_hint"),
                elem_id="cw-question",
                lines=1,
                max_lines=6,
                max_length=4000,
                autofocus=True,
                scale=8,
            )
            # The style sheet shows the one while an answer comes, and else the other.
            self.ask = gr.Button(
                said("ask"), variant="primary", scale=1, min_width=96, elem_id="cw-ask"
            )
            self.stop = gr.Button(
                said("stop"), variant="stop", scale=1, min_width=96, elem_id="cw-stop"
            )
        with gr.Row(visible=False) as self.remark_row:
            self.remark = gr.Textbox(
                label=said("rate_label"), info=said("rate_hint"), max_length=2000, scale=8
            )
            self.keep_remark = gr.Button(said("rate_save"), scale=1, min_width=96)
        with gr.Accordion(said("options"), open=False):
            with gr.Row():
                self.as_of = gr.Textbox(
                    label=said("as_of_label"), info=said("as_of_hint"), min_width=160
                )
                self.since = gr.Textbox(
                    label=said("since"), placeholder=said("day_hint"), min_width=160
                )
                self.until = gr.Textbox(
                    label=said("until"), placeholder=said("day_hint"), min_width=160
                )
            with gr.Row():
                self.outlets = gr.Dropdown([], label=said("outlets"), multiselect=True)
                self.writer = gr.Radio(
                    [
                        (said("writer_auto"), ""),
                        (said("writer_quotes"), "quotes"),
                        (said("writer_model"), "model"),
                    ],
                    value="",
                    label=said("writer"),
                )
            with gr.Row():
                self.model = gr.Textbox(label=said("model"), info=said("model_hint"))
                self.quotes = gr.Slider(
                    1,
                    10,
                    value=self._desk.settings.values.max_quotes,
                    step=1,
                    label=said("quotes"),
                )

    @property
    def _options(self) -> list[Any]:
        return [getattr(self, name) for name in _OPTIONS]

    # --- behaviour -----------------------------------------------------------------------

    def _wire(self) -> None:
        shown = [self.question, self.chat, self.conversation, self.links]
        given = [self.question, self.chat, self.conversation, *self._options]
        again = [self.chat, self.conversation, *self._options]
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        # Places are given by the desk, which turns people away politely.
        free: dict[str, Any] = {"concurrency_limit": None, **private}
        self.asking = [
            gr.on(
                [self.question.submit, self.ask.click],
                self._ask,
                given,
                shown,
                api_name="ask",
                concurrency_limit=None,
                show_progress="hidden",
            ),
            self.chat.example_select(self._ask_example, again, shown, **free),
            self.chat.edit(self._ask_edited, again, shown, **free),
            self.chat.retry(self._ask_again, again, shown, **free),
        ]
        self.stop.click(
            self._stopped,
            [self.chat],
            [self.chat],
            cancels=self.asking,
            queue=False,
            **private,
        )
        self.chat.like(
            self._rate, [self.chat], [self.rated, self.remark_row, self.remark], **private
        )
        gr.on(
            [self.keep_remark.click, self.remark.submit],
            self._remark,
            [self.rated, self.remark],
            [self.remark_row],
            **private,
        )

    def _ask(
        self,
        request: gr.Request,
        question: str,
        messages: Messages,
        conversation: str | None,
        *options: Any,
    ) -> Iterator[tuple[Any, ...]]:
        yield from self._answer(request, question, messages, conversation, options, anew=False)

    def _answer(
        self,
        request: gr.Request,
        question: str,
        messages: Messages,
        conversation: str | None,
        options: tuple[Any, ...],
        *,
        anew: bool,
    ) -> Iterator[tuple[Any, ...]]:
        visitor = self._visitors.of(request)
        messages = messages or []
        try:
            chosen = options_of(**dict(zip(_OPTIONS, options, strict=True)))
        except CitewireError as exc:
            told = [*messages, answered(fault_html(str(exc)))]
            yield self._outputs(Shown(question, told, conversation, done=True), visitor.words)
            return
        for shown in steps(
            self._desk,
            visitor.name,
            question,
            options=chosen,
            messages=messages,
            conversation=conversation,
            words=visitor.words,
            anew=anew,
        ):
            yield self._outputs(shown, visitor.words)

    def _ask_example(
        self,
        request: gr.Request,
        event: gr.SelectData,
        messages: Messages,
        conversation: str | None,
        *options: Any,
    ) -> Iterator[tuple[Any, ...]]:
        question = str(event.value["text"] if isinstance(event.value, dict) else event.value)
        yield from self._ask(request, question, messages, conversation, *options)

    def _ask_edited(
        self,
        request: gr.Request,
        event: gr.EditData,
        messages: Messages,
        conversation: str | None,
        *options: Any,
    ) -> Iterator[tuple[Any, ...]]:
        question, above = question_of(str(event.value)), messages[: _place(event)]
        yield from self._answer(request, question, above, conversation, options, anew=True)

    def _ask_again(
        self,
        request: gr.Request,
        event: gr.RetryData,
        messages: Messages,
        conversation: str | None,
        *options: Any,
    ) -> Iterator[tuple[Any, ...]]:
        at = _place(event)
        question = question_of(text_of(messages[at]))
        above = messages[:at]
        yield from self._answer(request, question, above, conversation, options, anew=True)

    def _outputs(self, shown: Shown, words: Words) -> tuple[Any, ...]:
        if not shown.done and not shown.begins:
            # Each output costs the server time, and between begin and end but one changes.
            return gr.skip(), shown.messages, gr.skip(), gr.skip()
        links = links_html(shown.conversation, words) if shown.conversation else ""
        return shown.question, shown.messages, shown.conversation, links

    def _stopped(self, messages: Messages, request: gr.Request) -> Messages:
        """What was shown of an answer that was stopped stays, marked as a part."""
        words = self._visitors.of(request).words
        if messages and messages[-1]["role"] == "assistant" and not turn_of(messages[-1]):
            part = text_of(messages[-1]).replace(LIVE_CLASS, "")
            messages = [*messages[:-1], answered(f"{part}{fault_html(words.stopped)}")]
        return messages

    def _rate(
        self, messages: Messages, event: gr.LikeData, request: gr.Request
    ) -> tuple[str | None, Any, Any]:
        at = _place(event)
        turn = turn_of(messages[at]) if at < len(messages) else None
        if turn is None:
            return None, gr.update(visible=False), gr.update()
        user = self._visitors.of(request).name
        try:
            comment = self._desk.history.turn(user, turn).comment
            thumb = {True: 1, "Like": 1, False: -1, "Dislike": -1}.get(event.liked, 0)
            self._desk.history.rate(user, turn, thumb, comment)
        except CitewireError as exc:
            raise gr.Error(str(exc), print_exception=False) from exc
        return turn, gr.update(visible=True), comment

    def _remark(self, turn: str | None, comment: str, request: gr.Request) -> Any:
        visitor = self._visitors.of(request)
        if turn is None:
            return gr.update(visible=False)
        try:
            thumb = self._desk.history.turn(visitor.name, turn).thumb
            self._desk.history.rate(visitor.name, turn, thumb, comment)
        except CitewireError as exc:
            raise gr.Error(str(exc), print_exception=False) from exc
        gr.Info(visitor.words.rate_saved)
        return gr.update(visible=False)


def panel_html(words: Words) -> str:
    """The evidence panel, empty. What the script says in it stands in its attributes."""
    kept = {
        "language": words.language,
        "empty": words.evidence_empty,
        "gone": words.evidence_gone,
        "failed": words.evidence_failed,
        "whole": words.whole_article,
        "context": words.only_context,
        "copied": words.copied,
        "not-copied": words.not_copied,
        "question": words.your_question,
        "answer": words.answer,
    }
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in kept.items())
    buttons = "".join(
        f'<button type="button" data-cw="{name}" aria-label="{escape(label)}" hidden>'
        f"{sign}</button>"
        for name, label, sign in (
            ("previous", words.previous, "↑"),
            ("next", words.next, "↓"),
            ("close", words.close, "✕"),
        )
    )
    return (
        f'<section id="cw-evidence" class="cw-panel cw-idle" tabindex="-1"'
        f' aria-label="{escape(words.evidence)}" {data}>'
        f'<div class="cw-panel-head"><h2>{escape(words.evidence)}</h2>{buttons}</div>'
        f'<div class="cw-panel-body">{escape(words.evidence_empty)}</div>'
        '<div class="cw-panel-foot" hidden><button type="button" data-cw="more"></button>'
        f'<a href="." target="_blank" rel="noopener">{escape(words.new_tab)}</a></div>'
        '</section><p id="cw-told" class="cw-hidden" role="status"></p>'
    )


def links_html(conversation: str, words: Words) -> str:
    """How the whole conversation is taken away."""
    rows = [
        f'<a href="conversation/{conversation}.{kind}" download>{escape(name)}</a>'
        for kind, name in (
            ("md", words.as_markdown), ("html", words.as_page), ("json", words.as_json),
        )
    ]  # fmt: skip
    printed = (
        f'<a href="conversation/{conversation}.html?print=1" target="_blank" rel="noopener">'
        f"{escape(words.as_print)}</a>"
    )
    told = f"<span>{escape(words.whole_conversation)}</span>"
    return f'<div class="cw-links">{told}{"".join(rows)}{printed}</div>'


def _place(event: Any) -> int:
    """Where the message stands that something happened to."""
    index = event.index
    return int(index[0] if isinstance(index, (list, tuple)) else index)


def _ratings(turns: list[KeptTurn]) -> list[str | None] | None:
    """The ratings as the chat takes them; None where there is none."""
    thumbs = thumbs_of(turns)
    return thumbs if any(thumbs) else None
