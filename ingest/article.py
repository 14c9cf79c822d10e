"""From a source to an article: what it is, and which of its spans are furniture."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.dates import is_possible
from ingest.exports import export_of
from ingest.furniture import inline_furniture, line_furniture
from ingest.header import header_of
from ingest.lines import Line, lines_of
from ingest.masthead import masthead_of
from ingest.outlets import house_name
from ingest.read import Source
from ingest.titles import headline_spans, same_title, title_among
from rag.hidden import HIDDEN
from rag.types import Article, SkippedSpan

__all__ = ["parse"]


def parse(source: Source) -> Article:
    """Read title, outlet, date and byline off a source and mark its furniture.

    The article's id is provisional: derived from source and content. The pipeline keeps
    the old id when the file was stored before.
    """
    text = source.text
    header, body_start = header_of(text)
    lines = [line for line in lines_of(text) if line.start >= body_start]
    export = export_of(lines)
    top = masthead_of(text, lines)
    stated = (header, source.stated, export)
    start = max((s.end for s in top.skipped if s.kind == "metadata"), default=0)
    skipped = [*header.skipped, *export.skipped, *top.skipped]
    title = next((m.title for m in stated if m.title), None)
    title = title or title_among(_free(lines, skipped), start)
    skipped += headline_spans(lines, title, start)
    known = {span.start for span in skipped}
    is_known = [
        line.start in known or (title is not None and same_title(line.plain, title))
        for line in lines
    ]
    skipped += line_furniture(lines, is_known)
    skipped += _labels(lines, {span.start for span in skipped})
    skipped += inline_furniture(text)
    outlet = next((m.outlet for m in stated if m.outlet), None)
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    article = Article(
        id="a" + hashlib.sha256(f"{source.name}\0{content_hash}".encode()).hexdigest()[:10],
        source=source.name,
        text=text,
        title=_shown(title),
        outlet=_shown(outlet or house_name(text, lines) or top.agency),
        published=next(
            (m.published for m in (*stated, top) if m.published and is_possible(m.published)), None
        ),
        byline=_shown(next((m.byline for m in (*stated, top) if m.byline), None)),
        url=_shown(next((m.url for m in stated if m.url), None)),
        skipped=_merged(skipped),
        content_hash=content_hash,
    )
    if _is_blank(article):
        # A notice of one line: its headline is all it says.
        kept = tuple(s for s in article.skipped if s.kind not in ("headline", "heading"))
        return replace(article, skipped=kept)
    return article


def _shown(name: str | None) -> str | None:
    """A name as one line of what can be seen; None where nothing is left of it.

    It is shown on terminals, which obey control characters, and in lists beside other names,
    whose order marks of direction could turn.
    """
    if not name:
        return None
    # Controls may have parted words; the others stand within them.
    return " ".join(HIDDEN.sub(lambda m: " " if m["control"] else "", name).split()) or None


def _free(lines: Sequence[Line], skipped: Sequence[SkippedSpan]) -> list[Line]:
    """The lines that nothing is known of yet and that are no furniture."""
    taken = {span.start for span in skipped if span.kind != "metadata"}
    taken |= {s.start for s in line_furniture(lines, [False] * len(lines)) if s.kind != "heading"}
    whole = {span.end for span in skipped if span.kind == "metadata"}
    return [line for line in lines if line.start not in taken and line.end not in whole]


def _labels(lines: Sequence[Line], known: set[int]) -> Iterable[SkippedSpan]:
    """Short lines of capitalised words above the article: a name, a desk, an edition.

    Whose or what they name is not known, so nothing is taken from them.
    """
    if not any(line.prose for line in lines):
        return
    for line in lines[:25]:
        if line.start not in known and (line.prose or line.ends_sentence):
            break
        words = re.findall(r"[^\W_][\w.'\u2019-]*", line.plain)
        if (
            line.start not in known
            and 0 < len(words) <= 6
            and not line.bullet
            and not line.plain.endswith((":", "?", "!", "."))
            and all(w[0].isupper() or w in ("of", "the", "and", "in") for w in words)
        ):
            yield SkippedSpan(line.start, line.end, "heading")


def _merged(spans: Iterable[SkippedSpan]) -> tuple[SkippedSpan, ...]:
    """In order and without overlaps: what an earlier span covers is not covered again."""
    merged: list[SkippedSpan] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        start = max(span.start, merged[-1].end) if merged else span.start
        if start < span.end:
            merged.append(span._replace(start=start))
    return tuple(merged)


def _is_blank(article: Article) -> bool:
    """Whether nothing of it is left to quote."""
    at = 0
    for start, end, _ in (*article.skipped, SkippedSpan(len(article.text), 0, "metadata")):
        if any(c.isalnum() for c in article.text[at:start]):
            return False
        at = end
    return True
