from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from rag.types import Citation
from tests.eval_factory import answer, cite, quoted
from tests.eval_factory import article as made_article
from ui.render_answer import print_answer

WORDS = "It was Ilya   Brandt, and *Brandt* alone, whom the master\nof the harbour named."


def bold(citation: Citation) -> list[str]:
    """The stretches of the printed quotation that are in bold."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=200)
    print_answer(answer([quoted(citation)], [citation]), console)
    quotation = next(line for line in out.getvalue().splitlines() if "“" in line)
    return re.findall(r"\x1b\[1(?:;\d+)*m(.*?)\x1b\[0m", quotation)


def citing(short: str | None, nth: int = 0) -> Citation:
    of = made_article(WORDS)
    start = -1
    for _ in range(nth + 1):
        start = WORDS.index(short, start + 1) if short else -1
    whole = replace(
        cite(1, 0, made_article()), quote=WORDS, start=0, end=len(WORDS), article_id=of.id
    )
    if not short:
        return whole
    return replace(whole, answer_start=start, answer_end=start + len(short))


@pytest.mark.parametrize(
    ("short", "nth", "shown"),
    [
        ("Ilya   Brandt", 0, "Ilya Brandt"),
        ("the master\nof the harbour", 0, "the master of the harbour"),
        ("It", 0, "It"),
        ("named.", 0, "named."),
    ],
)
def test_the_short_answer_is_bold_in_the_terminal(short: str, nth: int, shown: str) -> None:
    assert bold(citing(short, nth)) == [shown]


def test_without_a_short_answer_nothing_is_bold() -> None:
    assert bold(citing(None)) == []


def test_an_article_is_named_once_among_the_sources() -> None:
    whole = citing(None)
    other = replace(whole, n=2, article_id="a9876543210", title="Another", source="/news/b.txt")
    again = replace(whole, n=3, start=7, quote=WORDS[7:])
    out = io.StringIO()
    cited = [replace(whole, title="Ferry"), other, replace(again, title="Ferry")]
    print_answer(answer([quoted(c) for c in cited], cited), Console(file=out, width=200))
    sources = [line.strip() for line in out.getvalue().split("Sources")[1].splitlines() if line]
    assert [line.rsplit("  ", 1)[0] for line in sources] == [
        "[1][3] Ferry.",
        f"{whole.source}:0-{len(WORDS)}",
        f"{whole.source}:7-{len(WORDS)}",
        "[2] Another.",
        f"/news/b.txt:0-{len(WORDS)}",
    ]
