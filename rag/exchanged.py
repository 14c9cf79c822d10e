"""Exchanges: two right facts of a sentence of which each stands where the other belongs."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag.clauses import PAST, stem_of
from rag.counted import counted_otherwise
from rag.index_words import STOP_WORDS

__all__ = ["exchange"]

_TOKEN = re.compile(r"[^\W_]+(?:[.,][0-9]+)*|[.!?;:](?=\s|$)|[“”\"()–—]")
_DROPPED = frozenset(
    "a an the has have had having will would also then both s mr mrs ms some about just".split()
)
"""Of no weight: left out before sentences are laid side by side."""
_SAME = {
    form: word
    for row in (
        "he him his", "she her hers", "they them their", "we us our", "i me my", "who whom",
        "1 one", "2 two", "3 three", "4 four", "5 five", "6 six", "7 seven", "8 eight", "9 nine",
        "10 ten", "% percent per cent",
    )
    for word, *forms in (row.split(),)
    for form in forms
}  # fmt: skip
_PRONOUNS = frozenset("he she they we i who it".split())
_JOINS = frozenset("and or with plus nor as well but between alongside together versus v".split())
_MUTUAL = frozenset(
    stem_of(w)
    for w in "meet talk speak marry wed border face fight battle clash differ resemble join agree"
    " cooperate negotiate argue quarrel debate draw equal neighbour divorce date trade ally merge"
    " connect link relation relationship tie treaty pact accord deal dispute war conflict"
    " ceasefire peace contact discuss confer collide compete tension row rift border".split()
) | {"with", "between"}
"""What two do together: who stands first says nothing."""
_EDGE = "|"
_LONGEST, _REACH, _OFTEN = 4, 4, 3


class _Piece(NamedTuple):
    """Up to four words of a sentence that may have changed places."""

    words: tuple[str, ...]
    start: int
    end: int
    """Tokens in the sentence."""


def exchange(claim: str, texts: Sequence[str]) -> str:
    """The two things that the claim exchanges, as `A and B`; empty where it exchanges none.

    Two numbers that count each other's nouns, or two phrases of which each stands among the
    words that the other has in the source. Both have to be plain: sentences in other words,
    in the passive or in another order pass.
    """
    for text in texts:
        if _near(claim, text) and (numbers := counted_otherwise(claim, text)):
            return " and ".join(numbers)
    for text in texts:
        if places := _changed_places(claim, text) or _turned_round(claim, text):
            return places
    return ""


def _near(claim: str, text: str) -> bool:
    """Whether the two speak of the same thing: half of the claim's words are the source's."""
    said = {t for t in _tokens(claim)[0] if _weighs(t)}
    return len(said & set(_tokens(text)[0])) >= 0.4 * len(said)


def _changed_places(claim: str, text: str) -> str:
    said, words = _tokens(claim)
    cited, _ = _tokens(text)
    slots: dict[tuple[str, str], list[_Piece]] = {}
    for piece in _pieces(cited):
        slots.setdefault((cited[piece.start - 1], cited[piece.end]), []).append(piece)
    where: dict[tuple[str, ...], list[_Piece]] = {}
    for pieces in slots.values():
        for piece in pieces:
            where.setdefault(piece.words, []).append(piece)
    mine: dict[tuple[str, ...], list[_Piece]] = {}
    for piece in _pieces(said):
        slot = (said[piece.start - 1], said[piece.end])
        # What stands in its own place has not changed it.
        if piece.words in where and all(p.words != piece.words for p in slots.get(slot, ())):
            mine.setdefault(piece.words, []).append(piece)
    # What is said again and again has no place of its own, and would take long to try.
    mine = {k: v for k, v in mine.items() if max(len(v), len(where[k])) <= _OFTEN}
    for pieces in mine.values():
        for p in pieces:
            # What stands in the source at the place that this has in the claim.
            for q in slots.get((said[p.start - 1], said[p.end]), ()):
                if q.words == p.words or q.words not in mine:
                    continue
                for p_there in where[p.words]:
                    for q_here in mine[q.words]:
                        if _exchanged(said, cited, (p, q_here), (p_there, q)):
                            return " and ".join(
                                " ".join(words[x.start : x.end])
                                for x in sorted((p, q_here), key=lambda x: x.start)
                            )
    return ""


def _turned_round(claim: str, text: str) -> str:
    """Who does it and to whom it is done, exchanged: `Dostan accused Harsany`."""
    (said, words), (cited, written) = _tokens(claim), _tokens(text)
    there = list(_verbs(cited, written))
    for at in _verbs(said, words):
        for n in [n for n in there if cited[n] == said[at]][:_OFTEN]:
            before, after = _beside(said, at, -1), _beside(said, at, 1)
            before_there, after_there = _beside(cited, n, -1), _beside(cited, n, 1)
            crossed = set(before) & set(after_there) and set(after) & set(before_there)
            if crossed and not set(before + after_there) & set(after + before_there):
                return f"{words[at - 1]} and {words[at + len(after)]}"
    return ""


def _verbs(tokens: Sequence[str], words: Sequence[str]) -> Iterator[int]:
    """Where verbs stand that one does to another."""
    for at, word in enumerate(words):
        form = word.lower()
        verbal = form.endswith("ed") or (form.endswith("s") and word.islower()) or form in PAST
        if verbal and tokens[at] not in _MUTUAL and 0 < at < len(words) - 2:
            yield at


def _beside(tokens: Sequence[str], at: int, step: int) -> list[str]:
    """At most two words of weight that stand directly beside a verb, the nearest first."""
    found: list[str] = []
    for n in (at + step, at + 2 * step):
        if not 0 <= n < len(tokens) or not (_weighs(tokens[n]) or tokens[n] in _PRONOUNS):
            break
        found.append(tokens[n])
    return found


def _exchanged(
    said: Sequence[str],
    cited: Sequence[str],
    here: tuple[_Piece, _Piece],
    there: tuple[_Piece, _Piece],
) -> bool:
    """Whether p and q stand in each other's place: p here among the words of q there."""
    (p, q), (p_there, q_there) = here, there
    if _touch(p, q) or _touch(p_there, q_there):
        return False
    first, second = sorted((p_there, q_there), key=lambda x: x.start)
    between = set(cited[first.end : second.start])
    mutual = between & (_JOINS | _MUTUAL)
    if not between or (mutual and between <= _JOINS | _MUTUAL | STOP_WORDS):
        return False
    # Of "he handed the president" nothing else is left to be the same.
    least = 2 if second.start - first.end == 1 else 3
    return _alike(said, p, cited, q_there, least) and _alike(said, q, cited, p_there, least)


