"""Doubt: whether a claim states as a fact what its sources leave open."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.clauses import Word, heads_of, overlap, read

__all__ = ["flat"]

_DOUBT = re.compile(r"(?:may|might|could|reportedly|alleg(?:ed|edly|es|ing))$")
_HEDGE = re.compile(
    r"(?:may|might|could|would|can|likely|if|whether|say|said|says|told"
    r"|report(?:edly|ed|s)?"
    r"|(?:alleg|accord|claim|possib|perhaps|suspect|appear|seem|believ|expect|potential|warn|argu"
    r"|suggest|accus|risk|fear|think|thought|apparent|rumou?r|unconfirm|probabl|predict|hop(?:e|ing)"
    r"|describ|doubt|unclear|consider|suppos)\w*)$"
)
_TO_COME = re.compile(
    r"(?:would|expect(?:s|ed)?|likely|possibly|perhaps|probably|suspected|believed|feared|presumed"
    r"|apparently|supposedly|potentially|presumably|claim(?:s|ed)|rumou?red|hop(?:es|ed|ing)"
    r"|plan(?:s|ned)?|intend(?:s|ed)?|aims?|propos(?:es|ed|ing)|wants?|threaten(?:s|ed)|due|set"
    r"|accus(?:es|ed|ing)|consider(?:s|ed|ing))$"
)
"""Weaker words of doubt, and of what has not happened yet."""
_WITH_TO = re.compile(
    r"(?:expect(?:s|ed)?|claim(?:s|ed)|hop(?:es|ed|ing)|plan(?:s|ned)?|intend(?:s|ed)?|aims?|wants?"
    r"|propos(?:es|ed|ing)|threaten(?:s|ed)|due|set|likely)$"
)
_AHEAD = re.compile(
    r"(?:will|shall|to|should|due|set|must|unless|future|draft|ready|going|until|next|upcoming"
    r"|(?:plan|intend|aim|propos|want|threat|promis|pledg|vow|schedul|anticipat|foresee|forecast"
    r"|estimat|assum|presum|prospect|demand|insist|reckon|contend|assert|maintain|condition|target"
    r"|prepar|candidate|bid|try|tries|seek|hop)\w*)$"
)
"""What leaves a thing as open as "expected" and "would" do."""
_CERTAIN = re.compile(
    r"\b(?:has|have|had|was|were|is|been|being|be)\s(?:now\s|already\s|since\s)?"
    r"(?:proven|proved|established|confirmed|demonstrated)\b"
    r"|\b(?:prove[sd]?|proven|proof|definite(?:ly)?|undoubtedly|indisputabl[ey]|conclusive(?:ly)?"
    r"|undeniabl[ey]|certain to|certainly|in fact|beyond (?:any )?doubt|a fact|the fact"
    r"|(?:is|was|are|were) (?:now )?(?:settled|certain|clear|sure|undisputed|guaranteed)"
    r"|no doubt|without (?:any )?doubt|guaranteed?|inevitabl[ey]|established that|verified"
    r"|confirmed that|able to establish|have established|confirmation|irrefutabl[ey]"
    r"|for certain|for sure|proving)\b",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"\b(?:prov(?:e|es|ed|en|ing)|proof|definite\w*|undoubted\w*|indisput\w*|conclu\w+|undeniab\w*"
    r"|certain\w*|fact|facts|beyond doubt|settled|clear\w*|undisputed|guarant\w+|no doubt"
    r"|inevitab\w*|establish\w*|confirm\w*|verif\w+|found that|finding that|acknowledg\w*|admit\w*"
    r"|conced\w*|officially|show\w*|demonstrat\w*|reveal\w*|ruled|verdict|convict\w*|evidence"
    r"|determin\w*|evident\w*|actually|indeed|sure|really|assur\w*|insist\w*|without question"
    r"|must|corroborat\w*|bound to|decided|announc\w*|final\w*|agreed)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:not|n['’]t|yet to|never)\s(?:yet\s)?(?:rul\w+ out|exclud\w+)\b(?P<what>[^.;]*)"
)
_POSSIBLE = re.compile(
    r"\b(?:rul\w+|exclud\w+|possib\w*|may|might|could|consider\w*|perhaps|potential\w*|open|option"
    r"|not|chance|whether|if|conceivabl\w*|likely)\b",
    re.IGNORECASE,
)
_EXACT = re.compile(r"\b(?:exactly|precisely)\b", re.IGNORECASE)
_ROUGH = re.compile(
    r"\b(?:about|around|some|roughly|approximately|perhaps|nearly|almost|more than|less than|over"
    r"|under|at least|up to|estimat\w*|an average)\b",
    re.IGNORECASE,
)


def flat(claim: str, texts: Sequence[str]) -> bool:
    """Whether the claim states as a fact what the sources say with may, could, reportedly.

    Also where it adds that a thing is proved, confirmed or certain, and no source does.
    """
    text = " ".join(texts)
    if _CERTAIN.search(claim) and not (_SURE.search(text) or _CERTAIN.search(text)):
        return True
    if _EXACT.search(claim) and not _EXACT.search(text) and _ROUGH.search(text):
        return True
    if any(_left_open(claim, t) for t in texts):
        return True
    said = read(claim)
    cited = [read(t) for t in texts]
    if any(_HEDGE.match(w.text) for w in said) or overlap(said, cited) < 0.6:
        return False
    if _stated(said, cited, _DOUBT):
        return True
    open_ = any(_AHEAD.match(w.text) for w in said)
    done = [
        word
        for to, has, word in zip(said, said[1:], said[2:], strict=False)
        if has.text in ("has", "have", "had", "already") and to.text != "to"
    ]
    return _stated(done if open_ else said, cited, _TO_COME)


def _stated(said: Sequence[Word], cited: Sequence[Sequence[Word]], doubt: re.Pattern[str]) -> bool:
    """Whether a verb of the claim stands in the sources only behind such a word."""
    unsure: set[str] = set()
    sure: set[str] = set()
    for words in cited:
        doubtful = {w.clause for w in words if doubt.match(w.text)}
        unsure |= {h for n, w in enumerate(words) if doubt.match(w.text) for h in _head(words, n)}
        sure |= {w.stem for w in words if w.clause not in doubtful}
    return any(w.stem in unsure - sure for w in said)


def _head(words: Sequence[Word], at: int) -> list[str]:
    """The verb that a word of doubt governs, of "expected to ask" the asking."""
    following = words[at + 1 : at + 3]
    if words[at].text == "would":
        return [w.stem for w in following if w.stem][:1]
    if _WITH_TO.match(words[at].text) and not (following and following[0].text == "to"):
        return []
    return heads_of(words, at)[:1]


def _left_open(claim: str, text: str) -> bool:
    """Whether it states what a source only says is not ruled out."""
    match = _OPEN.search(text)
    if match is None or _POSSIBLE.search(claim):
        return False
    ruled = {w.stem for w in read(match["what"])[:6] if w.stem}
    return any(w.stem in ruled for w in read(claim))
