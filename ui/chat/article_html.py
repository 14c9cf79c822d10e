"""An article as HTML: what surrounds a cited sentence, or all of it, the sentence marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path

from rag.hidden import HIDDEN, named
from rag.reading import fold, long_date
from rag.types import Article
from ui.chat.words import Words

__all__ = ["article_html", "article_page"]

_AROUND = 700
"""Characters shown on either side of a cited sentence; the cut is put between paragraphs or
words."""
_BREAK = re.compile(r"\n[ \t\r]*\n\s*")
_LINE = re.compile(r"\s*\n\s*")


def article_html(
    article: Article, hit: tuple[int, int] | None, words: Words, *, whole: bool, note: str = ""
) -> str:
    """What is known of an article, then its text.

    Args:
        article: as it is stored.
        hit: offsets of the cited words; None for none.
        words: of the reader's language.
        whole: all of the text, and not only what surrounds the hit.
        note: a line above them, such as that another version is shown.
    """
    if hit and not 0 <= hit[0] < hit[1] <= len(article.text):
        hit = None
    first, last = (0, len(article.text)) if whole or not hit else _around(article.text, *hit)
    body = "".join(_paragraphs(article, first, last, hit))
    furniture = any(s < last and e > first for s, e, _ in article.skipped)
    told = f'<p class="cw-warning" role="note">{escape(note)}</p>' if note else ""
    dimmed = f'<p class="cw-note">{escape(words.furniture)}</p>' if furniture else ""
    before = _more(words.before) if first > 0 else ""
    after = _more(words.after) if last < len(article.text) else ""
    head = f"{told}{_head(article, words)}{dimmed}"
    return f'{head}<div class="cw-text">{before}{body}{after}</div>'


def article_page(
    article: Article, hit: tuple[int, int] | None, words: Words, style: str, note: str = ""
) -> str:
    """A page of its own with the whole article, which a link to `#hit` scrolls to the words."""
    title = escape(fold(article.title or Path(article.source).name))
    body = article_html(article, hit, words, whole=True, note=note)
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} – Citewire</title><style>{style}</style></head>"
        f'<body class="cw-page"><p><a href="/">{escape(words.back)}</a></p>'
        f"<main>{body}</main></body></html>"
    )


def _head(article: Article, words: Words) -> str:
    day = long_date(article.published) if article.published else words.undated
    rows = [f"{article.outlet or words.unknown_outlet}, {day}"]
    if article.byline:
        rows.append(words.byline.format(name=article.byline))
    rows.append(Path(article.source).name)
    told = "".join(f'<li dir="auto">{escape(fold(row))}</li>' for row in rows)
    title = escape(fold(article.title)) if article.title else ""
    heading = f'<h2 class="cw-article-title" dir="auto">{title}</h2>' if title else ""
    return f'{heading}<ul class="cw-facts">{told}</ul>'


def _escaped(text: str) -> str:
    """A text as HTML, with an element for each sign that can't be seen; its style shows which."""
    parts, at = [], 0
    for found in HIDDEN.finditer(text):
        sign = f'<span class="cw-sign" title="{named(found[0])}"></span>'
        parts += [escape(text[at : found.start()]), sign]
        at = found.end()
    return "".join(parts) + escape(text[at:])


def _more(text: str) -> str:
    return f'<p class="cw-more">{escape(text)}</p>'


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Offsets of what surrounds a hit, cut where a paragraph or at least a word ends."""
    first = _cut(text, max(0, start - _AROUND), start)
    last = min(len(text), end + _AROUND)
    if last < len(text):
        at = text.rfind("\n", end, last)
        last = at if at > end else max(text.rfind(" ", end, last), end)
    return first, last


def _cut(text: str, low: int, high: int) -> int:
    if low == 0:
        return 0
    for sign in ("\n", " "):
        at = text.find(sign, low, high)
        if at >= 0:
            return at + 1
    return high


def _paragraphs(
    article: Article, first: int, last: int, hit: tuple[int, int] | None
) -> Iterator[str]:
    """Each paragraph with furniture dimmed and the hit marked; the first mark has an id."""
    at, found = first, False
    ends = [m.span() for m in _BREAK.finditer(article.text, first, last)] + [(last, last)]
    for end, following in ends:
        inside = "".join(_pieces(article, at, end, hit))
        if inside.strip():
            if not found and "<mark>" in inside:
                inside, found = inside.replace("<mark>", '<mark id="hit" tabindex="-1">', 1), True
            yield f'<p dir="auto">{inside}</p>'
        at = following


def _pieces(article: Article, start: int, end: int, hit: tuple[int, int] | None) -> Iterator[str]:
    spans = [s for s in article.skipped if s.end > start and s.start < end]
    edges = {start, end, *(max(start, min(end, e)) for s in spans for e in (s.start, s.end))}
    edges |= {max(start, min(end, e)) for e in hit or ()}
    cuts = sorted(edges)
    for a, b in pairwise(cuts):
        text = _LINE.sub("<br>", _escaped(article.text[a:b]))
        if any(s.start <= a and b <= s.end for s in spans):
            text = f'<span class="cw-dim">{text}</span>'
        if hit and hit[0] <= a and b <= hit[1]:
            text = f"<mark>{text}</mark>"
        yield text
