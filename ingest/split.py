"""From an article to sentences and passages, with offsets that always hold.

The text is never changed. To split it, a copy *of the same length* is made in which
furniture and line breaks inside a paragraph are blanks, so an offset in the copy is an
offset in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.furniture import sentence_furniture
from ingest.lines import BULLET, INVISIBLE, Line, lines_of
from ingest.sentences import sentence_spans
from rag.library import sentence_id
from rag.types import Article, Passage, Sentence, SkippedSpan

__all__ = ["passages_of", "renamed", "sentences_of", "with_sentence_furniture"]

_MARKS = "*_#>|`•·►" + INVISIBLE
_DASHES = "-+–—"


def with_sentence_furniture(article: Article) -> tuple[SkippedSpan, ...]:
    """The article's furniture with the sentences that are footers or appeals added."""
    found = list(article.skipped)
    for start, end in _all_spans(article):
        kind = sentence_furniture(article.text[start:end])
        if kind:
            found.append(SkippedSpan(start, end, kind))
    return tuple(sorted(found))


def sentences_of(article: Article) -> tuple[Sentence, ...]:
    """The article's sentences in order, without overlaps, none touching furniture."""
    return tuple(
        Sentence(sentence_id(article.id, article.content_hash, n), start, end)
        for n, (start, end) in enumerate(_all_spans(article))
    )


def passages_of(
    article: Article, sentences: Sequence[Sentence], max_words: int, overlap: int
) -> tuple[Passage, ...]:
    """Cut the sentences into passages.

    Args:
        article: whose sentences they are.
        sentences: all of them, in order.
        max_words: most words in a passage; only a single longer sentence exceeds it.
        overlap: how many sentences a passage repeats from the one before.
    """
    words = [len(article.text[s.start : s.end].split()) for s in sentences]
    passages: list[Passage] = []
    first = 0
    while first < len(sentences):
        last, total = first, words[first]
        while last + 1 < len(sentences) and total + words[last + 1] <= max_words:
            last += 1
            total += words[last]
        chosen = tuple(sentences[first : last + 1])
        passages.append(
            Passage(
                _passage_id(article, len(passages)),
                article.id,
                chosen[0].start,
                chosen[-1].end,
                chosen,
            )
        )
        if last + 1 == len(sentences):
            break
        # Never so far back that the next passage would be the same one, or end no later.
        first = max(first + 1, last + 1 - overlap)
        while first <= last and sum(words[first : last + 2]) > max_words:
            first += 1
    return tuple(passages)


def renamed(
    article: Article, sentences: Sequence[Sentence], passages: Sequence[Passage]
) -> tuple[tuple[Sentence, ...], tuple[Passage, ...]]:
    """An article's sentences and passages with the ids that they have under its id."""
    ids = {
        s.id: Sentence(sentence_id(article.id, article.content_hash, n), s.start, s.end)
        for n, s in enumerate(sentences)
    }
    return tuple(ids.values()), tuple(
        Passage(
            _passage_id(article, n),
            article.id,
            p.start,
            p.end,
            tuple(ids[s.id] for s in p.sentences),
        )
        for n, p in enumerate(passages)
    )


def _passage_id(article: Article, n: int) -> str:
    return f"{article.id}.{article.content_hash[:8]}.p{n}"


def _all_spans(article: Article) -> Iterator[tuple[int, int]]:
    for start, end in _paragraphs(article):
        flat = re.sub(r"\s", " ", article.text[start:end])
        for a, b in sentence_spans(flat):
            inner_start, inner_end = _inner(flat, a, b)
            if any(c.isalnum() for c in flat[inner_start:inner_end]):
                yield start + inner_start, start + inner_end


def _inner(flat: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without Markdown's marks and dashes at its edges."""
    while start < end and (
        flat[start].isspace()
        or flat[start] in _MARKS
        or (flat[start] in _DASHES and flat[start + 1 : start + 2].isspace())
    ):
        start += 1
    while end > start and (flat[end - 1].isspace() or flat[end - 1] in _MARKS):
        end -= 1
    return start, end


def _paragraphs(article: Article) -> Iterator[tuple[int, int]]:
    """Stretches free of furniture that read on, a paragraph broken in mid-sentence joined."""
    text = article.text
    last: tuple[int, int] | None = None
    last_line: Line | None = None
    spans = _Spans(article.skipped)
    for line in lines_of(text):
        bullet = BULLET.match(line.raw)
        for n, (start, end) in enumerate(spans.free(line.start, line.end)):
            joins = n == 0 and last is not None and last_line is not None and not bullet
            if joins and last and last_line and not text[last[1] : start].strip():
                joins = _reads_on(last_line, line)
            else:
                joins = False
            if joins and last:
                last = (last[0], end)
            else:
                if last:
                    yield last
                # An item's number is no part of what it says.
                skip = bullet.end() if bullet and start == line.start else 0
                last = (min(start + skip, end), end)
        last_line = line
    if last:
        yield last


def _reads_on(before: Line, after: Line) -> bool:
    """Whether a line goes on with the sentence that the one before it breaks off."""
    if before.heading or after.heading or before.ends_sentence:
        return False
    if before.dangles:
        return True
    tail = before.raw.rstrip(" *_")[-1:]
    broken = tail.isalnum() or tail in ",;-–—’'"
    return broken and after.raw.lstrip(" *_“\"‘'")[:1].islower()


class _Spans:
    """Skipped spans, gone through once from the front."""

    def __init__(self, skipped: Sequence[SkippedSpan]) -> None:
        self._skipped = skipped
        self._next = 0

    def free(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches between two offsets that no span covers; called in order."""
        while self._next < len(self._skipped) and self._skipped[self._next].end <= start:
            self._next += 1
        at, i = start, self._next
        while i < len(self._skipped) and self._skipped[i].start < end:
            if self._skipped[i].start > at:
                yield at, self._skipped[i].start
            at = max(at, self._skipped[i].end)
            i += 1
        if at < end:
            yield at, end
