"""An answer on the terminal: what is claimed, the words it rests on, and who wrote it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from rag.reading import fold
from rag.types import NOT_CARRIED, Answer, Citation, Claim
from rag.write import introduce
from ui.render import printable

__all__ = ["print_answer", "print_said", "print_understood", "print_withdrawn"]


def print_understood(question: str, console: Console) -> None:
    """How a follow-up was put."""
    console.print()
    console.print(Text(f"Understood as: {printable(question)}", style="italic"))


def print_said(claim: Claim, console: Console, *, first: bool) -> None:
    """A sentence of a model, as soon as it is checked."""
    if first:
        console.print()
    line = Text(printable(claim.text))
    if claim.citations:
        line.append(" " + "".join(f"[{n}]" for n in claim.citations), style="bold cyan")
    else:
        line.append(f" ({NOT_CARRIED})", style="bold red")
    console.print(Padding(line, (0, 0, 0, 2)))


def print_withdrawn(console: Console) -> None:
    """That what stands there is no part of the answer."""
    console.print()
    thought = "What stands above was the model thinking aloud; its answer follows."
    console.print(Text(thought, style="yellow"))


def print_answer(answer: Answer, console: Console, *, said: bool = False) -> None:
    """The answer, each quotation under its outlet and date, then the sources.

    Args:
        answer: the answer.
        console: where to.
        said: whether a model's sentences stand there already.
    """
    by_model = answer.status == "answered" and answer.writer == "model"
    if by_model and not said:
        for n, claim in enumerate(answer.claims):
            print_said(claim, console, first=n == 0)
    console.print()
    if said and not by_model:
        failed = "What stands above is a part of an answer that failed; do not rely on it."
        console.print(Text(failed, style="bold red"))
    for note in answer.notes:
        console.print(Text(printable(note), style="yellow"))
        console.print()
    if answer.status == "not_found":
        console.print(Text(answer.reason or "The articles do not say.", style="bold"))
        if answer.nearest:
            console.print("\nThe nearest sentences, which do not answer it:\n")
    for citation in answer.citations or answer.nearest:
        _print_quote(citation, console, numbered=bool(answer.citations))
    _print_sources(answer, console)
    _print_writer(answer, console)
    console.print()


def _print_sources(answer: Answer, console: Console) -> None:
    shown = answer.citations or answer.nearest
    if shown:
        console.print(Text("Sources", style="bold"))
    for cited in _by_article(shown):
        number = "".join(f"[{c.n}]" for c in cited) + " " if answer.citations else "- "
        lead = Text(number)
        if cited[0].title:
            title = Text(f"{number}{fold(cited[0].title)}. ")
            console.print(Padding(title, (0, 0, 0, 2)))
            lead = Text(" " * len(number))
        for c in cited:
            place = f"{printable(c.source)}:{c.start}-{c.end}  {c.article_id}"
            # Not wrapped: a path cut in two can't be clicked or copied.
            console.print(Text("  ") + lead + Text(place, style="dim"), soft_wrap=True)
            lead = Text(" " * len(number))


def _print_writer(answer: Answer, console: Console) -> None:
    """Who wrote it, what that took, and what was left out."""
    if not answer.model:
        return
    read, wrote_ = (answer.usage.get(f"{kind}_tokens", 0) for kind in ("prompt", "completion"))
    took = [f"{read} tokens read, {wrote_} written"] if read or wrote_ else []
    if answer.cached:
        took = ["kept from before; nothing was sent"]
    elif answer.cost_usd is not None:
        took.append(f"{answer.cost_usd:.4f} US dollars")
    wrote = "Written by" if answer.writer == "model" else "Asked:"
    console.print()
    cost = f" ({', '.join(took)})" if took else ""
    console.print(Text(f"{wrote} {printable(answer.model)}{cost}.", style="dim"))
    for dropped in answer.dropped:
        lacks = ", ".join(dropped.lacks)
        line = f"Left out: “{dropped.text}” The articles do not carry {lacks}."
        console.print(Text(printable(line), style="dim"))


def _by_article(citations: Iterable[Citation]) -> Iterable[list[Citation]]:
    """Those of one article together, in the order of each one's first."""
    found: dict[str, list[Citation]] = {}
    for citation in citations:
        found.setdefault(citation.article_id, []).append(citation)
    return found.values()


def _print_quote(citation: Citation, console: Console, numbered: bool) -> None:
    told = introduce(citation.outlet, citation.published, citation.source)
    head = Text(printable(told), style="bold cyan")
    if numbered:
        head.append(f" [{citation.n}]", style="default")
    console.print(Padding(head, (0, 0, 0, 2)))
    text = Text(f"“{fold(citation.quote)}”", style="default" if numbered else "dim")
    if numbered and (answer := _answer_in(citation)):
        text.stylize("bold", answer[0] + 1, answer[1] + 1)
    console.print(Padding(text, (0, 0, 1, 4)))


def _answer_in(citation: Citation) -> tuple[int, int] | None:
    """Where the short answer is in the quotation as it is printed."""
    if citation.answer_start is None or citation.answer_end is None:
        return None
    at = citation.answer_start - citation.start
    words = fold(citation.quote[at : citation.answer_end - citation.start])
    # White space before it may have been folded: look no further on than where it stood.
    start = fold(citation.quote).rfind(words, 0, at + len(words))
    return (start, start + len(words)) if words and start >= 0 else None
