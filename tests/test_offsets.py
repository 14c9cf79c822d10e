"""For any text at all: what is quotable lies where it says, whole and free of furniture."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.article import parse
from ingest.read import Source, read_one
from ingest.split import passages_of, sentences_of, with_sentence_furniture
from rag.errors import RejectedFile
from rag.types import Article
from tests.test_masthead import BODY

# Pieces that the rules look for, so that texts made of them reach every rule.
PIECES = st.sampled_from(
    [
        "\n", "\n\n", "\r\n", "\u2029", " ", "  ", "---\n", "title: Ferry\n", "date: 2024-05-03\n",
        " date 2022-12-28 ", "# ", "## Ferry\n", "- ", "1. ", "> ", "**", "* ", "“", "”",
        '"', "(", ")", "[", "](#)", "Ferry strikes pier", "The ferry struck the pier of",
        "Fourteen were hurt.", "the port", "By Jane Doe", "Jane Doe, John Roe", "3 May 2024",
        "Published: 3 May 2024", "Oslo", "OSLO (AP) — ", "OSLO, May 3 (Reuters) - ",
        "Print", "4 min read", "Photo: EPA",
        "(AP Photo/Erik Holm)", "[Erik Holm/TNA]", "(RELATED: Ferry)", "[READ MORE: x]",
        "Related stories:", "READ MORE: Ferry", "Follow us on Facebook", "Copyright 2024 The Post",
        "This story was originally published by X.", "LENGTH: 5 words", "BYLINE: Jane",
        "LOAD-DATE: x", "U.S.", "Mr. ", "he said", "?", "!", "…", "\u200f", "ש", "\ufeff", "\x85",
        "\x1c", "\v", "\f", "İ", "ß", "😀", "e\u0301",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(), st.lists(PIECES, max_size=40).map("".join), st.lists(PIECES | st.text()).map("".join)
)


def cleaned(text: str) -> Article:
    found = parse(Source(Path("/news/a.txt"), text))
    return replace(found, skipped=with_sentence_furniture(found))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_parsing_never_raises_and_never_edits_the_text(text: str) -> None:
    found = cleaned(text)
    assert found.text == text


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_skipped_spans_are_in_bounds_sorted_and_disjoint(text: str) -> None:
    skipped = cleaned(text).skipped
    assert all(0 <= s.start < s.end <= len(text) for s in skipped)
    assert all(a.end <= b.start for a, b in pairwise(skipped))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_sentences_are_in_bounds_in_order_and_never_blank(text: str) -> None:
    sentences = sentences_of(cleaned(text))
    assert all(0 <= s.start < s.end <= len(text) for s in sentences)
    assert all(a.end <= b.start for a, b in pairwise(sentences))
    for s in sentences:
        quote = text[s.start : s.end]
        assert quote == quote.strip()
        assert any(c.isalnum() for c in quote)
    assert len({s.id for s in sentences}) == len(sentences)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_no_sentence_touches_a_skipped_span(text: str) -> None:
    found = cleaned(text)
    hidden = {i for span in found.skipped for i in range(span.start, span.end)}
    assert all(hidden.isdisjoint(range(s.start, s.end)) for s in sentences_of(found))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_every_letter_is_either_quotable_or_skipped(text: str) -> None:
    found = cleaned(text)
    covered = {i for span in found.skipped for i in range(span.start, span.end)}
    covered |= {i for s in sentences_of(found) for i in range(s.start, s.end)}
    assert not {i for i, c in enumerate(text) if c.isalpha()} - covered


@given(TEXTS, st.integers(1, 30), st.integers(0, 4))
@settings(max_examples=400, deadline=None)
def test_passages_are_runs_of_whole_sentences_that_together_hold_them_all(
    text: str, max_words: int, overlap: int
) -> None:
    found = cleaned(text)
    sentences = sentences_of(found)
    passages = passages_of(found, sentences, max_words, overlap)
    place = {s.id: n for n, s in enumerate(sentences)}
    runs = [[place[s.id] for s in passage.sentences] for passage in passages]
    assert sorted({n for run in runs for n in run}) == list(range(len(sentences)))
    for run, passage in zip(runs, passages, strict=True):
        assert run == list(range(run[0], run[-1] + 1))
        assert (passage.start, passage.end) == (sentences[run[0]].start, sentences[run[-1]].end)
        words = sum(len(text[s.start : s.end].split()) for s in passage.sentences)
        assert words <= max_words or len(run) == 1
    for before, after in pairwise(runs):
        assert before[-1] < after[-1]
        assert before[-1] - overlap < after[0] <= before[-1] + 1


def test_a_passage_repeats_as_many_sentences_of_the_one_before_as_asked() -> None:
    text = " ".join(f"The ferry number {n} sank in the port." for n in range(9))
    found = cleaned(text)
    sentences = sentences_of(found)
    passages = passages_of(found, sentences, max_words=24, overlap=1)
    assert len(passages) == 4
    assert all(a.sentences[-1] == b.sentences[0] for a, b in pairwise(passages))


@given(st.binary(max_size=300) | TEXTS.map(lambda t: t.encode("utf-8", "ignore")))
@settings(max_examples=200, deadline=None)
def test_a_file_of_any_bytes_is_read_exactly_or_rejected_in_one_line(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        path.write_bytes(content)
        try:
            text = read_one(path).text
        except RejectedFile as exc:
            assert "\n" not in str(exc)  # noqa: PT017 -- rejecting is one of two right ends
            return
    assert text.encode() in (content, content.removeprefix(b"\xef\xbb\xbf")) or content[:1] in (
        b"\xff",
        b"\xfe",
        b"<",
    )
    sentences_of(cleaned(text))


@pytest.mark.parametrize(
    "unit",
    [
        " ", "\n", " \n", "[", "[a](", "(", "((RELATED: ", "[READ MORE: ", ". ", '"', "*", "# ",
        "- ", "© ", "A ", "Aa, ", "Aa Bb and ", "By Aa ", "Aa/Aa ", "Photo: A", "rights reserved ",
        "1 May ",
        "12:30 ", "---\n", "title: x\n", "OSLO, ", "OSLO — ", "copyright ", "Reporting by Aa Bb, ",
        "Print\n\n",
    ],
)  # fmt: skip
def test_no_text_makes_a_rule_take_time_that_grows_with_its_square(unit: str) -> None:
    text = f"Ferry strikes pier\n\n{BODY}\n" + unit * (60_000 // len(unit))
    started = time.process_time()
    cleaned(text)
    # 0.05 to 0.5 s on the slowest machine seen; a square would be minutes.
    assert time.process_time() - started < 5


def test_a_long_article_is_read_in_time_that_grows_with_its_length() -> None:
    def seconds(paragraphs: int) -> float:
        text = (BODY + "\nPrint\n\n") * paragraphs
        started = time.process_time()
        cleaned(text)
        return time.process_time() - started

    seconds(10)
    assert seconds(1600) < 12 * max(seconds(400), 0.05)
