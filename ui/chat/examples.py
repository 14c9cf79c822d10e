"""Questions to begin with, made from what the library holds, each of which it answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, zip_longest

from rag.engine import Engine
from rag.name_words import CANONICAL, COMMON
from rag.names import find_names
from rag.ordinary_words import is_ordinary
from rag.reading import fold
from rag.types import Article

__all__ = ["examples_of"]

_TRIED = 12
_SURE = 0.6
"""Least confidence of the answer to a question that is shown as an example."""
_ROLE = (
    r"(?:president|prime minister|minister|chief|head|leader|secretary|ambassador|envoy|advis[eo]r"
    r"|spokes(?:man|woman|person)|director|founder|chair\w*|mayor|general|coordinator|editor"
    r"|professor|judge|author|analyst|captain|manager|owner)"
)


def examples_of(engine: Engine, articles: Sequence[Article], most: int = 4) -> list[str]:
    """Questions about people whom the articles introduce, and about what they said.

    Args:
        engine: answers by quotation.
        articles: of its library.
        most: how many.
    """
    found: list[str] = []
    for tried, (question, shows) in enumerate(_candidates(articles)):
        if tried == _TRIED or len(found) == most:
            break
        answer = engine.ask(question)
        if answer.confidence >= _SURE and any(shows(fold(c.quote)) for c in answer.citations[:1]):
            found.append(question)
    return found


def _candidates(articles: Sequence[Article]) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """Questions, with what tells whether a quotation answers them; whom most name come first."""
    spread: Counter[str] = Counter()
    introduced: set[str] = set()
    speaking: set[str] = set()
    for article in articles:
        text = fold(article.text)
        names = {name.text for name in find_names(text) if _is_person(name.text)}
        spread.update(names)
        introduced |= {name for name in names if _is_introduced(name, text)}
        speaking |= {name for name in names if _speaks(name, text)}
    order = sorted(spread, key=lambda name: (-spread[name], name))
    who = [(f"Who is {n}?", partial(_is_introduced, n)) for n in order if n in introduced]
    said = [(f"What did {n} say?", partial(_speaks, n)) for n in order if n in speaking]
    yield from (pair for pair in chain.from_iterable(zip_longest(who, said)) if pair)


def _is_person(name: str) -> bool:
    """Whether it may be a person's whole name: two or three words that mean nothing else."""
    words = name.split()
    plain = [word.lower() for word in words]
    return (
        len(words) in (2, 3)
        and all(word[0].isupper() for word in words)
        and not any(word in COMMON or is_ordinary(word) for word in plain)
        and tuple(plain) not in CANONICAL
    )


def _is_introduced(name: str, text: str) -> bool:
    """Whether the text says who it is, right before the name or right after it."""
    exact = re.escape(name)
    after = rf"{exact}, (?:the |an? |\w+['’]s )?(?:[\w-]+ ){{0,4}}{_ROLE}\b"
    before = rf"(?i:\b{_ROLE}) {exact}\b"
    return bool(re.search(f"{after}|{before}", text))


def _speaks(name: str, text: str) -> bool:
    return bool(re.search(rf"\b{re.escape(name)} (?:said|told|warned|called|denied)\b", text))
