"""The page: tabs to ask, to look after the library, and to see how well it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import fields
from html import escape
from typing import Any

import gradio as gr

from eval.reports import last_report
from rag.errors import CitewireError
from rag.library import Library
from rag.settings import Settings
from ui.chat.ask_tab import AskTab, panel_html
from ui.chat.desk import Desk
from ui.chat.examples import examples_of
from ui.chat.history_bar import HistoryBar
from ui.chat.library_tab import LibraryTab
from ui.chat.visitor import Visitor, Visitors
from ui.chat.words import Words, translations

__all__ = ["build_page"]

_EXAMPLES_FROM = 40
"""Articles that examples are made of."""


def build_page(desk: Desk, may_edit: Callable[[str], bool] | None) -> tuple[gr.Blocks, gr.I18n]:
    """The page and its words, to be mounted together.

    Args:
        desk: answers.
        may_edit: whether a user is an editor; None where nobody signs in.
    """
    page = _Page(desk, Visitors(may_edit), signs_in=may_edit is not None)
    return page.blocks, page.said


class _Page:
    def __init__(self, desk: Desk, visitors: Visitors, *, signs_in: bool) -> None:
        self._desk = desk
        self._visitors = visitors
        self._signs_in = signs_in
        self._examples = _Examples(desk)
        self.said = gr.I18n(**translations())
        said = self.said
        # Uploads are copied into the library's directory; what Gradio keeps of them goes.
        with gr.Blocks(
            title="Citewire", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
        ) as self.blocks:
            self._banner = gr.HTML("<h1>Citewire</h1>", elem_id="cw-banner-box")
            with gr.Sidebar(open=False, width=300, label=said("history")) as self._bar:
                bar_place = gr.Column()
            with gr.Column(visible=False, elem_id="cw-first") as self._first:
                self._first_text = gr.Markdown("")
                with gr.Row():
                    self._sample = gr.Button(said("first_sample"), variant="primary")
                    self._own = gr.Button(said("first_own"))
            with gr.Tabs() as self._tabs:
                with gr.Tab(said("tab_ask"), id="ask"):
                    self._ask = AskTab(desk, visitors, said)
                with gr.Tab(said("tab_library"), id="library"):
                    self._library = LibraryTab(desk, visitors, said)
                with gr.Tab(said("tab_evaluation"), id="evaluation") as evaluation:
                    self._reload = gr.Button(said("reload"), size="sm", scale=0)
                    self._report = gr.HTML("", elem_classes="cw-report")
                with gr.Tab(said("tab_settings"), id="settings"):
                    self._table = gr.HTML("")
            with bar_place:
                self._history = HistoryBar(desk, visitors, self._ask, said)
            self._wire(evaluation)

    def _wire(self, evaluation: gr.Tab) -> None:
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        ask, library = self._ask, self._library
        opened = [
            self._banner, ask.panel, self._table, self._report, self._history.list,
            library.tools, library.reader_note,
        ]  # fmt: skip
        library_view = [self._first, self._first_text, self._sample, self._own, *library.view,
                        ask.outlets, ask.chat]  # fmt: skip
        self.blocks.load(self._opened, None, opened, **quiet).then(
            self._library_seen, None, library_view, **quiet
        )
        for change in library.changed:
            change.then(self._library_seen, None, library_view, **quiet)
        self._sample.click(
            library.sample,
            None,
            [self._first_text],
            api_visibility="private",
            concurrency_limit=1,
            concurrency_id="library",
        ).then(self._library_seen, None, library_view, **quiet)
        self._own.click(lambda: gr.Tabs(selected="library"), None, [self._tabs], **quiet)
        for look in (self._reload.click, evaluation.select):
            look(self._report_html, None, [self._report], **quiet)

    def _opened(self, request: gr.Request) -> tuple[Any, ...]:
        visitor = self._visitors.of(request)
        words = visitor.words
        note = gr.update(visible=not visitor.editor, value=words.readers_only)
        return (
            self._banner_html(visitor),
            panel_html(words),
            settings_html(self._desk, words),
            self._report_html(request),
            self._history.listed(visitor, "", None),
            gr.update(visible=visitor.editor),
            note,
        )

    def _library_seen(self, request: gr.Request) -> tuple[Any, ...]:
        """What hangs on the library: the first-run page, the table, outlets and examples."""
        visitor = self._visitors.of(request)
        words = visitor.words
        table, count, plot, outlets = self._library.shown(visitor)
        empty = self._is_empty()
        told = words.first_text if visitor.editor else words.readers_only
        return (
            gr.update(visible=empty),
            f"## {words.first_title}\n\n{told}",
            gr.update(visible=visitor.editor),
            gr.update(visible=visitor.editor),
            table,
            count,
            plot,
            outlets,
            outlets,
            self._ask.examples([] if empty else self._examples.now(), words),
        )

    def _is_empty(self) -> bool:
        try:
            if not Library.exists(self._desk.home):
                return True
            with Library(self._desk.home) as library:
                return library.counts().articles == 0
        except CitewireError as exc:
            gr.Warning(str(exc))
            return False

    def _banner_html(self, visitor: Visitor) -> str:
        words = visitor.words
        leave = ""
        if self._signs_in:
            label = escape(words.sign_out.format(name=visitor.name))
            leave = f'<form method="post" action="sign-out"><button>{label}</button></form>'
        return (
            f'<a class="cw-skip" href="#cw-question">{escape(words.skip)}</a>'
            f'<div class="cw-banner"><h1>Citewire</h1><p>{escape(words.tagline)}</p>{leave}</div>'
        )

    def _report_html(self, request: gr.Request) -> str:
        words = self._visitors.of(request).words
        if not (last_report(self._desk.home) / "report.html").is_file():
            return f"<p>{escape(words.no_report)}</p>"
        return f'<iframe src="evaluation" title="{escape(words.report)}"></iframe>'


class _Examples:
    """Examples, made once for each state of the library, beside other work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._made: tuple[int, list[str]] = (-1, [])

    def now(self) -> list[str]:
        """Those of the library as it is; at most a second or two is spent on making them."""
        with self._lock:
            try:
                with self._desk.shared.lent() as shared:
                    generation = shared.library.generation
                    if self._made[0] != generation:
                        engine = shared.under(self._desk.settings.values, None)
                        articles = shared.library.some(_EXAMPLES_FROM)
                        self._made = (generation, examples_of(engine, articles))
            except CitewireError:
                return []
            return self._made[1]


def settings_html(desk: Desk, words: Words) -> str:
    """Every setting, its value, and where that comes from."""
    values, origins = desk.settings
    heads = (words.column_setting, words.column_value, words.column_origin)
    rows = "".join(
        f'<tr><th scope="row">{f.name}</th><td>{escape(str(getattr(values, f.name)))}</td>'
        f"<td>{origins[f.name]}</td></tr>"
        for f in fields(Settings)
    )
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    told = escape(words.settings_text.format(file=desk.home / "citewire.toml"))
    return (
        f"<p>{told}</p><div class='cw-scroll'><table class='cw-table'>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
