"""What is printed: for people by rich, for programs as JSON."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rag.hidden import hidden_in, named, with_hidden
from rag.reading import fold, long_date
from rag.types import Answer, Article

_JOINERS = "\u200c\u200d"
"""Scripts and emoji are not written without."""

if TYPE_CHECKING:
    # Only for types: importing it takes 0.2 s, and asking needs none of it.
    from ingest.pipeline import FileOutcome, IngestReport

__all__ = [
    "answer_json",
    "article_json",
    "ingest_json",
    "print_article",
    "print_articles",
    "print_ingest",
    "print_json",
    "printable",
]


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    # A terminal or pipe that is not of UTF-8 would lose letters; escapes lose none.
    plain = codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8"
    print(json.dumps(value, ensure_ascii=plain, indent=2, default=_plain))


def answer_json(answer: Answer) -> dict[str, Any]:
    """The answer in the contract's form."""
    return {
        "question": answer.question,
        "status": answer.status,
        "answer": answer.text,
        "claims": [asdict(c) for c in answer.claims],
        "citations": [asdict(c) for c in answer.citations],
        "nearest": [asdict(c) for c in answer.nearest],
        "disagreements": [asdict(d) for d in answer.disagreements],
        "writer": answer.writer,
        "model": answer.model,
        "standalone": answer.standalone,
        "dropped": [asdict(d) for d in answer.dropped],
        "fault": answer.fault,
        "notes": list(answer.notes),
        "as_of": answer.as_of,
        "confidence": round(answer.confidence, 4),
        "usage": dict(answer.usage),
        "cost_usd": answer.cost_usd,
        "cached": answer.cached,
        "timings_ms": {name: round(ms, 2) for name, ms in answer.timings_ms.items()},
        "settings_hash": answer.settings_hash,
    }


def ingest_json(report: IngestReport) -> dict[str, Any]:
    """The report in the contract's form."""
    return {
        "found": len(report.files),
        "ingested": report.count("ingested"),
        "unchanged": report.count("unchanged"),
        "updated": report.count("updated"),
        "duplicate": report.count("duplicate"),
        "rejected": report.count("rejected"),
        "removed": len(report.removed),
        "stopped": report.stopped,
        "files": [_file_json(f) for f in report.files],
        "removed_files": list(report.removed),
    }


def article_json(article: Article) -> dict[str, Any]:
    """An article without its text."""
    table = asdict(article)
    del table["text"]
    table["skipped"] = [{"start": s, "end": e, "kind": k} for s, e, k in article.skipped]
    return table


def print_ingest(report: IngestReport, *, watching: bool = False) -> None:
    """A line for each file that needs one, then the sum, and what to do next."""
    console, errors = Console(), Console(stderr=True)
    for outcome in report.files:
        if outcome.status == "rejected":
            errors.print(
                Text(f"rejected  {printable(outcome.path)}: {printable(outcome.reason or '')}"),
                soft_wrap=True,
            )
        elif outcome.reason:
            console.print(
                Text(f"{outcome.status}  {printable(outcome.path)}: {printable(outcome.reason)}"),
                soft_wrap=True,
            )
    for source in report.removed:
        console.print(Text(f"removed  {printable(source)}: the file is gone"), soft_wrap=True)
    counts = [
        (report.count("ingested"), "ingested"),
        (report.count("updated"), "updated"),
        (report.count("unchanged"), "unchanged"),
        (report.count("duplicate"), "duplicate"),
        (report.count("rejected"), "rejected"),
        (len(report.removed), "removed"),
    ]
    told = ", ".join(f"{n} {word}" for n, word in counts if n) or "nothing to do"
    # A file may hold many articles.
    whole = all(f.article is None or f.article.source == f.article.file for f in report.files)
    what = "file" if whole else "article"
    console.print(f"{len(report.files)} {what}{'s' * (len(report.files) != 1)}: {told}.")
    new = [f for f in report.files if f.article and f.status == "ingested"]
    undated = sum(f.article is not None and f.article.published is None for f in new)
    unnamed = sum(f.article is not None and f.article.outlet is None for f in new)
    gaps = [
        f"{n} {what}" for n, what in ((undated, "give no date"), (unnamed, "name no outlet")) if n
    ]
    if gaps:
        console.print(f"Of the new ones, {' and '.join(gaps)}; neither is guessed.")
    if report.stopped:
        console.print("Stopped. What is done is kept; run the same command to go on.")
    elif new and not watching:
        console.print(Text('Now ask: citewire ask "…"', style="dim"))


