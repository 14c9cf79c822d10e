"""Negation and doubt: whether a claim turns round, or states flatly, what its sources say."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from rag.index_words import STOP_WORDS, stems

__all__ = ["flat", "turned"]

_NOT = frozenset(
    "not no never none nobody nothing nowhere neither nor cannot without hardly scarcely"
    " barely".split()
)
_SUBJECTS = frozenset("neither nor none nobody nothing".split())
"""Their verb may stand far behind them: they reach through the whole clause."""
_REFUSED = re.compile(
    r"(?:den(?:y|ies|ied|ying)|refus|fail(?:s|ed|ing)?$|declin|unable$|unwilling|reject)"
)
_CONTRARY = re.compile(
    r"(?:absen|against|oppos|prevent|avoid|despite|instead|rather|ban$|banned|bar$|barred|bars$"
    r"|block|halt|stop|ceas|suspend|cancel|few$|little|only$|secret(?:ly|s)?$|impossib|withh|withdr|abstain"
    r"|boycot|prohibit|forb|outlaw|silen|lack|free$|restrict|defer|delay|postpon|dismiss|reluct"
    r"|miss(?:ed|ing)|except|exclu|neglect|omit|contrary|il+egal|unless|unlikely|end(?:ed|s)?$"
    r"|un(?:able|clear|aware|author|success|heard|seen|preced|met$|resolv|named|sure|answer|chang)"
    r"|dis(?:agree|allow|prov|put|appear|band|contin))"
)
_DOUBT = re.compile(r"(?:may|might|could|reportedly|alleg(?:ed|edly|es|ing))$")
_HEDGE = re.compile(
    r"(?:may|might|could|would|can|likely|if|whether|say|said|says|told"
    r"|report(?:edly|ed|s)?"
    r"|(?:alleg|accord|claim|possib|perhaps|suspect|appear|seem|believ|expect|potential|warn|argu"
    r"|suggest|accus|risk|fear|think|thought|apparent|rumou?r|unconfirm|probabl|predict|hop(?:e|ing)"
    r"|describ|doubt|unclear|consider|suppos)\w*)$"
)
_IRREGULAR = {
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
_CLAUSES = re.compile(
    r"[,;:.!?—()\n“”\"]+(?:\s|$)|\s(?:but|although|though|whereas|while|who|which|because)\s"
)
_CONTRACTED = re.compile(r"(?:(ca)|(wo)|)n['’]t\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+")
_IDLE = re.compile(
    r"\bnot (?:only|just|least)\b|\bwhether or not\b|\bno doubt\b"
    r"|\b(?:at (?:present|all)|so far|as yet|in fact)\b",
    re.IGNORECASE,
)
_NO_ONE = re.compile(r"\b(?:no[\s-]|not (?:a single )?)one\b", re.IGNORECASE)
_GRAMMAR = STOP_WORDS | {"may", "might", "must", "shall", "also", "still", "yet", "upon", "within"}
_GRAMMAR |= {"somebody", "someone", "something", "everybody", "everyone", "everything"}
_BEFORE, _AFTER = 9, 4
"""How many words after a negation, and before it, it reaches; never past its clause."""


class _Word(NamedTuple):
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
        return self.text in _NOT or bool(_REFUSED.match(self.text))


def turned(claim: str, texts: Sequence[str]) -> bool:
    """Whether the claim has a negation that no source has, or lacks one."""
    said = _polarity(claim)
    cited = [_polarity(text) for text in texts]
    return _added(said, cited) or _dropped(said, cited)


def _added(said: Sequence[_Word], cited: Sequence[Sequence[_Word]]) -> bool:
    known = [word for words in cited for word in words]
    negative = any(w.negates or _CONTRARY.match(w.text) for w in known)
    for at, word in enumerate(said):
        if not word.negates:
            continue
        if not negative or _only_lacks(said, at, cited):
            return True
        # The first word it governs that the source has, too, must stand negated there; of
        # all those that "nobody" governs, any.
        heads = _heads(said, at)
        if word.text not in _SUBJECTS:
            heads = [head for head in heads[:2] if any(_alike(w, head) for w in known)][:1]
        there = [w.reached for w in known if any(_alike(w, head) for head in heads)]
        if there and not any(there):
            return True
    return False


def _alike(word: _Word, head: str) -> bool:
    """Whether a word has the stem; of "oppose" and its like, the noun will do."""
    if word.stem == head:
        return True
    return bool(_CONTRARY.match(head)) and word.text[:5] == head[:5]


def _dropped(said: Sequence[_Word], cited: Sequence[Sequence[_Word]]) -> bool:
    shared = _overlap(said, cited)
    for words in cited:
        for at, word in enumerate(words):
            if not word.negates:
                continue
            if _only_lacks(words, at, [said]):
                return True
            # Who refuses a deal may yet discuss it, and of whom nobody survived much else is
            # true: there, little but the negation may differ.
            least = 0.5 if word.text in _NOT - _SUBJECTS else 0.8
            heads = _heads(words, at)[: None if word.text in _SUBJECTS else 1]
            denied = {w.clause for w in said if w.negates}
            mine = [w.reached or w.clause in denied for w in said if w.stem in heads]
            freely = any(w.stem in heads and not w.reached for ws in cited for w in ws)
            if mine and not any(mine) and not freely and shared >= least:
                return True
    return False


def _only_lacks(words: Sequence[_Word], at: int, others: Sequence[Sequence[_Word]]) -> bool:
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


def _has(three: tuple[str, str, str], words: Sequence[_Word]) -> bool:
    """Whether three words follow one another."""
    texts = [w.text for w in words]
    return three in zip(texts, texts[1:], texts[2:], strict=False)


def _heads(words: Sequence[_Word], at: int) -> list[str]:
    """The stems a negation governs: those after it in its clause, else the last before it."""
    clause = words[at].clause
    after = [w for w in words[at + 1 : at + 16] if w.clause == clause and w.stem]
    heads = [w.stem for w in after if not w.text.endswith("ly")]
    before = [w.stem for w in words[max(0, at - _AFTER) : at] if w.clause == clause and w.stem]
    return heads or before[-1:]


def flat(claim: str, texts: Sequence[str]) -> bool:
    """Whether the claim states as a fact what the sources say with may, could, reportedly."""
    said = _polarity(claim)
    cited = [_polarity(text) for text in texts]
    if any(_HEDGE.match(w.text) for w in said) or _overlap(said, cited) < 0.6:
        return False
    unsure: set[str] = set()
    sure: set[str] = set()
    for words in cited:
        doubtful = {w.clause for w in words if _DOUBT.match(w.text)}
        heads = {
            h for n, w in enumerate(words) if _DOUBT.match(w.text) for h in _heads(words, n)[:1]
        }
        unsure |= heads
        sure |= {w.stem for w in words if w.clause not in doubtful}
    return any(w.stem in unsure - sure for w in said)


def _overlap(said: Sequence[_Word], cited: Sequence[Sequence[_Word]]) -> float:
    """The share of the claim's meaningful words that the sources have, 0 to 1."""
    stems_ = {w.stem for w in said if w.stem}
    known = {w.stem for words in cited for w in words}
    return len(stems_ & known) / len(stems_) if stems_ else 0.0


