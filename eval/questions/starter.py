"""A gold file to begin with, written from the articles of a library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rag.errors import EmptyLibrary, SettingsError
from rag.library import Library
from rag.names import find_names
from rag.numbers import find_numbers
from rag.reading import fold, reading_text
from rag.types import Article

__all__ = ["starter", "write_starter"]

_MOST_ARTICLES = 12
_FEWEST_WORDS, _MOST_WORDS = 8, 40

_HEAD = """\
# Gold questions: what a right answer holds, and the words it rests on.
# Every field is explained in docs/eval.md. Check this file with
#     citewire eval --gold {name} --check
# and ask its questions with
#     citewire eval --gold {name}
version: 1
collection: {collection}

# Short names of articles, and the names of their files (* stands for anything).
articles:
{articles}
# Lowest values that pass, by score. Set them once you have seen the first run, a little under.
thresholds:
  quotes verbatim: 1.0
  claims carried: 1.0
  markers sound: 1.0

# Each question below was made from one sentence that stands in your articles. Rewrite it as
# a person would ask it, say what a right answer holds, and delete what you don't need.
# `accept` is any one of these: a text, a number (67 also finds "sixty-seven"), a date
# (2023-02-01), or {{text: …, aliases: […]}}, {{number: 67, unit: soldiers}}, {{date: 2023-02}},
# {{regex: …}}.
questions:
"""
_ASK = """\
- id: {id}
  question: {question}
  kind: what
  accept: [{accept}]
  support:
  - article: {article}
    quote: {quote}

"""
_REFUSE = """\
# A question that the articles do not answer, about the right people and event.
- id: not-told
  question: {question}
  kind: what
  abstain: true
  miss: near
"""


def write_starter(home: Path, path: Path) -> int:
    """Write a starter beside nothing else: a file that is there is never replaced.

    Returns:
        How many questions it holds.

    Raises:
        EmptyLibrary: there is no article to ask about.
        SettingsError: the file is there already, or can't be written.
    """
    if not Library.exists(home):
        raise EmptyLibrary(_FILL.format(home=home))
    with Library(home) as library:
        articles = list(library.articles())[-_MOST_ARTICLES:]
        leads = [(a, _lead(library, a)) for a in articles]
    kept = [(article, lead) for article, lead in leads if lead]
    if not kept:
        raise EmptyLibrary(_FILL.format(home=home))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(kept, path.name))
    except FileExistsError:
        raise SettingsError(f"{path} is there already; name another file after --init.") from None
    except OSError as exc:
        raise SettingsError(f"{path} can't be written ({exc.strerror}).") from exc
    return len(kept) + 1


def starter(leads: Sequence[tuple[Article, str]], name: str) -> str:
    """The content of a starter.

    Args:
        leads: articles, each with the sentence to ask about.
        name: the file's name.
    """
    names = [f"a{n:02}" for n in range(1, len(leads) + 1)]
    listed = "".join(
        f"  {short}: {_quoted(_pattern(article))}\n"
        for short, (article, _) in zip(names, leads, strict=True)
    )
    head = _HEAD.format(name=name, collection=_quoted(Path(name).stem), articles=listed)
    asked = [
        _ASK.format(
            id=f"{short}-lead",
            question=_quoted(_asking(article, lead)),
            accept=_quoted(_telling(lead)),
            article=short,
            quote=_quoted(lead),
        )
        for short, (article, lead) in zip(names, leads, strict=True)
    ]
    refused = _REFUSE.format(
        question=_quoted(f"What did the events of “{_title(leads[0][0])}” cost the taxpayer?")
    )
    return head + "".join(asked) + refused


def _lead(library: Library, article: Article) -> str | None:
    """The first sentence of a length that says something."""
    for passage in library.passages(library.passage_ids(article.id)).values():
        for sentence in passage.sentences:
            text = " ".join(article.text[sentence.start : sentence.end].split())
            whole = reading_text(article, sentence.start, sentence.end) == fold(text)
            if whole and _FEWEST_WORDS <= len(text.split()) <= _MOST_WORDS:
                return text
    return None


def _asking(article: Article, lead: str) -> str:
    if article.title:
        return f"What does “{fold(article.title)}” report?"
    return f"What is told by the sentence “{' '.join(lead.split()[:9])} …”?"


def _telling(sentence: str) -> str:
    """What an answer from this sentence would hold: a name, a number, else its first words."""
    # A single name is often only a nationality.
    if names := [n.text for n in find_names(sentence) if " " in n.text]:
        return max(names, key=len)
    if numbers := find_numbers(sentence):
        return sentence[numbers[0].start : numbers[0].end]
    return " ".join(sentence.split()[:4]).strip(".,;:“”\"'")


def _title(article: Article) -> str:
    return fold(article.title) if article.title else Path(article.source).stem


def _pattern(article: Article) -> str:
    """The file's name as a pattern that means only itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in Path(article.source).name)


def _quoted(text: str) -> str:
    # JSON's strings are YAML's too, whatever the text holds.
    return json.dumps(text, ensure_ascii=False)


_FILL = "The library in {home} has no articles to ask about; fill it with `citewire ingest FOLDER`."
