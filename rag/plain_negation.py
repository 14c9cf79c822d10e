"""Negations counted: put into a claim for no reason that its sources give, or left out of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from rag.clauses import CONTRARY, NOT, REFUSED, Word

__all__ = ["PLAIN", "shortfall", "surplus"]

PLAIN = frozenset({"not", "never", "cannot"})
"""Negations of a verb. `no` and `without` may stand for "warned against" or "-free"."""
_INSTEAD = re.compile(
    r"(?:un[a-z]{4,}|il+egal|im(?:possib|plausib|prob)|dis(?:agree|allow|appear|prov|contin|miss)"
    r"|absen|oppos(?!ition$)|prevent|avoid|instead|rather|ban$|banned|bar$|barred|bars$|block"
    r"|halt|stop|ceas|end(?:ed|s)?$|suspend|cancel|few$|little$|secret(?:ly)?$|withh|withdr|abstain|boycot"
    r"|prohibit|forb|outlaw|silen|lack|defer|delay|postpon|reluct|missed$|neglect|omit"
    r"|contrary|doubt|ignor|spurn|shun)"
)
"""Words that a verb with "not" may stand for."""
_TURNED_DOWN = re.compile(
    r"(?:vot|argu|decid|advis|warn|speak|spoke|campaign|rul|stand|stood|fight)"
)
_OWN = frozenset({"its", "his", "her", "their", "our", "my"})
_COVERED = 0.65
"""Share of a clause's content words, three at least, with which a claim speaks of it."""


def surplus(said: Sequence[Word], cited: Sequence[Sequence[Word]]) -> int:
    """How many more negations a claim has than its sources give reasons for.

    Words for a negation count on both sides: who writes "did not refuse" for "refused" has one
    too many. A source's count unless they belong to what another clause of the claim says.
    """
    negated = {w.clause for w in said if w.text in PLAIN}
    there = {w.stem for w in said if w.clause in negated and w.stem}
    elsewhere = {w.stem for w in said if w.clause not in negated and w.stem} - there
    reasons = 0
    for words in cited:
        for clause in _clauses(words):
            stems = {w.stem for w in clause if w.stem}
            if len(stems & elsewhere) >= 2 and not stems & there:
                continue
            reasons += _negations(clause, _INSTEAD)
    return _negations([w for w in said if w.clause in negated], _INSTEAD) - reasons


def shortfall(said: Sequence[Word], cited: Sequence[Sequence[Word]]) -> int:
    """How many negations fewer a claim has than the clauses of its sources that it speaks of."""
    own = {w.stem for w in said if w.stem}
    needed = 0
    for words in cited:
        for clause in _clauses(words):
            stems = {w.stem for w in clause if w.stem}
            shared = len(stems & own)
            denies = any(w.text in PLAIN or w.text == "no" for w in clause)
            if denies and shared >= max(3, _COVERED * len(stems)):
                needed += _negations(clause, CONTRARY)
    return needed - _negations(said, CONTRARY)


def _negations(words: Sequence[Word], others: re.Pattern[str]) -> int:
    found = 0
    for at, word in enumerate(words):
        against = word.text == "against" and at and _TURNED_DOWN.match(words[at - 1].text)
        after = words[at + 1].text if at + 1 < len(words) else ""
        lost = word.text in ("lose", "loses", "losing", "lost") and after in _OWN
        plain = word.text in NOT or REFUSED.match(word.text) or word.text == "unlike"
        found += bool(plain or others.match(word.text) or against or lost)
    return found


def _clauses(words: Sequence[Word]) -> list[list[Word]]:
    found: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        found[word.clause].append(word)
    return list(found.values())
