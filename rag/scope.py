"""Scope: whether a claim speaks of all where its sources speak of some."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.clauses import Word, overlap, read, stem_of
from rag.limits import beyond
from rag.numbers import find_numbers

__all__ = ["widened"]

_ALL = re.compile(
    r"(?:all|every|everyone|everybody|everything|each|whole|wholly|entire|entirely|always"
    r"|everywhere|complete(?:ly)?|unanimous(?:ly)?|total(?:ly)?)$"
)
_ANY = re.compile(
    r"(?:any|anyone|anything|anybody|no|none|nobody|nothing|never|both|without|full(?:y)?|throughout"
    r"|across|universal\w*|solid|exclusive\w*|together|country|nationwide|100|hundred|ever|intact"
    r"|daily|weekly|monthly|yearly|annual\w*|nightly|hourly|per|apiece|otherwise|rest|remaining"
    r"|single|joint\w*|common|general|comprehensive|neither|nowhere|only|whatever|whoever|wherever"
    r"|overall|blanket|outright|absolute\w*|invariabl\w*|constant\w*|permanent\w*|round|last"
    r"|dead|sold|wiped|unbroken|regular\w*|usual\w*|individual\w*|respective\w*|their|other|those)$"
)
"""Words that may imply a whole; what they imply is not looked into."""
_IDIOM = re.compile(
    r"\b(?:at all|after all|above all|in all|first of all|all along|all the (?:more|same|while)"
    r"|all but|all right|all of a sudden|not all|not every\w*|all kinds|all sorts|all told|all too"
    r"|once and for all|all[- ]time|all out|as a whole|on the whole|(?:all|the whole|entire)"
    r" (?:day|night|morning|afternoon|evening|week|month|year|summer|winter|season)(?: long)?"
    r"|all (?:over|through|around|round|across|along)|every (?:time|now|so|other)|each other"
    r"|every (?:day|week|month|year|night|hour|morning|evening|\w+ \w+s)"
    r"|by all means|all day|a total of|total(?:ly|ling|led)?|complete[ds]?|most of all|go all)\b",
    re.IGNORECASE,
)
_PART_OF = re.compile(r"\b(?:part|half|most|much|some|third|quarter) (?:of )?the\b", re.IGNORECASE)
_PART = re.compile(
    r"(?:some|several|many|few|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+ty"
    r"|[a-z]+teen|half|third|quarter|part|partly|most|mostly"
    r"|various|certain|number|average|majority|minority|dozens|dozen|hundreds|largely|percent"
    r"|[0-9]+|nearly|almost|handful|numerous|multiple|thirds|quarters|more|least|typical\w*)$"
)
_NEARLY = re.compile(
    r"\b(?:nearly|almost|practically|virtually|all but|narrowly|close to|verge|brink|not quite"
    r"|just short|on course|approach\w*|near|about|around|roughly|some|approximately|partly"
    r"|mostly|largely|most|mainly|hardly|all the way|threaten\w*|risk\w*|came near|bar|except"
    r"|point of|avoid\w*|escap\w*|miss\w*|bare\w*|only just|over 9\d|more than 9\d)\b",
    re.IGNORECASE,
)
_ALMOST = re.compile(
    r"\b(?:nearly|almost|practically|virtually|all but)\s(?=[a-z])(?P<word>[a-z]+)", re.IGNORECASE
)
_THE = re.compile(
    r"\b(?:the|his|her|its|their|these|those)\s((?:[\w-]+\s){0,2}[\w-]+)", re.IGNORECASE
)
_ONLY = re.compile(r"\b(?:only|solely|exclusively)\b", re.IGNORECASE)
_ONLY_TIME = re.compile(
    r"\bonly (?:[a-z]+ ){0,1}(?:[0-9]|recent|after|when|later|just|now|on \w+day|in (?:19|20)|once"
    r"|then|earlier|last|this|minutes|hours|days|weeks|months|years|yesterday|since|until|if"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|a|an|the second|slightly|briefly)|\bif only\b|\bnot only\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\b(?:only|just|solely|merely|mere|sole|lone|alone|exclusive\w*|but|except\w*|unless|until"
    r"|until|one|single|nothing|nobody|no|not|never|few|limited|restrict\w*|last|first|other"
    r"|without|apart|however|confined|barely|unique\w*|rest|all|every|both|small|little|rare\w*"
    r"|as low as|at most|up to|less|fewer|under|simply|purely|strictly|so far|reserved|must"
    r"|needs?|requires?|depends?|after|before|provided|condition\w*|if)\b",
    re.IGNORECASE,
)
_ONE_OF = re.compile(r"\b(?:one|either) of (?:the|its|their|his|her) (?:two|three|four)\b", re.I)
_ONLY_SOME = re.compile(
    r"\bonly (?:some|part|half|a (?:few|handful|part|third|quarter|fraction))\b", re.IGNORECASE
)
_SOME = re.compile(
    r"\b(?:only|some|part\w*|half|few|handful|third|quarter|fraction|just|several|%|percent|of)\b"
    r"(?! (?:them|whom|which|the)\b)",
    re.IGNORECASE,
)
_OF_ALL = re.compile(r"\b(?:of all time|in the world|anywhere|(?:by|of|in) any [a-z]+)\b", re.I)
_MANY = re.compile(r"\b(?:several|many|numerous|multiple|dozens of|hundreds of)\s", re.IGNORECASE)
_MOST = re.compile(r"^most\s(?:of\s|[a-z]+s\s)|\bmost of\b|\bthe majority of\b", re.IGNORECASE)
_LARGELY = re.compile(
    r"\b(?:most\w*|majority|main\w*|large\w*|bulk|half|all|every|each|both|predominantly|thirds"
    r"|quarters|[5-9][0-9](?:\.[0-9]+)?\s?(?:%|per\s?cent)|nine|eight|chiefly|primarily|entire"
    r"|whole|typical\w*|usual\w*|general\w*|widespread|overwhelming\w*|out of|nearly"
    r"|[0-9]+ of the|\w+(?:ty|teen|\w-\w+) of the|almost|in ten)\b",
    re.IGNORECASE,
)


def widened(claim: str, texts: Sequence[str]) -> bool:
    """Whether the claim covers more, or another part, than any source does.

    `All` or `only` that no source has or implies; `nearly` left out; `several` for one; a
    limit turned round, such as `above` for `below`.
    """
    said = read(claim)
    cited = [read(text) for text in texts]
    text = " ".join(texts)
    if _all_for_some(claim, said, text, cited) or _only(claim, text) or _most(claim, text):
        return True
    if _almost(claim, said, texts, cited) or _number(claim, text, said, cited):
        return True
    return any(beyond(claim, t) for t in texts) and not any(
        w.negates for words in (said, *cited) for w in words
    )


def _all_for_some(
    claim: str, said: Sequence[Word], text: str, cited: Sequence[Sequence[Word]]
) -> bool:
    rest = read(claim if _PART_OF.search(text) else _IDIOM.sub(" ", claim))
    if not any(_ALL.match(w.text) for w in rest) or overlap(said, cited) < 0.4:
        return False
    known = {w.text for words in cited for w in words}
    if any(_ALL.match(word) for word in known):
        # "Nearly all" is not "all".
        whole = [m.start() for m in re.finditer(r"(?i)\b(?:all|every|whole|entire)\b", text)]
        near = [re.search(r"(?i)(?:nearly|almost|virtually|not)\s$", text[:at]) for at in whole]
        return bool(whole) and all(near) and not _NEARLY.search(claim) and not _denied(said)
    if any(_ANY.match(word) for word in known):
        # Only where the very noun is said of a part is the whole too much.
        return any(_partial(noun, cited) for noun in _wholes(rest))
    # "The three suspects" are all of them.
    parts = re.sub(r"(?i)\b(?:the|his|her|its|their|these|those)\s[a-z0-9-]+\b", " ", text)
    return any(_PART.match(w.text) for w in read(parts)) or not _definite(rest, text)


def _denied(words: Sequence[Word]) -> bool:
    return any(w.negates for w in words)


def _wholes(words: Sequence[Word]) -> list[str]:
    """The stems that "all", "every" or "whole" stand before."""
    found: list[str] = []
    for at, word in enumerate(words):
        if _ALL.match(word.text):
            after = [w.stem for w in words[at + 1 : at + 5] if w.stem and w.clause == word.clause]
            found += after[:2]
    return found


def _partial(noun: str, cited: Sequence[Sequence[Word]]) -> bool:
    """Whether a source speaks of a part of them: some of the, several, 40 of her."""
    for words in cited:
        for at, word in enumerate(words):
            if word.stem != noun:
                continue
            near = [w.text for w in words[max(0, at - 4) : at] if w.clause == word.clause]
            if any(_PART.match(w) for w in near) and not any(_ANY.match(w) for w in near):
                return True
    return False


def _definite(words: Sequence[Word], text: str) -> bool:
    """Whether the source has the same noun with an article: the suspects are all of them."""
    nouns = _wholes(words)
    known = {stem_of(w.lower()) for form in _THE.findall(text) for w in form.split()}
    return not nouns or bool(known & set(nouns))


def _only(claim: str, text: str) -> bool:
    return bool(_ONLY.search(_ONLY_TIME.sub(" ", claim))) and not _ALONE.search(text)


def _most(claim: str, text: str) -> bool:
    return (
        bool(_MOST.search(claim))
        and not _LARGELY.search(text)
        and bool(
            re.search(r"(?i)\b(?:some|several|many|few|a number|dozens|handful|certain)\b", text)
        )
    )


def _almost(
    claim: str, said: Sequence[Word], texts: Sequence[str], cited: Sequence[Sequence[Word]]
) -> bool:
    """Whether a claim drops the "nearly" of what nearly happened."""
    if _NEARLY.search(claim) or _denied(said) or overlap(said, cited) < 0.6:
        return False
    mine = {w.stem for w in said if w.stem}
    for text in texts:
        for match in _ALMOST.finditer(text):
            if match["word"].lower() in ("all", "every", "a", "the") or _is_count(match["word"]):
                continue
            clause = re.split(r"[,;.]", text[match.start("word") :])[0]
            behind = [w.stem for w in read(clause)[:5] if w.stem]
            if behind and len(mine & set(behind)) * 2 >= len(behind):
                return True
    return False


def _is_count(word: str) -> bool:
    return word[0].isdigit() or bool(find_numbers(word))


def _number(claim: str, text: str, said: Sequence[Word], cited: Sequence[Sequence[Word]]) -> bool:
    """One of the two for both; several for one."""
    if _ONE_OF.search(claim) and re.search(r"(?i)\b(?:both|all)\b", text):
        return not re.search(r"(?i)\b(?:one|either|an?y)\b", text)
    if _ONLY_SOME.search(claim) and not _SOME.search(text):
        return True
    if _OF_ALL.search(claim) and re.search(r"(?i)\b(?:most|[a-z]{3,}est)\b", claim):
        return not re.search(r"(?i)\b(?:any|anywhere|world\w*|global\w*|all|ever|record)\b", text)
    for match in _MANY.finditer(claim):
        for noun in re.findall(r"[A-Za-z]+", claim[match.end() :])[:3]:
            one = noun[:-1] if noun.endswith("s") else ""
            if len(one) > 2 and re.search(rf"(?i)\b(?:an?|one)\s(?:\w+\s)?{one}\b", text):
                return not re.search(rf"(?i)\b{noun}\b", text)
    return False
