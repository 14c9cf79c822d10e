"""Holding a gold file against the articles it names, without asking anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from eval.questions.cases import Gold, Support
from ingest.article import parse
from ingest.read import find_files, read
from ingest.split import sentences_of, with_sentence_furniture
from rag.errors import RejectedFile
from rag.library import Library
from rag.reading import reading_text
from rag.settings import Settings

__all__ = ["Readable", "sentences_in_folder", "sentences_in_library", "unfounded"]


class Readable(NamedTuple):
    """An article's file, its text, and its sentences as they read."""

    source: str
    text: str
    sentences: tuple[str, ...]


def unfounded(gold: Gold, articles: Iterable[Readable]) -> tuple[list[str], list[str]]:
    """Support that the articles do not have, and names that mean several; one line each."""
    shelf = list(articles)
    problems: list[str] = []
    notes = [
        f"articles, {facts.name}: {facts.files} is the file of {count} articles"
        for facts in gold.articles
        if (count := sum(fnmatch(Path(a.source).name, facts.files) for a in shelf)) > 1
    ]
    for case in gold.cases:
        for support in case.support:
            named = [a for a in shelf if support.names(a.source)]
            if not named:
                problems.append(
                    f"question {case.id!r}, support: no article's file is called {support.files}"
                )
            elif not any(_found(support, a) for a in named):
                what = repr(support.quote) if support.quote else _patterns(support)
                problems.append(
                    f"question {case.id!r}, support: no sentence of {support.article!r} has {what}"
                )
    return list(dict.fromkeys(problems)), notes


def sentences_in_library(home: Path) -> list[Readable]:
    """The articles of a library."""
    with Library(home) as library:
        found: list[Readable] = []
        for article in library.articles():
            passages = library.passages(library.passage_ids(article.id)).values()
            spans = {s.id: s for passage in passages for s in passage.sentences}.values()
            texts = tuple(reading_text(article, s.start, s.end) for s in spans)
            found.append(Readable(article.source, article.text, texts))
        return found


def sentences_in_folder(folder: Path, settings: Settings) -> list[Readable]:
    """The articles of a folder, read as ingestion reads them; nothing is stored."""
    found: list[Readable] = []
    for file in find_files([folder]):
        try:
            article = parse(read(file, settings.max_file_mb, None, named=False))
        except RejectedFile:
            continue
        article = replace(article, skipped=with_sentence_furniture(article))
        texts = tuple(reading_text(article, s.start, s.end) for s in sentences_of(article))
        found.append(Readable(article.source, article.text, texts))
    return found


def _found(support: Support, article: Readable) -> bool:
    if support.quote is None and not support.sentence:
        return True
    # Words of a headline or a caption are in the text, but are never quoted.
    return any(support.matches(s) for s in (*article.sentences, *_pairs(article.sentences)))


def _pairs(sentences: tuple[str, ...]) -> list[str]:
    """Neighbours together: a quotation may reach over two."""
    return [f"{a} {b}" for a, b in pairwise(sentences)]


def _patterns(support: Support) -> str:
    return " and ".join(f"/{p.pattern}/" for p in support.sentence)
