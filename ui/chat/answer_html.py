"""An answer as HTML for the chat. All that articles, models and people wrote is escaped.

The chat's sanitizer takes `data-` and `aria-` attributes away, so what the page's script needs
to know stands in ids and classes, and what a screen reader needs is text that is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote as url_quote

from rag.reading import fold, long_date
from rag.standing import Change, mark_of
from rag.types import Answer, Citation, Claim
from ui.chat.words import Words
from ui.export_words import clean, quotation_of

__all__ = [
    "LIVE",
    "LIVE_CLASS",
    "NOTHING",
    "Changes",
    "answer_html",
    "article_address",
    "fault_html",
    "pending_html",
    "said_html",
]

Changes = Mapping[Citation, Change]
NOTHING: Changes = {}

LIVE = "live"
"""Stands for a turn's id while it is being answered."""
LIVE_CLASS = "cw-live"
"""Of what is shown while an answer comes."""


def answer_html(answer: Answer, turn: str, words: Words, changed: Changes = NOTHING) -> str:
    """A whole answer, with its sources and what can be done with it.

    Args:
        answer: as it was given.
        turn: the id it is kept under: letters and digits.
        words: of the reader's language.
        changed: citations whose articles have changed since, or are gone, and which of the two.
    """
    parts = [_understood(answer.standalone, words)]
    if answer.as_of:
        day = long_date(answer.as_of)
        parts.append(_tag("p", "cw-note", escape(words.as_of.format(day=day))))
    parts += [_tag("p", "cw-note", _said(fold(note))) for note in _notes(answer)]
    if answer.status == "not_found":
        parts.append(_refusal(answer, turn, words, changed))
    else:
        quoted = answer.writer == "quotes"
        if answer.disagreements:
            parts.append(_disagreements(answer, turn, words))
        if not quoted:
            parts.append(_claims(answer.claims, answer.citations, turn, words))
        parts.append(_sources(answer.citations, turn, words, changed, quoted=quoted))
    parts.append(_writer(answer, words))
    parts.append(_actions(turn, words))
    return _tag("div", f"cw-answer cw-{answer.status}", *parts, id_=f"turn-{turn}")


def said_html(
    claims: Sequence[Claim],
    citations: Sequence[Citation],
    standalone: str | None,
    words: Words,
    note: str = "",
) -> str:
    """What a model has said so far, each sentence checked.

    Args:
        claims: so far.
        citations: theirs.
        standalone: how a follow-up was understood; None where it is none.
        words: of the reader's language.
        note: a line below them.
    """
    parts = [_understood(standalone, words), _claims(claims, citations, LIVE, words)]
    if note:
        parts.append(_tag("p", "cw-warning", _said(note)))
    parts.append(_sources(citations, LIVE, words, quoted=False))
    return _tag("div", f"cw-answer cw-streaming {LIVE_CLASS}", *parts)


def pending_html(standalone: str | None, words: Words) -> str:
    """That the articles are being read."""
    waiting = _tag("p", "cw-pending", escape(words.loading))
    return _tag("div", f"cw-answer {LIVE_CLASS}", _understood(standalone, words), waiting)


def fault_html(message: str) -> str:
    """Why there is no answer."""
    return _tag("div", "cw-answer cw-fault", _tag("p", "cw-warning", _said(message)))


def _said(text: str) -> str:
    """What others wrote, on one line, escaped, and without what would reorder the page."""
    return escape(clean(text))


def _place_of(citation: Citation, words: Words) -> str:
    """Outlet and date, saying so where either is unknown."""
    outlet = citation.outlet or f"{words.unknown_outlet} ({Path(citation.source).name})"
    day = long_date(citation.published) if citation.published else words.undated
    # Set apart: the figures of a date would move to the other side of an Arabic name.
    return f"<bdi>{_said(outlet)}</bdi>, {escape(day)}"


def _notes(answer: Answer) -> list[str]:
    """The notes, with the fault where none of them tells it."""
    notes = list(answer.notes)
    if answer.fault and not any(answer.fault in note for note in notes):
        notes.insert(0, answer.fault)
    return notes


