"""Negation: whether a claim turns round what its sources say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.clauses import CONTRARY, NOT, SUBJECTS, Word, heads_of, overlap, read
from rag.opposites import are_opposite, put_for_another
from rag.plain_negation import PLAIN, shortfall, surplus

__all__ = ["turned"]

_EXCEPT = frozenset("unless until except without before but".split())
_MOST = re.compile(r"(?:most|least|record|top|best|worst|[a-z]{3,}est)$")
_MODALS = frozenset("could can would will may might has have had".split())
_ONLY = frozenset(
    "only sole solely alone unless require requires needs must once after earliest".split()
)


def turned(claim: str, texts: Sequence[str]) -> bool:
    """Whether the claim has a negation that no source has, or lacks one."""
    said = read(claim)
    cited = [read(text) for text in texts]
    if any(put_for_another(said, words) for words in cited):
        return True
    if any(_only_denied(said, words) for words in cited):
        return True
    return _added(said, cited) or _dropped(said, cited)


def _added(said: Sequence[Word], cited: Sequence[Sequence[Word]]) -> bool:
    known = [word for words in cited for word in words]
    negative = any(w.negates or CONTRARY.match(w.text) for w in known)
    for at, word in enumerate(said):
        if not word.negates:
            continue
        if _only_lacks(said, at, cited):
            return True
        if _in_other_words(said, at, known) or _any_for_no(said, at, known):
            continue
        if not negative or (word.text in PLAIN and surplus(said, cited) > 0):
            return True
        # The first word it governs that the source has, too, must stand negated there; of
        # all those that "nobody" governs, any.
        heads = heads_of(said, at)
        if word.text not in SUBJECTS:
            heads = [head for head in heads[:2] if any(_alike(w, head) for w in known)][:1]
        there = [w.reached for w in known if any(_alike(w, head) for head in heads)]
        if there and not any(there):
            return True
    return False


def _in_other_words(words: Sequence[Word], at: int, others: Sequence[Word]) -> bool:
    """Whether the other text says without a negation what it says here with one.

    By the opposite of the verb (`none died`, `all survived`), or by an exception: `cannot …
    unless` is `only … can`.
    """
    heads = heads_of(words, at)[:3]
    free = {w.stem or w.text for w in others if not w.reached}
    free |= {w.stem for w in others if CONTRARY.match(w.text)}
    if any(are_opposite(head, stem) for head in heads for stem in free):
        return True
    behind = {w.text for w in words[at + 1 :]}
    # "No tower is taller": it is the tallest.
    if words[at].text == "no" and "than" in behind and any(_MOST.match(w.text) for w in others):
        return True
    return bool(behind & _EXCEPT) and any(w.text in _ONLY for w in others)


def _only_denied(said: Sequence[Word], cited: Sequence[Word]) -> bool:
    """Whether `may not fish at night` is said for `may fish only at night`."""
    texts = [w.text for w in said]
    for at, word in enumerate(cited[:-2]):
        after = (cited[at + 1].text, cited[at + 2].text)
        verb = next((w.stem for w in reversed(cited[max(0, at - 3) : at]) if w.stem), "")
        if word.text == "only" and verb and after in pairwise(texts):
            denied = {
                w.clause for n, w in enumerate(said) if w.negates and verb in heads_of(said, n)[:2]
            }
            near = {w.text for w in said if w.clause in denied}
            if denied and not near & (_EXCEPT | {"only", "outside", "other", "any"}):
                return True
    return False


def _another_verb(words: Sequence[Word], at: int, said: Sequence[Word]) -> bool:
    """Whether of `no guest was hurt` only the guest is in the claim: `guests got out`."""
    rest = heads_of(words, at)[1:4]
    return words[at].text == "no" and bool(rest) and not set(rest) & {w.stem for w in said}


def _any_for_no(words: Sequence[Word], at: int, said: Sequence[Word]) -> bool:
    """Whether `any dike` is said for `no dike`, with another verb."""
    heads = heads_of(words, at)
    if words[at].text != "no" or len(heads) < 2:
        return False
    stems = {w.stem for w in said}
    modal = next((n for n in range(at, len(words)) if words[n].text in _MODALS), at)
    verbs = [w.stem for w in words[modal + 1 : modal + 4] if w.stem] or heads[1:2]
    anything = any(a.text == "any" and b.stem == heads[0] for a, b in pairwise(said))
    return anything and verbs[0] not in stems


def _alike(word: Word, head: str) -> bool:
    """Whether a word has the stem; of "oppose" and its like, the noun will do."""
    if word.stem == head:
        return True
    return bool(CONTRARY.match(head)) and word.text[:5] == head[:5]


def _dropped(said: Sequence[Word], cited: Sequence[Sequence[Word]]) -> bool:
    shared = overlap(said, cited)
    fewer = shortfall(said, cited) > 0
    for words in cited:
        for at, word in enumerate(words):
            if not word.negates:
                continue
            if _only_lacks(words, at, [said]):
                return True
            # Who refuses a deal may yet discuss it, and of whom nobody survived much else is
            # true: there, little but the negation may differ.
            least = 0.5 if word.text in NOT - SUBJECTS else 0.8
            heads = heads_of(words, at)[: None if word.text in SUBJECTS else 1]
            if _another_verb(words, at, said) or _in_other_words(words, at, said):
                continue
            if fewer and word.text in NOT and not _any_for_no(words, at, said):
                return True
            denied = {w.clause for w in said if w.negates}
            mine = [w.reached or w.clause in denied for w in said if w.stem in heads]
            freely = any(w.stem in heads and not w.reached for ws in cited for w in ws)
            if mine and not any(mine) and not freely and shared >= least:
                return True
    return False


def _only_lacks(words: Sequence[Word], at: int, others: Sequence[Sequence[Word]]) -> bool:
    """Whether another text has the words around a plain negation, the negation left out."""
    if words[at].text not in ("not", "never", "no") or not 0 < at < len(words) - 1:
        return False
    near = [w.text for w in (*words[max(0, at - 2) : at], *words[at + 1 : at + 3])]
    if len(near) < 3:
        return False
    around = (near[-3], near[-2], near[-1])
    if _has(around, words):
        return False
    return any(_has(around, other) for other in others)


def _has(three: tuple[str, str, str], words: Sequence[Word]) -> bool:
    """Whether three words follow one another."""
    texts = [w.text for w in words]
    return three in zip(texts, texts[1:], texts[2:], strict=False)