def _polarity(text: str) -> list[_Word]:
    """The words of a text with what negates them."""
    text = _NO_ONE.sub("nobody", _IDLE.sub(" ", _CONTRACTED.sub(_spelt, text)))
    words: list[_Word] = []
    for number, clause in enumerate(_CLAUSES.split(text)):
        # The month "May" is no doubt.
        tokens = [t if t == "May" else t.lower() for t in _TOKEN.findall(clause)]
        turns = [
            (n, _reach(t)) for n, t in enumerate(tokens)
            if t in _NOT or _REFUSED.match(t) or _CONTRARY.match(t)
        ]  # fmt: skip
        for n, token in enumerate(tokens):
            reached = any(n != at and -_AFTER <= n - at <= reach for at, reach in turns)
            words.append(_Word(token, _stem(token), number, reached))
    return words


def _reach(word: str) -> int:
    if word in _SUBJECTS:
        return 100
    return _BEFORE if word in _NOT or _REFUSED.match(word) else _BEFORE // 2


def _spelt(match: re.Match[str]) -> str:
    return "can not" if match[1] else "will not" if match[2] else " not"


@functools.lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    if word in _GRAMMAR or word in _NOT or len(word) < 2:
        return ""
    return " ".join(stems(_IRREGULAR.get(word, word)))
