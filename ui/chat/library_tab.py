"""The tab of the library: its articles, and for editors what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from ingest.pipeline import FileStatus, IngestReport, Progress
from ingest.read import EXTENSIONS
from rag.errors import CitewireError, NotFound
from rag.indexes import Indexes
from rag.library import Library, ListedArticle
from rag.shelf import KEEP, delete, edit, undelete
from ui.chat.answer_html import article_address
from ui.chat.desk import Desk
from ui.chat.fields import day_of
from ui.chat.library_actions import add_files, add_sample, add_text, report_lines
from ui.chat.library_view import chosen, plot_html, rows_of
from ui.chat.visitor import Visitor, Visitors
from ui.chat.words import Words

__all__ = ["LibraryTab"]

_T = TypeVar("_T")

_STATUSES: tuple[FileStatus, ...] = ("ingested", "updated", "unchanged", "duplicate", "rejected")


_PROGRESS = gr.Progress()
"""As a default value, where Gradio looks for it."""


class LibraryTab:
    """Its components, and what happens on them."""

    def __init__(self, desk: Desk, visitors: Visitors, said: Any) -> None:
        """Lay the components out; to be called inside a `gradio.Tab`."""
        self._desk = desk
        self._home = desk.home
        self._settings = desk.settings.values
        self._visitors = visitors
        self._deleted = gr.State(None)
        self._chosen = gr.State(None)
        with gr.Column(visible=False) as self.tools:
            self.upload = gr.File(
                label=said("upload"),
                file_count="multiple",
                file_types=[*sorted(EXTENSIONS - {""}), ".gz"],
                height=150,
                elem_id="cw-upload",
            )
            with gr.Accordion(said("paste_label"), open=False):
                self.paste_title = gr.Textbox(label=said("paste_title"), max_length=200)
                with gr.Row():
                    self.paste_outlet = gr.Textbox(
                        label=said("paste_outlet"), max_length=200, min_width=120
                    )
                    self.paste_date = gr.Textbox(
                        label=said("paste_date"), placeholder=said("day_hint"), min_width=120
                    )
                self.paste_text = gr.Textbox(label=said("paste_text"), lines=5, max_lines=12)
                self.paste = gr.Button(said("paste_add"))
            self.told = gr.HTML("", elem_id="cw-ingest-report", elem_classes="cw-plain")
        self.reader_note = gr.Markdown(visible=False)
        with gr.Row():
            self.search = gr.Textbox(label=said("find_article"), max_length=200, min_width=160)
            self.outlets = gr.Dropdown([], label=said("outlets"), multiselect=True, min_width=160)
            self.since = gr.Textbox(
                label=said("since"), placeholder=said("day_hint"), min_width=120
            )
            self.until = gr.Textbox(
                label=said("until"), placeholder=said("day_hint"), min_width=120
            )
        self.plot = gr.HTML("")
        self.count = gr.HTML("", elem_classes="cw-note")
        self.table = gr.Dataframe(
            headers=["Outlet", "Date", "Title", "Passages", "ID"],
            datatype=["str", "str", "str", "number", "str"],
            type="array",
            interactive=False,
            label=said("articles"),
            show_label=False,
            max_height=420,
            column_widths=["18%", "12%", "44%", "10%", "16%"],
            wrap=True,
            buttons=[],
            elem_id="cw-articles",
        )
        self.selected = gr.HTML("", elem_id="cw-selected", elem_classes="cw-plain")
        with gr.Row(visible=False) as self.editing:
            self.title = gr.Textbox(label=said("edit_title"), max_length=200, scale=3)
            self.outlet = gr.Textbox(label=said("edit_outlet"), max_length=200, min_width=140)
            self.date = gr.Textbox(label=said("edit_date"), max_length=20, min_width=120)
            self.save = gr.Button(said("save"), min_width=90)
            self.delete = gr.Button(said("delete"), variant="stop", min_width=90)
        self.undo = gr.Button(said("undo"), visible=False, size="sm")
        with gr.Row():
            self.check = gr.Button(said("check"), size="sm", min_width=90, scale=0)
            self.health = gr.HTML("", elem_classes="cw-note")
        self._wire(said)

    # --- what is shown -------------------------------------------------------------------

    def listing(self) -> list[ListedArticle]:
        """What the library holds; nothing where there is none."""
        if not Library.exists(self._home):
            return []
        with Library(self._home) as library:
            return library.listing()

    def shown(
        self,
        visitor: Visitor,
        search: str = "",
        outlets: Sequence[str] = (),
        since: str = "",
        until: str = "",
    ) -> tuple[Any, ...]:
        """The table, its count, the plot and the outlets to choose from."""
        words = visitor.words
        try:
            every = self.listing()
            some = chosen(
                every,
                search or "",
                outlets or (),
                day_of(since, words.since),
                day_of(until, words.until),
            )
        except CitewireError as exc:
            gr.Warning(str(exc))
            return (gr.update(), escape(str(exc)), gr.update(), gr.update())
        names = sorted({a.outlet for a in every if a.outlet}, key=str.casefold)
        told = words.shown.format(n=len(some), total=len(every))
        headers = [
            words.column_outlet,
            words.column_date,
            words.column_title,
            words.column_passages,
            words.column_id,
        ]
        table = gr.update(value={"headers": headers, "data": rows_of(some, words)})
        return table, told, plot_html(some, words), gr.update(choices=names)

    @property
    def view(self) -> list[Any]:
        """The components that `shown` fills."""
        return [self.table, self.count, self.plot, self.outlets]

    # --- behaviour -----------------------------------------------------------------------

    def _wire(self, said: Any) -> None:
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        working: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 1,
                                   "concurrency_id": "library"}  # fmt: skip
        filters = [self.search, self.outlets, self.since, self.until]
        gr.on(
            [self.search.change, self.outlets.input, self.since.submit, self.until.submit,
             self.since.blur, self.until.blur],
            self._filter,
            filters,
            self.view,
            trigger_mode="always_last",
            **quiet,
        )  # fmt: skip
        self.changed = [
            self.upload.upload(self._upload, [self.upload], [self.told, self.upload], **working),
            self.paste.click(
                self._paste,
                [self.paste_text, self.paste_title, self.paste_outlet, self.paste_date],
                [self.told, self.paste_text, self.paste_title],
                **working,
            ),
            self.save.click(
                self._save,
                [self._chosen, self.title, self.outlet, self.date],
                [self.selected],
                **working,
            ),
            self.delete.click(
                self._delete,
                [self._chosen],
                [self.selected, self._chosen, self.editing, self._deleted, self.undo],
                **working,
            ),
            self.undo.click(
                self._undelete,
                [self._deleted],
                [self.selected, self._deleted, self.undo],
                **working,
            ),
        ]
        for change in self.changed:
            change.then(self._filter, filters, self.view, **quiet)
        self.table.select(
            self._select,
            None,
            [self._chosen, self.selected, self.editing, self.title, self.outlet, self.date],
            **quiet,
        )
        self.check.click(self._health, None, [self.health], **quiet)

    def _filter(
        self, search: str, outlets: list[str], since: str, until: str, request: gr.Request
    ) -> tuple[Any, ...]:
        return self.shown(self._visitors.of(request), search, outlets, since, until)

    def _upload(
        self, files: list[str] | None, request: gr.Request, progress: gr.Progress = _PROGRESS
    ) -> tuple[Any, Any]:
        visitor = self._visitors.of(request)
        paths = [Path(f) for f in files or ()]
        watch = _watching(progress, visitor.words)
        report = _doing(visitor, lambda: add_files(self._home, self._settings, paths, watch))
        return _report_html(report, visitor.words), gr.update(value=None)

    def sample(self, request: gr.Request, progress: gr.Progress = _PROGRESS) -> str:
        """Load the sample collection; for the page of an empty library."""
        visitor = self._visitors.of(request)
        watch = _watching(progress, visitor.words)
        report = _doing(visitor, lambda: add_sample(self._home, self._settings, watch))
        return _report_html(report, visitor.words)

    def _paste(
        self, text: str, title: str, outlet: str, day: str, request: gr.Request
    ) -> tuple[Any, ...]:
        visitor = self._visitors.of(request)
        words = visitor.words
        report = _doing(
            visitor,
            lambda: add_text(
                self._home,
                self._settings,
                text or "",
                title=title or "",
                outlet=outlet or "",
                published=day_of(day, words.paste_date),
            ),
        )
        kept = gr.update() if report.count("rejected") else ""
        return _report_html(report, words), kept, kept

    def _select(self, event: gr.SelectData, request: gr.Request) -> tuple[Any, ...]:
        visitor = self._visitors.of(request)
        article_id = str(event.row_value[-1])
        listed = next((a for a in self.listing() if a.id == article_id), None)
        if listed is None:
            return None, escape(visitor.words.evidence_gone), *(gr.update() for _ in range(4))
        return (
            article_id,
            _selected_html(listed, visitor.words),
            gr.update(visible=visitor.editor),
            listed.title or "",
            listed.outlet or "",
            listed.published.isoformat() if listed.published else "",
        )

    def _save(
        self, article_id: str | None, title: str, outlet: str, day: str, request: gr.Request
    ) -> str:
        visitor = self._visitors.of(request)
        if article_id is None:
            return escape(visitor.words.choose)

        def save() -> None:
            published = day_of(day, visitor.words.edit_date)
            held = next((a for a in self.listing() if a.id == article_id), None)
            if held is None:
                raise NotFound(visitor.words.evidence_gone)
            # What was left as it is, is not recorded as a correction.
            edit(
                self._home,
                article_id,
                outlet=KEEP if outlet == (held.outlet or "") else outlet or None,
                published=KEEP if published == held.published else published,
                title=KEEP if title == (held.title or "") else title or None,
            )

        _doing(visitor, save)
        return escape(visitor.words.saved)

    def _delete(self, article_id: str | None, request: gr.Request) -> tuple[Any, ...]:
        visitor = self._visitors.of(request)
        if article_id is None:
            return escape(visitor.words.choose), None, gr.update(), gr.update(), gr.update()
        (article,) = _doing(visitor, lambda: delete(self._home, [article_id]))
        name = article.title or Path(article.source).name
        told = escape(visitor.words.deleted.format(name=name))
        return told, None, gr.update(visible=False), article.id, gr.update(visible=True)

    def _undelete(self, article_id: str | None, request: gr.Request) -> tuple[Any, ...]:
        visitor = self._visitors.of(request)
        if article_id is None:
            return gr.update(), None, gr.update(visible=False)
        (article,) = _doing(visitor, lambda: undelete(self._home, [article_id]))
        name = article.title or Path(article.source).name
        return escape(visitor.words.restored.format(name=name)), None, gr.update(visible=False)

    def _health(self, request: gr.Request) -> str:
        words = self._visitors.of(request).words
        if not Library.exists(self._home):
            return escape(words.first_title)
        try:
            with Library(self._home) as library:
                state, counts = Indexes(self._home, library).state(), library.counts()
                problems = library.check()
        except CitewireError as exc:
            return escape(str(exc))
        told = words.index_word.format(
            state=state, articles=counts.articles, passages=counts.passages
        )
        return "<br>".join(escape(line) for line in (told, *problems))


def _doing(visitor: Visitor, action: Callable[[], _T]) -> _T:
    """What an action of an editor gives; its errors as the page shows them."""
    try:
        visitor.check_editor()
        return action()
    except CitewireError as exc:
        raise gr.Error(str(exc), print_exception=False) from exc


def _watching(progress: gr.Progress, words: Words) -> Callable[[Progress], None]:
    def watch(at: Progress) -> None:
        # Of several files their number; of one, which may hold many articles, the share.
        done = at.done if at.total == 1 else (int(at.done), max(1, at.total))
        progress(done, desc=Path(at.path).name or words.loading)

    return watch


def _report_html(report: IngestReport, words: Words) -> str:
    counts = ", ".join(f"{n} {name}" for name in _STATUSES if (n := report.count(name)))
    lines = "".join(f"<li>{escape(line)}</li>" for line in report_lines(report))
    told = escape(words.uploaded.format(n=len(report.files), told=counts or "0"))
    return f'<div role="status"><p>{told}</p><ul>{lines}</ul></div>'


def _selected_html(listed: ListedArticle, words: Words) -> str:
    name = escape(listed.title or Path(listed.source).name)
    link = f'<a href="{escape(article_address(listed.id))}" target="_blank" rel="noopener">'
    title = f'<strong dir="auto">{name}</strong>'
    return f'<p class="cw-links">{title} {link}{escape(words.read_it)}</a></p>'
