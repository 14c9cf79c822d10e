"""Answers as Markdown, in which nothing that an article or a model says is markup.

Every character that CommonMark or a usual extension of it reads as markup is escaped, so each
renderer shows the words themselves. No file holds a link: where a name looks like an address,
it is escaped too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import category

from rag.types import NOT_CARRIED, Answer, Dropped
from ui.export_transcript import Difference, Published, Quoted, Said, Told, transcript_of
from ui.export_words import Quotation, isolated, isolates

__all__ = ["as_markdown"]

_MARKUP = re.compile(
    r"[\\`*_\[\]<~|$^#{}@]"  # `~|$^{}` and `@` mean something to one extension or another
    r"|==|&(?=[#\w])"
    r"|(?<=\w)\.(?=[^\W\d_]{2})|:(?=/)|(?<=/)/"  # what an address is told by
)
_AT_START = re.compile(r"(\d{1,9})(?=[.)])|(?=[!-/:-@\[-`{-~])")
"""What makes a list, a heading or a rule of a line that it stands at the start of."""


def as_markdown(answers: Sequence[Answer], title: str) -> str:
    """The answers as a Markdown document, their sources once at its end.

    What overrides a direction is taken out of the texts, and right-to-left text is set between
    isolates (U+2068, U+2069).

    Args:
        answers: in the order they were given.
        title: heads the document.
    """
    transcript = transcript_of(answers, title)
    blocks = [f"# {_text(transcript.title)}"]
    level = "##" if transcript.alone else "###"
    for told in transcript.answers:
        if not transcript.alone:
            blocks.append(f"## {_text(told.question)}")
        blocks += _blocks(told, level)
    if not transcript.answers:
        blocks.append("There are no answers yet.")
    if transcript.sources:
        blocks += ["## Sources", "\n".join(_sources(transcript.sources))]
    blocks += [
        "---",
        "Exported with Citewire. Quotations are cut from the articles as they were read.",
    ]
    return "\n\n".join(blocks) + "\n"


def _blocks(told: Told, level: str) -> Iterator[str]:
    if told.understood:
        yield f"**Understood as:** {_text(told.understood)}"
    if told.as_of:
        yield f"**As of {told.as_of}:** only what was published by that day counts."
    for note in told.notes:
        yield f"**Note:** {_text(note)}"
    if told.reason:
        yield f"{_strong('', _text(told.reason), '')}"
    for said in told.said:
        yield from _claim(said)
    for difference in told.differences:
        yield f"{level} The sources differ: {_text(difference.topic)}"
        yield "\n".join(_sides(difference))
    if told.nearest:
        yield f"{level} The nearest sentences, which do not answer it"
        yield "\n".join(
            f"- {_whence(q.article)}: {_quote(q.quotation.words)}" for q in told.nearest
        )
    if told.left_out:
        yield f"{level} Left out"
        yield "\n".join(_left_out(dropped) for dropped in told.left_out)
    if told.written:
        yield _text(told.written)


def _claim(said: Said) -> Iterator[str]:
    if said.quoted is None:
        yield f"{_text(said.text)}{_marks(said.numbers)}"
        return
    article = said.quoted.article
    lead = f"{_inside(article.outlet)}, {article.day}"
    yield f"{_strong('', _started(lead), '')}{_marks(said.numbers)}"
    yield f"> {_marked(said.quoted.quotation)}"


def _sides(difference: Difference) -> Iterator[str]:
    for side in difference.sides:
        who = "; ".join(f"{_inside(a.outlet)}, {a.day}" for a in side.articles)
        lead = f"{_strong('', _started(who) + ':', ' ')} " if who else ""
        yield f"- {lead}{_text(side.statement)}{_marks(side.numbers)}"


def _left_out(dropped: Dropped) -> str:
    lacks = f" The articles do not carry {_inside(', '.join(dropped.lacks))}."
    return f"- {_quote(dropped.text)}{lacks if dropped.lacks else ''}"


def _sources(sources: Iterable[tuple[Published, Sequence[Quoted]]]) -> Iterator[str]:
    for article, quoted in sources:
        whence = f"{_inside(article.outlet)}, {article.day}"
        names = (
            article.title and _inside(article.title),
            whence,
            article.file and _inside(article.file),
        )
        first, *others = (name for name in names if name)
        yield " · ".join((f"- {_strong('', _started(first), ' ')}", *others))
        for one in quoted:
            yield f"  - [{one.n}] {_marked(one.quotation)} (characters {one.start}–{one.end})"


def _whence(article: Published) -> str:
    return f"{_text(article.outlet)}, {article.day}"


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f" [{n}]" for n in numbers) or f" ({NOT_CARRIED})"


def _quote(words: str) -> str:
    return f"“{_inside(words)}”"


def _marked(quotation: Quotation) -> str:
    """The quotation in its marks, the short answer in bold where that can be done."""
    if not quotation.short:
        return _quote(quotation.words)
    before, short, after = map(_escaped, quotation)
    first, last = isolates(quotation.words)
    opening, closing = f"“{first}{before}", f"{after}{last}”"
    bold = _strong(opening, short, closing)
    # Pieces that nothing parts are escaped as one: `&` and `lt;` are harmless only apart.
    return _quote(quotation.words) if bold == short else f"{opening}{bold}{closing}"


def _strong(before: str, text: str, after: str) -> str:
    """The text in bold, or plain where its neighbours would keep `**` from being read as such.

    That is so where a word touches a mark (`x**(y)**`), as it often does where no blanks part
    words. A symbol counts as punctuation in some versions of CommonMark and not in others, so
    here it counts as whatever is worse.
    """
    opens = _is_word(text[0]) or not before or _is_apart(before[-1])
    closes = _is_word(text[-1]) or not after or _is_apart(after[0])
    return f"**{text}**" if opens and closes else text


def _is_word(character: str) -> bool:
    return category(character)[0] not in "PSZ"


def _is_apart(character: str) -> bool:
    return category(character)[0] in "PZ"


def _text(text: str) -> str:
    """Text as a paragraph or an item may begin with it."""
    return isolated(_started(_escaped(text)))


def _inside(text: str) -> str:
    """Text that something of ours stands before."""
    return isolated(_escaped(text))


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda found: "".join(f"\\{c}" for c in found[0]), text)


def _started(escaped: str) -> str:
    found = _AT_START.match(escaped)
    if found is None or escaped.startswith("\\"):
        return escaped
    return f"{found[0]}\\{escaped[found.end() :]}"
