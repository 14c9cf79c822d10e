"""The words of a text by clause, each with whether a negation reaches it."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from rag.index_words import STOP_WORDS, stems

__all__ = [
    "CONTRARY",
    "NOT",
    "PAST",
    "REFUSED",
    "SUBJECTS",
    "Word",
    "heads_of",
    "overlap",
    "read",
    "stem_of",
]

NOT = frozenset(
    "not no never none nobody nothing nowhere neither nor cannot without hardly scarcely"
    " barely".split()
)
SUBJECTS = frozenset("neither nor none nobody nothing".split())
"""Their verb may stand far behind them: they reach through the whole clause."""
REFUSED = re.compile(
    r"(?:den(?:y|ies|ied|ying)|refus|fail(?:s|ed|ing)?$|declin|unable$|unwilling|reject)"
)
CONTRARY = re.compile(
    r"(?:absen|against|oppos(?!ition$)|los(?:es?|t|ing)$|below$|prevent|avoid|despite|instead|rather|ban$|banned|bar$|barred|bars$"
    r"|block|halt|stop|ceas|suspend|cancel|few$|little|only$|secret(?:ly|s)?$|impossib|withh|withdr|abstain"
    r"|boycot|prohibit|forb|outlaw|silen|lack|free$|restrict|defer|delay|postpon|dismiss|reluct"
    r"|miss(?:ed|ing)|except|exclu|neglect|omit|contrary|il+egal|unless|unlikely|end(?:ed|s)?$"
    r"|un(?:able|clear|aware|author|success|heard|seen|preced|met$|resolv|named|sure|answer|chang)"
    r"|dis(?:agree|allow|prov|put|appear|band|contin))"
)
PAST = {
    form: stem
    for row in (
        "say said", "tell told", "meet met", "hold held", "give gave given", "take took taken",
        "go went gone", "come came", "make made", "begin began begun", "leave left", "keep kept",
        "lead led", "send sent", "speak spoke spoken", "know knew known", "see saw seen",
        "find found", "get got gotten", "bring brought", "think thought", "fight fought",
        "shoot shot", "strike struck", "rise rose risen", "fall fell fallen", "grow grew grown",
        "break broke broken", "build built", "win won", "lose lost", "pay paid",
        "write wrote written", "draw drew drawn", "fly flew flown", "stand stood",
        "withdraw withdrew withdrawn", "become became", "run ran", "seek sought", "catch caught",
        "buy bought", "sell sold", "feel felt", "deal dealt", "mean meant", "hear heard",
        "swear swore sworn", "choose chose chosen", "drive drove driven", "steal stole stolen",
        "understand understood", "undertake undertook", "resume resumed", "sink sank sunk",
    )
    for stem, *forms in (row.split(),)
    for form in forms
}  # fmt: skip
"""The present of irregular verbs by their other forms."""
_CLAUSES = re.compile(
    r"[,;:.!?—()\n“”\"]+(?:\s|$)|\s(?:but|although|though|whereas|while|who|which|because)\s"
)
_CONTRACTED = re.compile(r"(?:(ca)|(wo)|)n['’]t\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+")
_IDLE = re.compile(
    r"\bnot (?:only|just|least)\b|\bwhether or not\b|\bno doubt\b|\bno (?:matter|wonder)\b"
    r"|\b(?:no|not) (?:fewer|less|later|more|earlier|sooner|longer|higher|lower|bigger|worse"
    r"|better|other|older|younger|greater) than\b|\bnot to mention\b|\bif not\b|\bas not\b"
    r"|\bnot even (?=[0-9]|an?\b|one\b|half\b)"
    r"|\b(?:at (?:present|all)|so far|as yet|in fact)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:not|n['’]t|never|nor)\s(?:\w+\s){0,2}?(?:rul(?:e[sd]?|ing) out|exclud(?:e[sd]?|ing))\b",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"\b(?:yet to(?= [a-z])|rul(?:e[sd]?|ing) out|(?:run|runs|ran|running) out of)\b", re.IGNORECASE
)
"""Negations that do not look like one."""
_BARELY = re.compile(
    r"\b(?:barely|hardly|scarcely)(?=\s(?:an?|[0-9]+|half|one|two|three|four|five|six|seven|eight"
    r"|nine|ten|eleven|twelve|\w+teen|\w+ty)\b)",
    re.IGNORECASE,
)
"""Before a number they are no negations."""
_NO_ONE = re.compile(r"\b(?:no[\s-]|not (?:a single )?)one\b", re.IGNORECASE)
_GRAMMAR = STOP_WORDS | {"may", "might", "must", "shall", "also", "still", "yet", "upon", "within"}
_GRAMMAR |= {"somebody", "someone", "something", "everybody", "everyone", "everything"}
_BEFORE, _AFTER = 9, 4
"""How many words after a negation, and before it, it reaches; never past its clause."""


_FORBIDS = re.compile(r"(?:ban|bar|forb|prohib|prevent|stop|block|halt)")


class Word(NamedTuple):
    """A word of a text as polarity sees it."""

    text: str
    """In lower case."""
    stem: str
    """Empty for a word of grammar and for a negation."""
    clause: int
    reached: bool
    """Whether a negation, or a word such as "against", stands near it in its clause."""

    @property
    def negates(self) -> bool:
        """Whether it is itself a negation."""
        return self.text in NOT or bool(REFUSED.match(self.text))


def heads_of(words: Sequence[Word], at: int) -> list[str]:
    """The stems a negation governs: those after it in its clause, else the last before it."""
    clause = words[at].clause
    after = [w for w in words[at + 1 : at + 16] if w.clause == clause and w.stem]
    heads = [w.stem for w in after if not w.text.endswith("ly")]
    before = [w.stem for w in words[max(0, at - _AFTER) : at] if w.clause == clause and w.stem]
    return heads or before[-1:]


def overlap(said: Sequence[Word], cited: Sequence[Sequence[Word]]) -> float:
    """The share of the claim's meaningful words that the sources have, 0 to 1."""
    stems_ = {w.stem for w in said if w.stem}
    known = {w.stem for words in cited for w in words}
    return len(stems_ & known) / len(stems_) if stems_ else 0.0


