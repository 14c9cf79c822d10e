"""Questions that follow others: which do, and what they are by rule, put to stand alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.conversation import Turn
from rag.name_words import CANONICAL, COMMON, TITLES
from rag.names import Name, find_names

__all__ = ["by_rule", "completed", "follows", "is_asked"]

_ASKS = r"(?:who|whom|whose|when|where|why|how|what|which)"
_HELPS = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)"
_IN = r"(?:in|at|on|near|for|with|by|from|to|of|about|after|before|since|until|during|under)"
_OPENS = re.compile(
    r"^(?:and|but|so(?!\s+(?:far|many|much)\b)|then(?!-)|also|ok(?:ay)?)\b,?\s*", re.IGNORECASE
)
_ABOUT = re.compile(r"^(?:what|how)\s+about\s+(.+?)\s*\??$", re.IGNORECASE)
_WHO_IS = re.compile(r"^(?:who|what)\s+(?:is|are|was|were)\s+(?:the\s+)?$", re.IGNORECASE)
_PERSON = re.compile(r"\b(he|him|his|she|her|hers)\b", re.IGNORECASE)
_OF_PERSON = re.compile(
    r"\b(?:his|hers|her(?=\s+(?!to|in|at|on|about|and|that|when|for|with|as|by|from|after|before"
    r"|during|this|last|yesterday|again)[a-z]))\b",
    re.IGNORECASE,
)
_THING = re.compile(
    r"\b(?:its|they|them|their|theirs)\b"
    r"|\bit\b(?!\s+(?:true|possible|likely|clear|known|certain|correct|takes?|took|that)\b(?=.*[A-Z]))"
    # Not "is there a ceasefire", "this week", "those who", "the deal that Hamas refused".
    rf"|(?<!is )(?<!are )(?<!was )(?<!were )\bthere\b(?!\s+{_HELPS}\b)"
    r"|\bthis\b(?!\s+(?:morning|afternoon|evening|week|weekend|month|year|spring|summer|autumn)\b)"
    r"|\bth[eo]se\b(?!\s+(?:who|whom|whose|in|from|of|on|at|with|held|hurt|dead|\w+ed)\b)"
    rf"|\bthat\b(?=\s*\??$)|\b(?:{_HELPS}|{_IN})\s+that\b"
    r"|\bthen\b(?!-|\s+(?:prime|president|minister|foreign|defen[cs]e|chief|head|mayor)\b)",
    re.IGNORECASE,
)
_OBJECT = re.compile(rf"\b(?:him|her|them)\b|\b{_IN}\s+(?:it|this|that)(?=\s*\??$)", re.IGNORECASE)
_CLAUSE = re.compile(r"\b(?:that|when|who|which|because|if|whether|after|before|while)\b", re.I)
_MORE = re.compile(r"\b(?:else|others|afterwards|beforehand)\b|\bnext(?=\s*\??$)", re.IGNORECASE)
"""Words that point back without standing for anything."""
_FRAME = re.compile(
    rf"^{_ASKS}(?:\s+(?:many|much|long|old|far|often|year|day|date|person|city|country))?"
    rf"(?:\s+{_HELPS})?\s+",
    re.IGNORECASE,
)
_VERB_FIRST = re.compile(rf"(?:{_IN}\s+)?{_ASKS}\b|{_HELPS}\b", re.IGNORECASE)
_HAS_VERB = re.compile(rf"\b(?:{_ASKS}|{_HELPS})\b", re.IGNORECASE)
_PREPOSITION = re.compile(rf"{_IN}\s+", re.IGNORECASE)
_TIME = re.compile(
    rf"^(?:{_IN}\s+)?(?:(?:last|next|this|early|late)\s+)?(?:[0-9]{{4}}|yesterday|today|tomorrow|now"
    r"|year|month|week|[0-9]{1,2}\s\w+(?:\s[0-9]{4})?|(?:jan|febr)uary|march|april|may|june|july"
    r"|august|(?:sept|nov|dec)ember|october|\w+day)(?:\s[0-9]{1,2},?)?(?:\s[0-9]{4})?$",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\s(?:in|on|since|during|by)\s(?:\w+\s)?[0-9]{4}\b|\s(?:yesterday|today)\b", re.I
)
_AT_PLACE = re.compile(r"\b(?:in|at|near|into|across|around|outside|inside)\s(?:the\s)?$", re.I)
_FEW_WORDS = 3


def follows(question: str) -> bool:
    """Whether a question means something that it does not name."""
    rest = _OPENS.sub("", question)
    names = find_names(rest)
    if rest != question or _ABOUT.match(rest):
        whole = (
            names and _WHO_IS.match(rest[: names[0].start]) and rest[names[-1].end :] in ("", "?")
        )
        return not whole
    if _PREPOSITION.match(rest) and not _HAS_VERB.search(rest):
        return True
    if _MORE.search(rest) or _points_back(rest, names):
        return True
    return not names and len(rest.split()) <= _FEW_WORDS


def _points_back(question: str, names: Sequence[Name]) -> bool:
    """Whether a pronoun means what was spoken of before, and no name of the question."""
    first = min((name.start for name in names), default=len(question))
    # A name before a pronoun is what the pronoun means, unless it is the verb's object:
    # "What did Netanyahu tell him?"
    if any(p.start() < first for p in _pronouns(question)):
        return True
    before = [name for name in names if name.end < len(question)]
    found = _OBJECT.search(question, first)
    return bool(
        found
        and sum(name.start < found.start() for name in before) == 1
        and not _CLAUSE.search(question, first, found.start())
        and not _OF_PERSON.match(question, found.start())
    )


def _pronouns(question: str) -> list[re.Match[str]]:
    return [*_PERSON.finditer(question), *_THING.finditer(question)]


def completed(parts: Sequence[str]) -> tuple[str, ...]:
    """The parts of a question, each so that it can be understood without the first.

    Args:
        parts: at least one, the first of which stands alone.
    """
    first = Turn(parts[0], "", "")
    return (parts[0], *(by_rule(p, first) if follows(p) else p for p in parts[1:]))


def is_asked(text: str) -> bool:
    """Whether it has the form of a question."""
    return text.endswith("?") or bool(_VERB_FIRST.match(text))


def by_rule(question: str, last: Turn) -> str:
    """The question with what it leaves out taken from the last turn."""
    rest = _OPENS.sub("", question)
    about = _ABOUT.match(rest) or (
        None if _VERB_FIRST.match(rest) else re.match(r"(.+?)\s*\??$", rest)
    )
    if about and len(about[1].split()) <= 2 * _FEW_WORDS and not _vague(about[1]):
        return _of_another(last.question, about[1])
    asked = rest[:1].upper() + rest[1:].rstrip(" ?")
    person = _person(last)
    if person and _PERSON.search(asked):

        def named(match: re.Match[str]) -> str:
            return f"{person}’s" if _OF_PERSON.match(asked, match.start()) else person

        named_once = _PERSON.sub(named, asked, count=1)
        # "And his brother?" names whom it is about, but not what is asked of him.
        return f"{named_once} ({_matter(last)})?" if about else f"{named_once}?"
    return f"{asked} ({_matter(last)})?"


def _vague(subject: str) -> bool:
    return bool(_pronouns(subject) or _MORE.search(subject))


def _of_another(question: str, subject: str) -> str:
    """The same question of something else: what is of its kind gives way, else it is added."""
    plain = question.rstrip(" ?")
    if _TIME.match(subject):
        if _WHEN.search(plain):
            plain = _WHEN.sub("", plain, count=1)
        lead = "in " if subject[0].isdigit() else ""
        return f"{plain} {lead}{subject[:1].lower()}{subject[1:]}?"
    preposition = _PREPOSITION.match(subject)
    names = list(find_names(plain))
    if preposition:
        lead = rf"\b{preposition[0].strip()}\s(?:the\s)?$"
        names = [n for n in names if re.search(lead, plain[: n.start], re.IGNORECASE)]
    bare = subject[preposition.end() :] if preposition else subject
    if not names:
        added = f" {preposition[0].lower()}{bare}" if preposition else f", {subject}"
        return f"{plain}{added}?"
    name = names[-1]
    before = re.sub(r"\b[Tt]he\s+$", "", plain[: name.start])
    return f"{before}{bare}{plain[name.end :]}?"


def _matter(last: Turn) -> str:
    """What the last question was about: its words without those that ask."""
    question = last.question.rstrip(" ?")
    # Of a question that was itself put by rule, what it was about.
    if about := re.search(r"\((.+)\)$", question):
        return about[1]
    return _FRAME.sub("", question)


def _person(last: Turn) -> str:
    """Whom "he" or "she" means: the answer to "who", else the first that was asked about."""
    if re.match(r"\W*who\b", last.question, re.IGNORECASE):
        names = find_names(last.short)
        if names:
            return names[0].text
    found = [n.text for n in find_names(last.question) if _may_be_person(n, last.question)]
    return found[0] if found else ""


def _may_be_person(name: Name, question: str) -> bool:
    words = tuple(name.text.lower().split())
    if words in CANONICAL or COMMON & set(words) or name.text.isupper():
        return False
    before = question[: name.start]
    thing = re.search(r"\bthe\s([a-z]+)\s$", before)
    if thing and thing[1] not in TITLES and len(words) == 1:  # "the ferry Halcyon"
        return False
    return not _AT_PLACE.search(before)
