"""The word index: BM25 over passages with English stemming, by tantivy.

The only file that touches tantivy. Derived from the library; may be thrown away.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import tantivy

from rag.types import Filters

__all__ = ["STOP_WORDS", "WordDocument", "WordIndex", "WordWriter", "query_stems", "stems"]

STOP_WORDS = frozenset(
    "a about above after again against all also am an and any are as at be because been before"
    " being below between both but by can could did do does doing down during each few for from"
    " further had has have having he her here hers herself him himself his how i if in into is it"
    " its itself just me more most my myself no nor not of off on once only or other our ours"
    " ourselves out over own s same she should so some such than that the their theirs them"
    " themselves then there these they this those through to too under until up very was we were"
    " what when where which while who whom whose why will with would you your yours"
    " yourself".split()
)
"""Words of English grammar, left out of queries: they find everything and mean nothing."""


class WordDocument(NamedTuple):
    """One passage as the word index takes it."""

    passage_id: str
    article_id: str
    text: str
    outlet: str
    """Empty where not known."""
    published: int
    """YYYYMMDD; 0 where not known."""


@functools.cache
def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def stems(text: str) -> list[str]:
    """The text's words in lower case, without accents, stemmed, in order."""
    return list(_analyzer().analyze(text))


def query_stems(question: str) -> list[str]:
    """The stems of a question's words that carry meaning, each once, in order."""
    words = (w.strip(".,;:?!\"'()“”‘’").lower() for w in question.split())
    # "s" and "t" are what the tokenizer leaves of "Israel's" and "didn't".
    kept = stems(" ".join(w for w in words if w not in STOP_WORDS))
    return list(dict.fromkeys(s for s in kept if s not in STOP_WORDS and s not in ("s", "t")))


class WordWriter:
    """What `WordIndex.writing` gives."""

    def __init__(self, schema: tantivy.Schema, writer: tantivy.IndexWriter) -> None:
        self._schema = schema
        self._writer = writer

    def remove(self, passage_ids: Iterable[str]) -> None:
        """Take passages out."""
        for passage_id in passage_ids:
            self._writer.delete_documents_by_query(
                tantivy.Query.term_query(
                    self._schema, "passage_id", passage_id, index_option="freq"
                )
            )

    def add(self, documents: Iterable[WordDocument]) -> None:
        """Add passages that it does not hold."""
        for doc in documents:
            self._writer.add_document(
                tantivy.Document(
                    passage_id=doc.passage_id,
                    text=doc.text,
                    outlet=doc.outlet,
                    published=doc.published,
                )
            )


class WordIndex:
    """An index in a folder of its own."""

    def __init__(self, folder: Path, *, new: bool = False) -> None:
        """Open the index.

        Args:
            folder: where it lies.
            new: make it.

        Raises:
            ValueError: the files are damaged.
        """
        if new:
            folder.mkdir(parents=True, exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("passage_id", stored=True, tokenizer_name="raw")
        builder.add_text_field("text", tokenizer_name="citewire", index_option="freq")
        builder.add_text_field("outlet", tokenizer_name="raw", index_option="basic")
        builder.add_integer_field("published", indexed=True, fast=True)
        self._schema = builder.build()
        # It would make one where there is none, and then find nothing.
        if not new and not tantivy.Index.exists(str(folder)):
            raise ValueError("there is no index")
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._index.register_tokenizer("citewire", _analyzer())

    @contextmanager
    def writing(self) -> Iterator[WordWriter]:
        """Changes to the index, which are made at the end, all or, after any exception, none.

        Until tantivy merges its segments, removed passages count for how rare a word is: scores,
        and the order of near equals, may differ a little from those of an index built anew.
        """
        writer = self._index.writer(heap_size=50_000_000, num_threads=1)
        try:
            yield WordWriter(self._schema, writer)
        except BaseException:
            writer.rollback()
            raise
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def count(self) -> int:
        """How many passages it holds."""
        return int(self._index.searcher().num_docs)

    def frequency(self, stem: str) -> int:
        """In how many passages a stem occurs."""
        found = self._index.searcher().search(self._term("text", stem), 1, count=True)
        return int(getattr(found, "count", None) or 0)  # its stubs lack the field

    def holds(self, passage_id: str, text: str) -> bool:
        """Whether the passage is found by its id and the words of its text."""
        must, should = tantivy.Occur.Must, tantivy.Occur.Should
        parts = [(must, self._term("passage_id", passage_id))]
        if words := query_stems(text):
            found = tantivy.Query.boolean_query(
                [(should, self._term("text", word)) for word in words]
            )
            parts.append((must, found))
        return bool(self._index.searcher().search(tantivy.Query.boolean_query(parts), 1).hits)

    def search(self, question: str, k: int, filters: Filters) -> list[tuple[str, float]]:
        """The k best passage ids with their BM25 scores, best first."""
        words = query_stems(question)
        if not words:
            return []
        should = tantivy.Occur.Should
        parts = [(should, self._term("text", word)) for word in words]
        query = tantivy.Query.boolean_query(parts)
        if filters.active:
            must = tantivy.Occur.Must
            limits = [
                (must, tantivy.Query.const_score_query(q, 0.0)) for q in self._limits(filters)
            ]
            query = tantivy.Query.boolean_query([(must, query), *limits])
        searcher = self._index.searcher()
        # Equal scores come in an order that hangs on segments: the id decides instead.
        found = [
            (str(searcher.doc(address)["passage_id"][0]), float(score))
            for score, address in searcher.search(query, k).hits
        ]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _term(self, field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, index_option="freq")

    def _limits(self, filters: Filters) -> list[tantivy.Query]:
        limits: list[tantivy.Query] = []
        if filters.since or filters.until:
            limits.append(
                tantivy.Query.range_query(
                    self._schema,
                    "published",
                    tantivy.FieldType.Integer,
                    int(filters.since.strftime("%Y%m%d")) if filters.since else 1,
                    int(filters.until.strftime("%Y%m%d")) if filters.until else None,
                )
            )
        if filters.outlets:
            limits.append(
                tantivy.Query.boolean_query(
                    [(tantivy.Occur.Should, self._term("outlet", o)) for o in filters.outlets]
                )
            )
        return limits