@functools.lru_cache(maxsize=512)
def read(text: str) -> tuple[Word, ...]:
    """The words of a text with what negates them."""
    text = _OPEN.sub("possible", _CONTRACTED.sub(_spelt, text))
    text = _BARELY.sub("only", text)
    text = _NO_ONE.sub("nobody", _IDLE.sub(" ", _HIDDEN.sub("not", text)))
    words: list[Word] = []
    for number, clause in enumerate(_CLAUSES.split(text)):
        # The month "May" is no doubt.
        tokens = [t if t == "May" else t.lower() for t in _TOKEN.findall(clause)]
        turns = [
            (n, _reach(t)) for n, t in enumerate(tokens)
            if t in NOT or REFUSED.match(t) or CONTRARY.match(t)
        ]  # fmt: skip
        for n, token in enumerate(tokens):
            reached = any(n != at and -_AFTER <= n - at <= reach for at, reach in turns)
            words.append(Word(token, stem_of(token), number, reached))
    return tuple(words)


def _reach(word: str) -> int:
    if word in SUBJECTS:
        return 100
    if word in NOT or REFUSED.match(word):
        return _BEFORE
    # Whom one forbids to do it stands between.
    return _BEFORE - 2 if _FORBIDS.match(word) else _BEFORE // 2


def _spelt(match: re.Match[str]) -> str:
    return "can not" if match[1] else "will not" if match[2] else " not"


@functools.lru_cache(maxsize=50_000)
def stem_of(word: str) -> str:
    """The stem of a word in lower case; empty for a word of grammar and for a negation."""
    if word in _GRAMMAR or word in NOT or len(word) < 2:
        return ""
    return " ".join(stems(PAST.get(word, word)))