def article_address(
    article_id: str, start: int | None = None, end: int | None = None, mark: str = ""
) -> str:
    """Where an article is shown, with the words between two offsets highlighted.

    Where the words' mark is given (see `rag.standing.mark_of`), the article is shown as it was
    when it had them there.
    """
    known = f"&words={mark}" if mark else ""
    place = f"?start={start}&end={end}{known}#hit" if start is not None else ""
    return f"article/{url_quote(article_id, safe='')}{place}"


def _understood(standalone: str | None, words: Words) -> str:
    if not standalone:
        return ""
    return _tag(
        "p", "cw-note", f'{escape(words.understood)} <em dir="auto">{_said(standalone)}</em>'
    )


def _claims(claims: Sequence[Claim], citations: Sequence[Citation], turn: str, words: Words) -> str:
    cited = {c.n: c for c in citations}
    rows = []
    for at, claim in enumerate(claims):
        text = f'<span dir="auto">{_said(fold(claim.text))}</span>'
        if claim.support == "unsupported":
            mark = _tag("strong", "cw-unsupported", escape(f"({words.unsupported})"))
            rows.append(_tag("p", "cw-claim cw-not-carried", f"{text} {mark}"))
            continue
        numbers = "".join(_number(cited[n], turn, words) for n in claim.citations if n in cited)
        copy = "" if turn == LIVE else _copy(f"copy-{turn}-{at}", words.copy_claim)
        rows.append(_tag("p", "cw-claim", f"{text} {numbers}{copy}"))
    return "".join(rows)


def _number(citation: Citation, turn: str, words: Words) -> str:
    """The `[n]` that leads to a source, with what it is for those who do not see it."""
    told = f"{escape(words.source.format(n=citation.n))}, {_place_of(citation, words)}"
    return (
        f'<a class="cw-cite" href="#cite-{turn}-{citation.n}">[{citation.n}]'
        f'<span class="cw-hidden"> {told}</span></a>'
    )


def _sources(
    citations: Sequence[Citation],
    turn: str,
    words: Words,
    changed: Changes = NOTHING,
    *,
    quoted: bool,
) -> str:
    """The sources with their quotations; for quotations, they are the answer."""
    if not citations:
        return ""
    rows = []
    for at, c in enumerate(citations):
        if quoted:
            lead = _number(c, turn, words) + " "
            copy = _copy(f"copy-{turn}-{at}", words.copy_claim)
        else:
            lead, copy = _tag("span", "cw-n", f"[{c.n}] "), ""
        copy += _since(changed.get(c), words)
        rows.append(_source(c, words, place=f"cite-{turn}-{c.n}", lead=lead, more=copy))
    if quoted:
        return f'<ol class="cw-sources cw-quotes">{"".join(rows)}</ol>'
    head = _tag("p", "cw-head", escape(words.sources))
    return f'{head}<ol class="cw-sources">{"".join(rows)}</ol>'


def _since(change: Change | None, words: Words) -> str:
    told = {"changed": words.changed_since, "gone": words.gone_since, None: ""}[change]
    return f' <span class="cw-since">{escape(told)}</span>' if told else ""


def _source(citation: Citation, words: Words, *, place: str, lead: str = "", more: str = "") -> str:
    title = ""
    if citation.title:
        title = f'<span class="cw-title" dir="auto">{_said(fold(citation.title))}</span>'
    link = f'<a class="cw-open" href="{escape(_where(citation))}">{_place_of(citation, words)}</a>'
    said = f'<blockquote dir="auto">“{_marked(citation)}”</blockquote>'
    return f'<li id="{place}">{lead}{link}{more}{title}{said}</li>'


def _marked(citation: Citation) -> str:
    """The quotation with its short answer marked."""
    before, short, after = map(escape, quotation_of(citation))
    return f"{before}<mark>{short}</mark>{after}" if short else before


def _where(citation: Citation) -> str:
    return article_address(
        citation.article_id, citation.start, citation.end, mark_of(citation.quote)
    )


