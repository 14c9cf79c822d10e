"""Questions with the sentences that answer them, read out of public sets and our own.

Each reader gives `Labelled` rows. Our own sets are read as the program reads articles; of the
public ones, a paragraph is one stretch of text.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from eval.questions.answers import Quantity, Text
from eval.questions.cases import Case
from eval.questions.gold_file import load_gold
from ingest.article import parse
from ingest.files import find_files
from ingest.read import read_one
from ingest.sentences import sentence_spans
from ingest.split import sentences_of, with_sentence_furniture
from rag.numbers import find_numbers
from rag.reader_input import title_line
from rag.reading import fold, reading_text

__all__ = [
    "Labelled",
    "Stretch",
    "read_gold",
    "read_qamr",
    "read_qed",
    "read_question_pairs",
    "read_selqa",
    "read_squad",
]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sentences that stand one after the other, with what they are part of."""

    sentences: tuple[str, ...]
    title: str = ""
    group: str = ""
    """Stretches of the same group are of one article or topic."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question, a stretch of text, and where in it the answer is."""

    question: str
    stretch: Stretch
    right: tuple[int, ...] = ()
    """The sentences that answer; empty where none does."""
    answer: tuple[int, int, int] | None = None
    """Sentence, first and last character (exclusive) of the short answer, where known."""
    kind: str = "text"
    """`text`, `paraphrase` or `near`; `far` for another topic."""
    source: str = ""
    """The set it is from."""


def read_squad(path: Path) -> Iterator[Labelled]:
    """A file in SQuAD's format; the questions it marks as unanswerable are `near`."""
    for entry in _json(path)["data"]:
        title = str(entry.get("title", "")).replace("_", " ")
        for paragraph in entry["paragraphs"]:
            context = paragraph["context"]
            spans = sentence_spans(context)
            stretch = Stretch(
                tuple(fold(context[a:b]) for a, b in spans),
                title,
                f"{path.name}:{title}",
            )
            for qa in paragraph["qas"]:
                question = fold(qa["question"])
                if qa.get("is_impossible"):
                    yield Labelled(question, stretch, kind="near", source=path.name)
                    continue
                found = [
                    (n, answer["answer_start"], answer["text"])
                    for answer in qa["answers"]
                    for n, (a, b) in enumerate(spans)
                    if a <= answer["answer_start"] < b
                ]
                if not found:
                    continue
                n, _, text = found[0]
                yield Labelled(
                    question,
                    stretch,
                    tuple(sorted({i for i, _, _ in found})),
                    _place(n, text, stretch.sentences[n]),
                    source=path.name,
                )


def read_qed(path: Path) -> Iterator[Labelled]:
    """QED: natural questions with a paragraph and its answers."""
    for row in map(json.loads, _lines(path)):
        text, starts = row["paragraph_text"], [*row["sentence_starts"], len(row["paragraph_text"])]
        sentences = tuple(_unspaced(text[a:b]) for a, b in pairwise(starts))
        stretch = Stretch(sentences, row["title_text"], f"qed:{row['title_text']}")
        answers = [a for answer in row["original_nq_answers"] for a in answer]
        found = [
            (n, _unspaced(a["string"]))
            for a in answers
            for n in range(len(sentences))
            if starts[n] <= a["start"] < starts[n + 1]
        ]
        if found:
            n, words = found[0]
            yield Labelled(
                row["question_text"],
                stretch,
                tuple(sorted({i for i, _ in found})),
                _place(n, words, sentences[n]),
                source="qed",
            )


def read_selqa(path: Path) -> Iterator[Labelled]:
    """SelQA: a section of an encyclopedia's article and the sentences that answer."""
    for row in _json(path):
        stretch = Stretch(
            tuple(_unspaced(s) for s in row["candidates"]),
            f"{row['article']}. {row['section']}",
            f"selqa:{row['article']}",
        )
        yield Labelled(
            row["question"],
            stretch,
            tuple(row["answers"]),
            kind="paraphrase" if row["is_paraphrase"] else "text",
            source="selqa",
        )


