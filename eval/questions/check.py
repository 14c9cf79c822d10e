"""Holding a gold file against the articles it names, without asking anything."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from eval.questions.answers import Words, all_held
from eval.questions.cases import Gold, Support
from ingest.article import parse
from ingest.files import find_files
from ingest.formats.part import BadPart, ReadOptions
from ingest.read import read
from ingest.split import sentences_of, with_sentence_furniture
from rag.errors import RejectedFile
from rag.library import Library
from rag.reading import reading_text
from rag.settings import Settings

__all__ = ["Readable", "sentences_in_folder", "sentences_in_library", "unfounded"]


class Readable(NamedTuple):
    """An article's file, its text, and its sentences as they read."""

    source: str
    published: date | None
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
        where = f"{case.place or gold.path}: question {case.id!r}"
        words: list[Words] = []
        for support in case.support:
            named = [a for a in shelf if support.names(a.source)]
            found = [Words(s, a.published) for a in named for s in _found(support, a)]
            words += found
            if not named:
                problems.append(f"{where}, support: no article's file is called {support.files}")
            elif not found:
                what = repr(support.quote) if support.quote else _patterns(support)
                problems.append(f"{where}, support: no sentence of {support.article!r} has {what}")
            elif case.as_of and not any(_published_by(case.as_of, a) for a in named):
                problems.append(
                    f"{where}, support: {support.article!r} is undated or later than {case.as_of}"
                )
        if case.accept and words and not all_held(case.accept, words):
            notes.append(f"{where}, accept: the sentences of its support do not hold it")
    return list(dict.fromkeys(problems)), notes


def sentences_in_library(home: Path) -> list[Readable]:
    """The articles of a library."""
    with Library(home) as library:
        found: list[Readable] = []
        for article in library.articles():
            passages = library.passages(library.passage_ids(article.id)).values()
            spans = {s.id: s for passage in passages for s in passage.sentences}.values()
            texts = tuple(reading_text(article, s.start, s.end) for s in spans)
            found.append(Readable(article.source, article.published, texts))
        return found


def sentences_in_folder(folder: Path, settings: Settings) -> list[Readable]:
    """The articles of a folder, read as ingestion reads them; nothing is stored."""
    found: list[Readable] = []
    options = ReadOptions(settings.max_file_mb)
    for file in find_files([folder]):
        with suppress(RejectedFile):
            for source, _ in read(file, options):
                if isinstance(source, BadPart):
                    continue
                article = parse(source)
                article = replace(article, skipped=with_sentence_furniture(article))
                texts = tuple(reading_text(article, s.start, s.end) for s in sentences_of(article))
                found.append(Readable(article.source, article.published, texts))
    return found


def _found(support: Support, article: Readable) -> list[str]:
    """The sentences that a row means: all of them, where it names the article only."""
    if support.quote is None and not support.sentence:
        return list(article.sentences)
    # Words of a headline or a caption are in the text, but are never quoted.
    found = [s for s in article.sentences if support.matches(s)]
    return found or [p for p in _pairs(article.sentences) if support.matches(p)]


def _published_by(day: date, article: Readable) -> bool:
    return article.published is not None and article.published <= day


def _pairs(sentences: tuple[str, ...]) -> list[str]:
    """Neighbours together: a quotation may reach over two."""
    return [f"{a} {b}" for a, b in pairwise(sentences)]


def _patterns(support: Support) -> str:
    return " and ".join(f"/{p.pattern}/" for p in support.sentence)