def _refusal(answer: Answer, turn: str, words: Words, changed: Changes) -> str:
    head = _tag("p", "cw-refusal", f"<strong>{escape(words.not_said)}</strong>")
    reason = _tag("p", "cw-reason", _said(answer.reason)) if answer.reason else ""
    if not answer.nearest:
        return head + reason
    rows = "".join(
        _source(c, words, place=f"near-{turn}-{at}", more=_since(changed.get(c), words))
        for at, c in enumerate(answer.nearest)
    )
    title = _tag("p", "cw-head", escape(words.nearest))
    return f'{head}{reason}{title}<ul class="cw-sources cw-nearest">{rows}</ul>'


def _disagreements(answer: Answer, turn: str, words: Words) -> str:
    cited = {c.n: c for c in answer.citations}
    rows = []
    for point in answer.disagreements:
        sides = "".join(
            _tag(
                "div",
                "cw-side",
                f'<span dir="auto">{_said(side.statement)}</span> '
                + "".join(_number(cited[n], turn, words) for n in side.citations if n in cited),
            )
            for side in point.sides
        )
        topic = f"{escape(words.differ)}: <bdi>{_said(point.topic)}</bdi>"
        head = _tag("p", "cw-head", topic)
        rows.append(f'{head}<div class="cw-sides">{sides}</div>')
    return "".join(rows)


def _writer(answer: Answer, words: Words) -> str:
    """Who wrote it, what that took, and what was left out."""
    if not answer.model:
        told = words.by_quotation if answer.status == "answered" else ""
        return _tag("p", "cw-writer", escape(told)) if told else ""
    by_model = answer.writer == "model"
    told = (words.by_model if by_model else words.by_model_failed).format(model=answer.model)
    took = _took(answer, words)
    line = _tag("p", "cw-writer", _said(f"{told} ({took})" if took else told))
    if not answer.dropped:
        return line
    count = len(answer.dropped)
    head = words.left_out_one if count == 1 else words.left_out.format(n=count)
    rows = "".join(
        f'<li><span dir="auto">“{_said(fold(d.text))}”</span>'
        f" {_said(words.lacks.format(what=', '.join(d.lacks)))}</li>"
        for d in answer.dropped
    )
    shown = f"<summary>{escape(head)}</summary><ul>{rows}</ul>"
    return f'{line}<details class="cw-dropped">{shown}</details>'


def _took(answer: Answer, words: Words) -> str:
    """What a model's work took; empty where its server did not say."""
    if answer.cached:
        return words.from_cache
    usage = answer.usage
    if not usage:
        return ""
    told = words.tokens.format(
        read=usage.get("prompt_tokens", 0), written=usage.get("completion_tokens", 0)
    )
    if answer.cost_usd is not None:
        told += f", {words.cost.format(usd=f'{answer.cost_usd:.4f}')}"
    return told


def _actions(turn: str, words: Words) -> str:
    links = [
        (f"answer/{turn}.md", words.as_markdown),
        (f"answer/{turn}.html", words.as_page),
        (f"answer/{turn}.json", words.as_json),
    ]
    rows = "".join(
        f'<a class="cw-export" href="{escape(href)}" download>{escape(name)}</a>'
        for href, name in links
    )
    printed = (
        f'<a class="cw-export" href="answer/{turn}.html?print=1" target="_blank" rel="noopener">'
        f"{escape(words.as_print)}</a>"
    )
    copy = f'<button type="button" class="cw-copy cw-copy-all" id="copy-{turn}-all">'
    copy += f"{escape(words.copy_answer)}</button>"
    return _tag("div", "cw-actions", copy, rows, printed)


def _copy(place: str, label: str) -> str:
    return (
        f' <button type="button" class="cw-copy" id="{place}">'
        f'<span class="cw-hidden">{escape(label)}</span></button>'
    )


def _tag(name: str, class_: str, *inside: str, id_: str = "") -> str:
    named = f' id="{id_}"' if id_ else ""
    return f'<{name} class="{class_}"{named}>{"".join(inside)}</{name}>'