def read_qamr(path: Path) -> Iterator[Labelled]:
    """QAMR: questions on single sentences, with the words that answer."""
    documents: dict[str, list[tuple[str, list[tuple[str, str]]]]] = {}
    for block in "".join(_lines(path)).split("\n\n"):
        head, sentence, *rows = [*block.strip("\n").split("\n"), ""]
        if not head.startswith("#"):
            continue
        cells = [re.split(r"\s{2,}|\t", row.strip()) for row in rows if row.strip()]
        document = ":".join(head.split(":")[:3])
        documents.setdefault(document, []).append(
            (sentence, [(p[0], p[1].strip()) for p in cells if len(p) > 1])
        )
    for document, found in documents.items():
        for at in range(0, len(found), 6):
            part = found[at : at + 6]
            stretch = Stretch(tuple(s for s, _ in part), "", document)
            for n, (sentence, pairs) in enumerate(part):
                for question, answer in pairs:
                    yield Labelled(
                        question, stretch, (n,), _place(n, answer, sentence), source="qamr"
                    )


def read_question_pairs(source: Path, target: Path) -> Iterator[Labelled]:
    """Two files of lines: sentences in the order of their texts, and a question on each."""
    rows = list(zip(_lines(source), _lines(target), strict=True))
    grouped = [
        (_unspaced(sentence), [_unspaced(q) for _, q in pairs])
        for sentence, pairs in groupby(rows, key=lambda row: row[0])
    ]
    for at in range(0, len(grouped), 5):
        part = grouped[at : at + 5]
        stretch = Stretch(tuple(s for s, _ in part), "", f"pairs:{at // 40}")
        for n, (_, questions) in enumerate(part):
            for question in questions:
                yield Labelled(question, stretch, (n,), source="pairs")


def read_gold(path: Path, folder: Path | None = None) -> Iterator[Labelled]:
    """A gold file of ours; each question with the whole of every article that it names.

    A question that nothing answers comes with the article its id names (`b01-07-f1-near`), or
    else with every article.

    Args:
        path: the gold file.
        folder: its articles; beside it, under its own name, where not said.
    """
    gold = load_gold(path)
    shelf: dict[str, Stretch] = {}
    for file in find_files([folder or path.with_suffix("")]):
        article = parse(read_one(file.path))
        article = replace(article, skipped=with_sentence_furniture(article))
        name = gold.article_of(article.source) or file.path.stem
        sentences = tuple(reading_text(article, s.start, s.end) for s in sentences_of(article))
        shelf[name] = Stretch(sentences, title_line(article), f"{path.stem}:{name}")
    for case in gold.cases:
        kind = "far" if "far" in case.tags else "near" if case.abstain else "text"
        kind = "paraphrase" if "paraphrase" in case.tags else kind
        named = {s.article for s in case.support} or set(case.id.split("-")[1:2]) & set(shelf)
        for name in sorted(named or shelf):
            stretch = shelf[name]
            right = tuple(
                n
                for n, sentence in enumerate(stretch.sentences)
                if any(s.article == name and s.matches(sentence) for s in case.support)
            )
            if case.abstain or right:
                yield Labelled(
                    case.question, stretch, right, _short(case, stretch, right), kind, path.stem
                )


def _short(case: Case, stretch: Stretch, right: Sequence[int]) -> tuple[int, int, int] | None:
    for n in right:
        sentence = stretch.sentences[n]
        for item in (item for group in case.accept for item in group):
            if isinstance(item, Text):
                for wording in item.wordings:
                    if place := _place(n, wording, sentence):
                        return place
            if isinstance(item, Quantity):
                for number in find_numbers(sentence):
                    if number.value == item.number:
                        return n, number.start, number.end
    return None


def _place(n: int, words: str, sentence: str) -> tuple[int, int, int] | None:
    at = sentence.casefold().find(fold(words).casefold())
    return (n, at, at + len(fold(words))) if at >= 0 and words.strip() else None


def _unspaced(text: str) -> str:
    """Tokenised text as people write it."""
    for marks, plain in (("``", '"'), ("''", '"'), ("-lrb-", "("), ("-rrb-", ")")):
        text = text.replace(marks, plain).replace(marks.upper(), plain)
    text = re.sub(r"\s+([,.;:?!)'])", r"\1", text)
    text = re.sub(r"(\s|^)(['\"(])\s+", r"\1\2", text)
    return fold(re.sub(r"\s+(n't|-|–)\s*", r"\1", text))


def _json(path: Path) -> Any:
    return json.loads("".join(_lines(path)))


def _lines(path: Path) -> list[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return list(file)
