"""The bar beside the tabs: the visitor's conversations, to open, search, rename and delete."""

from __future__ import annotations

from typing import Any

import gradio as gr

from rag.errors import CitewireError
from ui.chat.ask_tab import AskTab
from ui.chat.desk import Desk
from ui.chat.visitor import Visitor, Visitors

__all__ = ["HistoryBar"]

_LISTED = 100
"""Conversations in the list, the last first; searching finds the others."""


class HistoryBar:
    """Its components, and what happens on them."""

    def __init__(self, desk: Desk, visitors: Visitors, tab: AskTab, said: Any) -> None:
        """Lay the components out; to be called inside a `gradio.Sidebar`."""
        self._desk = desk
        self._visitors = visitors
        self._tab = tab
        self._deleted = gr.State(None)
        self.new = gr.Button(said("new_conversation"), variant="secondary")
        self.search = gr.Textbox(label=said("search_history"), max_length=200)
        self.list = gr.Radio([], label=said("open_conversation"), elem_id="cw-history")
        with gr.Row():
            self.name = gr.Textbox(label=said("new_name"), max_length=80, min_width=120)
        with gr.Row():
            self.rename = gr.Button(said("rename"), size="sm", min_width=80)
            self.delete = gr.Button(said("delete"), size="sm", min_width=80)
            self.undo = gr.Button(said("undo"), size="sm", min_width=80, visible=False)
        self._wire()

    def listed(self, visitor: Visitor, search: str, conversation: str | None) -> Any:
        """The list as it is now."""
        try:
            kept = self._desk.history.conversations(visitor.name, search or "")[:_LISTED]
        except CitewireError as exc:
            gr.Warning(str(exc))
            kept = []
        choices = [(k.title, k.id) for k in kept]
        known = conversation if any(k.id == conversation for k in kept) else None
        return gr.update(choices=choices, value=known)

    def _wire(self) -> None:
        tab = self._tab
        opened = [tab.chat, tab.conversation, tab.links, tab.rated]
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        listing = [self.search, tab.conversation]
        for asking in tab.asking:
            asking.then(self._list, listing, [self.list], **quiet)
        self.search.change(self._list, listing, [self.list], trigger_mode="always_last", **quiet)
        # `input`, and not `change`: only what a person chose.
        self.list.input(self._open, [self.list], opened, cancels=tab.asking, **quiet)
        # Clearing the chat begins a new conversation, too: the old one stays as it was.
        gr.on(
            [self.new.click, tab.chat.clear],
            self._new,
            [tab.conversation],
            [*opened, self.list],
            cancels=tab.asking,
            **quiet,
        )
        gr.on(
            [self.rename.click, self.name.submit],
            self._rename,
            [self.name, tab.conversation, self.search],
            [self.list, self.name],
            **quiet,
        )
        self.delete.click(
            self._delete,
            [tab.conversation, self.search],
            [*opened, self.list, self._deleted, self.undo],
            **quiet,
        )
        self.undo.click(
            self._restore,
            [self._deleted, self.search],
            [*opened, self.list, self._deleted, self.undo],
            **quiet,
        )

    def _list(self, search: str, conversation: str | None, request: gr.Request) -> Any:
        return self.listed(self._visitors.of(request), search, conversation)

    def _open(self, conversation: str | None, request: gr.Request) -> tuple[Any, ...]:
        return tuple(_told(self._tab.opened, self._visitors.of(request), conversation))

    def _new(self, conversation: str | None, request: gr.Request) -> tuple[Any, ...]:
        return (*self._tab.cleared(self._visitors.of(request), conversation), None)

    def _rename(
        self, name: str, conversation: str | None, search: str, request: gr.Request
    ) -> tuple[Any, str]:
        visitor = self._visitors.of(request)
        if conversation and name.strip():
            _told(self._desk.history.rename, visitor.name, conversation, name)
        return self.listed(visitor, search, conversation), ""

    def _delete(
        self, conversation: str | None, search: str, request: gr.Request
    ) -> tuple[Any, ...]:
        visitor = self._visitors.of(request)
        if conversation is None:
            return (*(gr.update() for _ in range(5)), None, gr.update())
        opened = self._tab.cleared(visitor, conversation)
        _told(self._desk.history.delete, visitor.name, conversation)
        return (*opened, self.listed(visitor, search, None), conversation, gr.update(visible=True))

    def _restore(
        self, conversation: str | None, search: str, request: gr.Request
    ) -> tuple[Any, ...]:
        visitor = self._visitors.of(request)
        if conversation is None:
            return (*(gr.update() for _ in range(5)), None, gr.update(visible=False))
        _told(self._desk.history.restore, visitor.name, conversation)
        opened = self._tab.opened(visitor, conversation)
        listed = self.listed(visitor, search, conversation)
        return (*opened, listed, None, gr.update(visible=False))


def _told(action: Any, *given: Any) -> Any:
    """What an action gives; its errors as the page shows them."""
    try:
        return action(*given)
    except CitewireError as exc:
        raise gr.Error(str(exc), print_exception=False) from exc
