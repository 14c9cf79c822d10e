"""A library of invented articles with random vectors: large at once, for want of embedding."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from rag.library import ArticleVectors, Library, sentence_id
from rag.types import Article, Passage, Sentence

__all__ = ["fill"]

_WORDS = (
    "harbour council ferry bridge market mayor strike vote storm flood tunnel school budget union"
    " court prison border harvest factory museum railway airport hospital river island festival"
).split()


def fill(home: Path, articles: int, passages: int = 10, first: int = 0) -> None:
    """Store articles in the home's library, each with so many passages of four sentences."""
    random = np.random.default_rng(first)
    with Library(home) as library:
        for n in range(first, first + articles):
            library.put(*_article(n, passages, random), "invented")


def _article(n: int, passages: int, random: np.random.Generator) -> tuple[Article, ArticleVectors]:
    lines = [
        " ".join([f"Sentence{n}x{at}", *random.choice(_WORDS, 30)]) + "."
        for at in range(passages * 4)
    ]
    text = "\n".join(lines)
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    article = Article(
        id=f"a{content_hash[:10]}",
        source=f"/invented/{n}.txt",
        text=text,
        title=f"Invented article {n}",
        outlet=("The Harbour Post", "Coast Weekly", None)[n % 3],
        published=None,
        byline=None,
        url=None,
        skipped=(),
        content_hash=content_hash,
    )
    sentences, at = [], 0
    for i, line in enumerate(lines):
        sentences.append(Sentence(sentence_id(article.id, content_hash, i), at, at + len(line)))
        at += len(line) + 1
    parts = [
        Passage(
            f"{article.id}.{content_hash[:8]}.p{i}",
            article.id,
            sentences[4 * i].start,
            sentences[4 * i + 3].end,
            tuple(sentences[4 * i : 4 * i + 4]),
        )
        for i in range(passages)
    ]
    alone, of_passages = (_unit(random, rows) for rows in (len(sentences), passages))
    return article, ArticleVectors(sentences, alone, alone, parts, of_passages)


def _unit(
    random: np.random.Generator, rows: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    vectors = random.normal(size=(rows, 384)).astype(np.float32)
    unit: np.ndarray[tuple[int, int], np.dtype[np.float32]] = vectors / np.linalg.norm(
        vectors, axis=1, keepdims=True
    )
    return unit