def print_articles(articles: Iterable[Article], console: Console) -> None:
    """A table of the library, or on a narrow terminal a list."""
    rows = list(articles)
    if console.width < 72:
        for a in rows:
            console.print(Text(f"{a.id}  {long_date(a.published)}", style="bold"))
            line = Text(f"{a.outlet or 'unknown outlet'}: {_name(a)}")
            console.print(Padding(line, (0, 0, 0, 2)))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("ID", no_wrap=True)
    table.add_column("Published", no_wrap=True)
    table.add_column("Outlet", max_width=28)
    table.add_column("Title", ratio=1, overflow="fold")
    for a in rows:
        day = a.published.isoformat() if a.published else "unknown"
        table.add_row(a.id, day, Text(a.outlet or "unknown"), Text(_name(a)))
    console.print(table)


def print_article(article: Article, console: Console, replaced: Sequence[datetime] = ()) -> None:
    """What is known of an article, then its text with the furniture dimmed.

    Args:
        article: whichever version of it.
        console: to print to.
        replaced: when its earlier versions were replaced, the latest first.
    """
    facts = [
        ("ID", article.id),
        ("Title", article.title),
        ("Outlet", article.outlet),
        ("Published", article.published and long_date(article.published)),
        ("Byline", article.byline),
        ("URL", article.url),
        ("File", article.source),
    ]
    for name, value in facts:
        line = Text(f"{name + ':':<11}", style="bold")
        told = printable(str(value)) if value else "unknown"
        line.append(told, style="default" if value else "dim")
        console.print(line, soft_wrap=True)
    if replaced:
        times = (f"{n} till {at.astimezone():%Y-%m-%d %H:%M}" for n, at in enumerate(replaced, 1))
        line = Text(f"{'Earlier:':<11}", style="bold")
        line.append(f"{', '.join(times)} (--earlier N shows it)", style="default")
        console.print(line, soft_wrap=True)
    if hidden := hidden_in(article.text):
        counts = ", ".join(f"{n} {kind}" for kind, n in hidden.items())
        line = Text(f"{'Hidden:':<11}", style="bold").append(
            f"{counts} signs, shown as <U+…>", style="default"
        )
        console.print(line, soft_wrap=True)
    console.print()
    text, at = Text(), 0
    for start, end, _ in article.skipped:
        text.append(_seen(article.text[at:start]))
        text.append(_seen(article.text[start:end]), style="dim strike")
        at = end
    text.append(_seen(article.text[at:]))
    console.print(text)


def _seen(text: str) -> str:
    """A text whose hidden signs can be seen, and can do nothing to a terminal."""
    return with_hidden(text, lambda sign: f"<{named(sign)}>")


def _name(article: Article) -> str:
    return fold(article.title) if article.title else f"({printable(Path(article.source).name)})"


def printable(text: str) -> str:
    """A line without breaks or terminal codes, which file names and models may hold."""
    return "".join(c if c.isprintable() or c in _JOINERS else repr(c)[1:-1] for c in text)


def _file_json(outcome: FileOutcome) -> dict[str, Any]:
    article = outcome.article
    return {
        "path": outcome.path,
        "status": outcome.status,
        "reason": outcome.reason,
        "article_id": article and article.id,
        "title": article and article.title,
        "outlet": article and article.outlet,
        "published": article and article.published,
    }


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON form for {value!r}")
