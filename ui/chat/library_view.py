"""What the library holds, as the page shows it: the table's rows, and a plot over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

from eval.reports.svg import line, picture, tag, words
from rag.library import ListedArticle
from rag.reading import fold
from ui.chat.words import Words

__all__ = ["chosen", "plot_html", "rows_of"]

_WIDTH, _HEIGHT, _FOOT = 640.0, 150.0, 34.0
_MOST_BARS = 60


def chosen(
    articles: Sequence[ListedArticle],
    search: str = "",
    outlets: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> list[ListedArticle]:
    """The articles that pass; an undated one passes no date filter.

    Args:
        articles: to choose from.
        search: words that all have to be in title, outlet or file name, in any case.
        outlets: any of these; none means all.
        since: published on this day or later.
        until: published on this day or before.
    """
    wanted = search.casefold().split()

    def passes(a: ListedArticle) -> bool:
        told = f"{a.title or ''} {a.outlet or ''} {Path(a.source).name}".casefold()
        if not all(word in told for word in wanted) or (outlets and a.outlet not in outlets):
            return False
        if not (since or until):
            return True
        day = a.published
        return day is not None and (not since or day >= since) and (not until or day <= until)

    return [a for a in articles if passes(a)]


def rows_of(articles: Sequence[ListedArticle], words_: Words) -> list[list[str | int]]:
    """The table's rows: outlet, date, title, passages, id; the last published first."""
    ordered = sorted(articles, key=lambda a: (a.published or date.min, a.source), reverse=True)
    return [
        [
            a.outlet or words_.unknown_outlet,
            a.published.isoformat() if a.published else words_.undated,
            fold(a.title) if a.title else f"({Path(a.source).name})",
            a.passages,
            a.id,
        ]
        for a in ordered
    ]


def plot_html(articles: Sequence[ListedArticle], words_: Words) -> str:
    """Bars of how many articles were published, by month, by quarter or by year."""
    days = [a.published for a in articles if a.published]
    undated = len(articles) - len(days)
    note = words_.undated_count.format(n=undated) if undated else ""
    if not days:
        return f'<p class="cw-note">{words_.no_dates}</p>'
    for months in (1, 3, 12, 60, 120, 600):
        counts = Counter((d.year * 12 + d.month - 1) // months for d in days)
        first, last = min(counts), max(counts)
        if last - first < _MOST_BARS:
            break
    bins = list(range(first, last + 1))
    width = _WIDTH / len(bins)
    top = max(counts.values())
    bars = []
    for at, bin_ in enumerate(bins):
        count = counts[bin_]
        height = (_HEIGHT - _FOOT - 16) * count / top
        name = f"{_named(bin_, months)}: {count}"
        bars.append(
            tag(
                "rect",
                tag("title", name),
                x=at * width + 0.5,
                y=_HEIGHT - _FOOT - height,
                width=max(1.0, min(width - 1, 36.0)),
                height=height,
                class_="bar",
            )
        )
    base = line(0, _HEIGHT - _FOOT, _WIDTH, _HEIGHT - _FOOT, "axis")
    every = max(1, -(-len(bins) // 8))
    labels = [
        words(at * width, _HEIGHT - _FOOT + 15, _named(bins[at], months), "tick")
        for at in range(0, len(bins), every)
    ]
    most = words(0, 11, str(top), "tick")
    told = f"{words_.over_time}: {_named(first, months)} – {_named(last, months)}"
    drawn = picture(_WIDTH, _HEIGHT, told, base, most, *bars, *labels)
    box = f'<div class="cw-plot" tabindex="0" role="group" aria-label="{escape(words_.over_time)}">'
    return f'{box}{drawn}</div><p class="cw-note">{note}</p>'


def _named(bin_: int, months: int) -> str:
    year, month = divmod(bin_ * months, 12)
    if months >= 12:
        return str(year) if months == 12 else f"{year}–{year + months // 12 - 1}"
    return f"{year}-{month + 1:02}"
