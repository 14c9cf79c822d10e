"""Retrieval sets in BEIR's layout, asked through the program's own ingestion.

A folder with `corpus.jsonl`, `queries.jsonl` (either may end in `.gz`) and
`qrels/SPLIT.tsv`. Each document becomes a file and goes through `ingest` as any other
article does, so what is measured is the program and not a short cut.

Beyond BEIR, a query's `metadata` may hold `answer` (a string or a list of accepted ones),
`answerable` (false where the corpus does not answer), `selected_sentences` (the words of
its document that answer) and `date` (the day it was asked, ISO).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.questions.answers import Accepted, Text
from eval.questions.cases import Case, Gold, Support
from rag.errors import SettingsError

__all__ = ["BeirQuery", "BeirSet", "gold_of", "load_beir", "write_articles"]

_SPLITS = ("test", "dev", "train")
_FIELDS = (("outlet", "Outlet"), ("date", "Date"), ("url", "URL"))


@dataclass(frozen=True, slots=True)
class BeirQuery:
    """One query with what is known of its answer."""

    id: str
    text: str
    relevant: Mapping[str, int]
    """Document ids with their grade, 1 or more."""
    answers: tuple[str, ...]
    """Accepted answers; empty where the set gives none."""
    answerable: bool | None
    """Whether the corpus answers it; None where the set does not say."""
    sentences: tuple[str, ...]
    """The words of the relevant document that answer."""


@dataclass(frozen=True, slots=True)
class BeirSet:
    """A set's queries that have a judgement; its documents stay on disk."""

    folder: Path
    split: str
    queries: tuple[BeirQuery, ...]

    @property
    def has_answers(self) -> bool:
        """Whether anything is said of answers, beyond which documents are relevant."""
        return any(q.answers or q.sentences or q.answerable is not None for q in self.queries)

    def documents(self) -> Iterator[Mapping[str, Any]]:
        """The corpus, one document at a time."""
        yield from _lines(self.folder, "corpus")


def load_beir(folder: Path, split: str | None = None) -> BeirSet:
    """Read a set's queries and judgements.

    Args:
        folder: the set.
        split: which file of `qrels/`; by default the first there is of test, dev, train.

    Raises:
        SettingsError: a file is missing or malformed; the message names it and the line.
    """
    qrels = folder / "qrels"
    there = [s for s in _SPLITS if (qrels / f"{s}.tsv").is_file()]
    chosen = split or next(iter(there), None)
    if not folder.is_dir():
        raise SettingsError(f"There is no folder {folder}.")
    if not chosen or not (qrels / f"{chosen}.tsv").is_file():
        raise SettingsError(
            f"{folder} has no {qrels.name}/{chosen or 'test'}.tsv; a set in BEIR's layout has"
            " corpus.jsonl, queries.jsonl and qrels/test.tsv."
        )
    relevant = _judgements(qrels / f"{chosen}.tsv")
    known: set[str] = set()
    read: list[BeirQuery] = []
    for row in _lines(folder, "queries"):
        known.add(str(row["_id"]))
        read.append(_query(row, relevant.get(str(row["_id"]), {}), folder))
    # A query that the corpus is known not to answer has no judgement, yet is to be refused.
    queries = tuple(q for q in read if q.relevant or q.answerable is False)
    if not any(q.relevant for q in queries):
        raise SettingsError(f"{folder}: no query has a judgement in qrels/{chosen}.tsv.")
    unknown = relevant.keys() - known
    if unknown:
        raise SettingsError(
            f"{folder}: qrels/{chosen}.tsv judges the query {min(unknown)!r}, which is not in"
            " queries.jsonl."
        )
    return BeirSet(folder, chosen, queries)


