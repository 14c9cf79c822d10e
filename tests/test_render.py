from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from rag.types import Citation
from tests.eval_factory import answer, cite, quoted
from tests.eval_factory import article as made_article
from ui.render import print_answer

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
