"""Questions to learn from, with what the real program retrieves for them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from eval.questions.cases import Case, Gold
from eval.questions.gold_file import load_gold
from ingest.pipeline import ingest
from rag.embed import Embedder
from rag.evidence import Candidate, Wording, candidates_of, shares_wording
from rag.indexes import Indexes
from rag.library import Library
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.signals import Question, analyse
from rag.types import Filters

__all__ = ["Asked", "Item", "gather"]

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
_SEED = 7


@dataclass(frozen=True, slots=True)
class Item:
    """A question, and how to tell a right sentence."""

    text: str
    kind: str
    """`text`, `paraphrase`, `near` or `far`."""
    case: Case | None = None
    answers: tuple[str, ...] = ()
    context: str = ""
    """SQuAD: the paragraph that holds the answer."""


class Asked(NamedTuple):
    """A question with what the library gave for it."""

    item: Item
    question: Question
    candidates: list[Candidate]
    signals: FloatArray
    """float32, (candidates, len(SENTENCE_SIGNALS))."""
    right: BoolArray
    wording: Wording


def read_squad(path: Path, folder: Path, most: int) -> list[Item]:
    """Write a file's articles into the folder; return at most so many of its questions."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        data: list[dict[str, Any]] = json.load(file)["data"]
    folder.mkdir(parents=True, exist_ok=True)
    items: list[Item] = []
    for n, entry in enumerate(data):
        title = entry.get("title", "").replace("_", " ")
        paragraphs = [(" ".join(p["context"].split()), p["qas"]) for p in entry["paragraphs"]]
        # Long entries become several articles of about a news story's length.
        for at in range(0, len(paragraphs), 8):
            text = "\n\n".join(context for context, _ in paragraphs[at : at + 8])
            (folder / f"{n:03}-{at:03}.txt").write_text(f"Title: {title}\n\n{text}\n")
        items += [
            Item(
                " ".join(qa["question"].split()),
                "text",
                answers=tuple({" ".join(a["text"].split()) for a in qa["answers"]}),
                context=context,
            )
            for context, qas in paragraphs
            for qa in qas
            if qa["answers"] and not qa.get("is_impossible")
        ]
    rng = np.random.default_rng(_SEED)
    return [items[i] for i in sorted(rng.permutation(len(items))[:most])]


def read_gold(gold: Gold) -> list[Item]:
    """The questions of a gold file."""

    def kind(case: Case) -> str:
        if case.abstain:
            return "far" if "far" in case.tags else "near"
        return "paraphrase" if "paraphrase" in case.tags else "text"

    return [Item(case.question, kind(case), case) for case in gold.cases]


def ask_all(home: Path, items: Sequence[Item], gold: Gold | None) -> list[Asked]:
    """Retrieve for every question and mark the sentences that answer it."""
    settings = Settings()
    asked: list[Asked] = []
    with Library(home) as library:
        opened = Indexes(home, library).open()
        if opened.words is None:
            raise RuntimeError(f"the word index of {home} could not be opened")
        passages = library.counts().passages
        vectors = Embedder(settings.threads).embed([item.text for item in items])
        for item, vector in zip(items, vectors, strict=True):
            question = analyse(item.text, opened.words.frequency, passages)
            hits = retrieve(
                item.text,
                vector,
                library,
                opened,
                Filters(),
                pool=settings.pool,
                dense_weight=settings.dense_weight,
                k=settings.passages,
            )
            candidates = candidates_of(question, vector, hits, library)
            right = np.array([_is_right(item, c, gold) for c in candidates], dtype=bool)
            signals = np.stack([c.signals for c in candidates])
            wording: Wording = "shared" if shares_wording(signals) else "other"
            asked.append(Asked(item, question, candidates, signals, right, wording))
        opened.close()
    return asked


def _is_right(item: Item, candidate: Candidate, gold: Gold | None) -> bool:
    text = candidate.article.text[candidate.sentence.start : candidate.sentence.end]
    if item.case is None or gold is None:
        return text in item.context and any(answer in text for answer in item.answers)
    name = gold.article_of(candidate.article.source)
    return any(s.article == name and s.matches(text) for s in item.case.support)


def gather(
    squad: Sequence[Path], gold: Sequence[Path], most: int, work: Path
) -> dict[str, list[Asked]]:
    """Ingest every set into a library of its own and ask its questions.

    Args:
        squad: files in SQuAD format.
        gold: gold files; each one's articles lie in the folder of its name beside it.
        most: most questions of a SQuAD file.
        work: where the libraries are made; what is there already is used again.
    """
    sets: dict[str, list[Asked]] = {}
    for path in squad:
        folder = work / path.name.split(".")[0]
        items = read_squad(path, folder / "articles", most)
        ingest(folder / "home", [folder / "articles"], Settings())
        sets[path.name] = ask_all(folder / "home", items, None)
    loaded = [load_gold(path) for path in gold]
    for n, here in enumerate(loaded):
        home = work / here.path.stem / "home"
        ingest(home, [here.path.with_suffix("")], Settings())
        items = read_gold(here)
        if len(loaded) > 1:
            elsewhere = read_gold(loaded[(n + 1) % len(loaded)])
            items += [Item(item.text, "far") for item in elsewhere if item.kind != "far"]
        sets[here.path.stem] = ask_all(home, items, here)
    return sets
