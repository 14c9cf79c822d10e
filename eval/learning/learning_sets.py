"""Questions to learn from and to measure on, with what the real program finds for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from eval.questions.cases import Case, Gold
from eval.questions.gold_file import load_gold
from ingest.pipeline import ingest
from rag.candidates import Candidate, candidates_of, shares_wording
from rag.embed import Embedder
from rag.evidence import read_best, signals_of
from rag.evidence_weights import load_weights
from rag.indexes import Indexes
from rag.library import Library
from rag.reader import Read, Reader
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.signals import Question, analyse
from rag.types import Filters, Hit

__all__ = [
    "ANSWERABLE",
    "Asked",
    "Item",
    "Narrow",
    "Near",
    "ask_all",
    "five_articles",
    "found_for",
    "gather",
    "is_right",
    "items_of",
]

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
ANSWERABLE = frozenset({"text", "paraphrase"})


@dataclass(frozen=True, slots=True)
class Item:
    """A question, and how to tell a right sentence."""

    text: str
    kind: str
    """`text`, `paraphrase`, `near` or `far`."""
    case: Case | None = None


class Asked(NamedTuple):
    """A question with what the library gave for it."""

    item: Item
    question: Question
    candidates: list[Candidate]
    reads: dict[int, Read]
    signals: FloatArray
    """float32, (candidates, len(SENTENCE_SIGNALS))."""
    right: BoolArray


Near = Mapping[bool, FloatArray]
"""Weights of `NEAR_SIGNALS` for questions that share the wording of some sentence (True) and
for others."""
Narrow = Callable[[Item, Sequence[Hit]], Sequence[Hit]]
"""Which of the passages found a question is asked of."""


def items_of(gold: Gold, stories: Sequence[str] = ()) -> list[Item]:
    """The questions of a gold file; of those named by story (`b01-07-f1-near`) only some.

    Args:
        gold: the file.
        stories: the second parts of the ids that count; all where none is named.
    """

    def kind(case: Case) -> str:
        if case.abstain:
            return "far" if "far" in case.tags else "near"
        return "paraphrase" if "paraphrase" in case.tags else "text"

    cases = [c for c in gold.cases if not stories or c.id.split("-")[1] in stories]
    return [Item(case.question, kind(case), case) for case in cases]


def ask_all(
    home: Path,
    items: Sequence[Item],
    gold: Gold | None,
    reader: Reader | None,
    *,
    narrow_in: Callable[[Library], Narrow] | None = None,
    near: Near | None = None,
) -> list[Asked]:
    """Retrieve and read for every question, and mark the sentences that answer it.

    Args:
        home: the library.
        items: the questions.
        gold: where their right sentences are told; None where nothing answers them.
        reader: reads; None where nothing is to be read.
        narrow_in: makes of the library what keeps only some of the passages found.
        near: weights that choose what is read; those of the program where none are given.
    """
    most = Settings().read_windows
    asked: list[Asked] = []
    for item, question, candidates in found_for(home, items, narrow_in):
        shared = shares_wording(candidates)
        chosen_by = near[shared] if near else load_weights(shared).near
        reads = read_best(item.text, candidates, chosen_by, reader, most) if reader else {}
        right = np.array([is_right(item, c, gold) for c in candidates], dtype=bool)
        signals = signals_of(candidates, reads)
        asked.append(Asked(item, question, candidates, reads, signals, right))
    return asked


def found_for(
    home: Path,
    items: Sequence[Item],
    narrow_in: Callable[[Library], Narrow] | None = None,
) -> Iterator[tuple[Item, Question, list[Candidate]]]:
    """What the program finds in a library for each question, before anything is read.

    Args:
        home: the library.
        items: the questions.
        narrow_in: makes of the library what keeps only some of the passages found.
    """
    settings = Settings()
    with Library(home) as library:
        opened = Indexes(home, library).open()
        words = opened.words
        if words is None:
            raise RuntimeError(f"the word index of {home} could not be opened")
        narrow = narrow_in(library) if narrow_in else None
        vectors = Embedder(settings.threads).embed([item.text for item in items])
        for item, vector in zip(items, vectors, strict=True):
            question = analyse(item.text, words.frequency, words.count())
            hits: Sequence[Hit] = retrieve(
                item.text,
                vector,
                library,
                opened,
                Filters(),
                pool=settings.pool,
                dense_weight=settings.dense_weight,
                k=settings.passages if narrow is None else settings.pool,
            )
            hits = narrow(item, hits) if narrow else hits
            yield item, question, candidates_of(question, vector, hits, library)
        opened.close()


def is_right(item: Item, candidate: Candidate, gold: Gold | None) -> bool:
    """Whether a sentence answers a question, by its gold file."""
    if item.case is None or gold is None:
        return False
    source = candidate.article.source
    text = candidate.article.text[candidate.sentence.start : candidate.sentence.end]
    return any(s.names(source) and s.matches(text) for s in item.case.support)


def gather(
    gold: Sequence[Path],
    work: Path,
    reader: Reader | None,
    stories: Sequence[str] = (),
    *,
    strangers: bool = False,
    few: bool = False,
    near: Near | None = None,
) -> dict[str, list[Asked]]:
    """Ingest every set into a library of its own and ask its questions.

    Args:
        gold: gold files; each one's articles lie in the folder of its name beside it.
        work: where the libraries are made; what is there already is used again.
        reader: reads; None where nothing is to be read.
        stories: of files whose ids name stories, those that count; of others, all.
        strangers: whether the questions of the next file are asked too, which nothing there
            answers.
        few: whether each is asked only of its own story and the four others that come
            nearest, so that what is measured is choosing the sentence, not finding the story.
        near: weights that choose what is read; those of the program where none are given.
    """
    sets: dict[str, list[Asked]] = {}
    loaded = [load_gold(path) for path in gold]
    chosen = [_chosen(one, stories) for one in loaded]
    for n, here in enumerate(loaded):
        home = work / here.path.stem / "home"
        ingest(home, [here.path.with_suffix("")], Settings())
        items = chosen[n]
        if strangers and len(loaded) > 1:
            items = [*items, *_strangers(items, chosen[n + 1 :] + chosen[: n + 1])]
        narrow = _own_and_four(here) if few else None
        sets[here.path.stem] = ask_all(home, items, here, reader, narrow_in=narrow, near=near)
    return sets


def five_articles(
    hits: Sequence[Hit], is_own: Callable[[Hit], bool], others: int = 4
) -> Sequence[Hit]:
    """The passages of a question's own articles and of the others that are found first."""
    own = {h.passage.article_id for h in hits if is_own(h)}
    rest = [a for a in dict.fromkeys(h.passage.article_id for h in hits) if a not in own]
    kept = own | set(rest[:others])
    return [h for h in hits if h.passage.article_id in kept]


def _strangers(here: Sequence[Item], others: Sequence[Sequence[Item]]) -> Iterator[Item]:
    """Some questions of the next set, typed as those here are: else that would give them away."""
    searches = _are_searches(here)
    alike = [items for items in others if searches or not _are_searches(items)]
    for item in [i for i in alike[0] if i.kind != "far"][::3]:
        text = item.text.lower().removesuffix("?") if searches else item.text
        yield replace(item, text=text, kind="far", case=None)


def _are_searches(items: Sequence[Item]) -> bool:
    return sum(item.text == item.text.lower() for item in items) > len(items) / 2


def _own_and_four(gold: Gold) -> Callable[[Library], Narrow]:
    """For a file whose ids name their stories."""

    def of(library: Library) -> Narrow:
        def narrow(item: Item, hits: Sequence[Hit]) -> Sequence[Hit]:
            story = item.case.id.split("-")[1] if item.case else None

            def is_own(hit: Hit) -> bool:
                return gold.article_of(library.article(hit.passage.article_id).source) == story

            return five_articles(hits, is_own)

        return narrow

    return of


def _chosen(gold: Gold, stories: Sequence[str]) -> list[Item]:
    """Files without stories in their ids are taken whole."""
    return items_of(gold, stories) or items_of(gold)
