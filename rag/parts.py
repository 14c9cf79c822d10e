"""Questions in one: "Who led the talks, and when did they begin?" is two."""

from __future__ import annotations

import re

__all__ = ["parts_of"]

_MOST = 4
_ASKS = r"(?:who|whom|whose|when|where|why|how|what|which)"
_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|to)"
)
_ENDS = re.compile(r"(?<=\?)\s+(?=\S)")
_IN = r"(?:in|at|on|for|with|by|from|to|of|about|since|until)"
_JOINED = re.compile(
    # What follows must be able to stand as a question: "and who …", not "and whose car …" in
    # "Say who was hurt and whose car it was", nor the "and what" of "when and where".
    rf",?\s+and\s+(?:also\s+)?(?=(?:{_IN}\s+)?{_ASKS}\s+(?:{_AUXILIARY}|\w+ed|\w+s)\b)"
    rf"|,?\s+and\s+(?:also\s+)?(?=how\s+(?:many|much|long|often|far|old)\b)"
    rf"|,?\s+and\s+(?:also\s+)?(?=(?:{_IN}\s+)?(?:which|what|whose)\s+\w+\s+(?:{_AUXILIARY}|\w+ed)\b)"
    rf"|;\s+(?=(?:{_IN}\s+)?{_ASKS}\s)",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"\b(?:about|say|says|said|know|knows|knew|tell|told|explain|explained|clear)\s+"
    rf"(?:to\s+\w+\s+)?{_ASKS}\b",
    re.IGNORECASE,
)
"""A question within one: what follows it may belong to that."""
_LEAST_WORDS = 3


def parts_of(question: str) -> tuple[str, ...]:
    """The questions asked in one, each ending in a question mark; one where it is just one.

    Args:
        question: white space folded. A later part may mean something that the first names.
    """
    found: list[str] = []
    for sentence in _ENDS.split(question):
        asks = re.match(rf"\W*(?:{_IN}\s+)?{_ASKS}\b", sentence, re.IGNORECASE)
        pieces = _JOINED.split(sentence) if asks and not _WITHIN.search(sentence) else ()
        found += pieces if len(pieces) > 1 and all(map(_stands, pieces)) else [sentence]
    # Statements before the question ("I read of a fire. Who lit it?") are not asked.
    if not 1 < len(found) <= _MOST or not all(map(_stands, found)):
        return (question,)
    return tuple(f"{part[:1].upper()}{part[1:].rstrip(' ?,;.')}?" for part in found)


def _stands(part: str) -> bool:
    return len(part.split()) >= _LEAST_WORDS