def write_articles(beir: BeirSet, folder: Path) -> dict[str, str]:
    """Write each document as a text file; return file names by document id.

    Files that are there already are left as they are, so that a run can go on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    for n, row in enumerate(beir.documents()):
        document = str(row["_id"])
        safe = re.sub(r"[^\w-]+", "_", document, flags=re.ASCII)[:60]
        names[document] = f"{n:07}-{safe}.txt"
        path = folder / names[document]
        content = _article(row)
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8", newline="")
    return names


def gold_of(beir: BeirSet, names: Mapping[str, str]) -> Gold:
    """The set's queries as gold questions, as far as it says what answers them.

    Args:
        beir: the set.
        names: file names by document id.

    Raises:
        SettingsError: a judgement names a document that is not in the corpus.
    """
    cases: list[Case] = []
    for query in beir.queries:
        lacking = [d for d in query.relevant if d not in names]
        if lacking:
            raise SettingsError(
                f"{beir.folder}: query {query.id!r} names the document {lacking[0]!r}, which is"
                " not in the corpus."
            )
        abstain = query.answerable is False
        files = [names[document] for document in query.relevant]
        quotes: tuple[str | None, ...] = query.sentences or (None,)
        cases.append(
            Case(
                id=query.id,
                question=query.text,
                kind="query",
                # A long answer is somebody's wording; the sentences it was made from decide.
                accept=() if query.sentences or abstain else _accepted(query.answers),
                support=()
                if abstain
                else tuple(Support(f, f, quote=quote) for f in files for quote in quotes),
                abstain=abstain,
            )
        )
    return Gold(beir.folder, (), {}, tuple(cases))


def _accepted(answers: Sequence[str]) -> tuple[tuple[Accepted, ...], ...]:
    return ((Text(tuple(answers)),),) if answers else ()


def _article(row: Mapping[str, Any]) -> str:
    metadata = row.get("metadata") or {}
    given = {"Title": row.get("title")}
    given |= {label: metadata.get(key) or row.get(key) for key, label in _FIELDS}
    header = [f"{label}: {' '.join(str(value).split())}" for label, value in given.items() if value]
    return "\n".join([*header, "", str(row.get("text", "")), ""])


def _query(row: Mapping[str, Any], relevant: Mapping[str, int], folder: Path) -> BeirQuery:
    metadata = row.get("metadata") or {}
    answerable = metadata.get("answerable")
    where = f"{folder}: query {row['_id']!r}"
    if not isinstance(row.get("text"), str) or not any(c.isalnum() for c in row["text"]):
        raise SettingsError(f"{where} has no text.")
    if answerable is not None and not isinstance(answerable, bool):
        raise SettingsError(f"{where}: `answerable` is {answerable!r}, not true or false.")
    return BeirQuery(
        id=str(row["_id"]),
        text=" ".join(row["text"].split()),
        relevant={d: grade for d, grade in relevant.items() if grade > 0},
        answers=_texts(metadata.get("answer")),
        answerable=answerable,
        sentences=_texts(metadata.get("selected_sentences")),
    )


def _texts(value: object) -> tuple[str, ...]:
    """A text, or a list of them, as such sets give one or the other."""
    values = value if isinstance(value, list) else [value]
    return tuple(str(v) for v in values if v is not None and str(v).strip())


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    relevant: dict[str, dict[str, int]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path} can't be read ({exc}).") from exc
    for n, line in enumerate(lines, 1):
        cells = line.split("\t")
        if n == 1 and cells[-1] == "score":
            continue
        if not line.strip():
            continue
        try:
            query, document, grade = cells
            relevant.setdefault(query, {})[document] = int(grade)
        except ValueError:
            raise SettingsError(
                f"{path}:{n}: {line[:60]!r} is not a query id, a document id and a whole number"
                " with tabs between."
            ) from None
    return relevant


def _lines(folder: Path, stem: str) -> Iterator[Mapping[str, Any]]:
    path = next(
        (p for p in (folder / f"{stem}.jsonl", folder / f"{stem}.jsonl.gz") if p.is_file()), None
    )
    if path is None:
        raise SettingsError(f"{folder} has no {stem}.jsonl or {stem}.jsonl.gz.")
    opener = gzip.open if path.suffix == ".gz" else open
    n = 0
    seen: set[str] = set()
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            for line in file:
                n += 1
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict) or "_id" not in row:
                        raise ValueError("no _id")
                    if not isinstance(row.get("metadata") or {}, dict):
                        raise ValueError("metadata is no object")
                    if str(row["_id"]) in seen:
                        raise ValueError(f"the _id {row['_id']!r} stands twice")
                    seen.add(str(row["_id"]))
                    yield row
    except (OSError, EOFError, ValueError) as exc:
        raise SettingsError(f"{path}:{n}: can't be read ({exc}).") from exc