def _touch(a: _Piece, b: _Piece) -> bool:
    return a.start < b.end and b.start < a.end


def _alike(said: Sequence[str], a: _Piece, cited: Sequence[str], b: _Piece, least: int) -> bool:
    """Whether the words around two pieces are the same: on both sides, and with one of weight."""
    left = _run(said, a.start - 1, cited, b.start - 1, -1)
    right = _run(said, a.end, cited, b.end, 1)
    return bool(left and right) and len(left + right) >= least and any(map(_weighs, left + right))


def _run(a: Sequence[str], i: int, b: Sequence[str], j: int, step: int) -> list[str]:
    run: list[str] = []
    while len(run) < _REACH and 0 <= i < len(a) and 0 <= j < len(b) and a[i] == b[j]:
        run.append(a[i])
        i, j = i + step, j + step
    return run


def _weighs(token: str) -> bool:
    return token != _EDGE and token not in STOP_WORDS


def _pieces(tokens: Sequence[str]) -> Iterator[_Piece]:
    for start, token in enumerate(tokens):
        if not (_weighs(token) or token in _PRONOUNS):
            continue
        for end in range(start + 1, min(start + 1 + _LONGEST, len(tokens))):
            last = tokens[end - 1]
            if last == _EDGE:
                break
            if _weighs(last) or last in _PRONOUNS:
                yield _Piece(tuple(tokens[start:end]), start, end)


@functools.lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words as they are compared, and as they are written; edges of sentences marked."""
    folded, written = [_EDGE], [""]
    for match in _TOKEN.finditer(text):
        word = match[0].lower()
        if not word[0].isalnum():
            token = _EDGE
        elif word in _DROPPED:
            continue
        else:
            word = _SAME.get(word, word)
            token = word if word in STOP_WORDS or word in _PRONOUNS else stem_of(word) or word
        if token == _EDGE and folded[-1] == _EDGE:
            continue
        folded.append(token)
        written.append(match[0])
    return (*folded, _EDGE), (*written, "")
