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
_JOINED = re.compile(
    # What follows must be able to stand as a question: "and who …", not "and whose car …" in
    # "Say who was hurt and whose car it was", nor the "and what" of "when and where".
    rf",?\s+and\s+(?:also\s+)?(?={_ASKS}\s+(?:{_AUXILIARY}|\w+ed|\w+s)\b)"
    rf"|;\s+(?={_ASKS}\s)",
    re.IGNORECASE,
)
_LEAST_WORDS = 3


def parts_of(question: str) -> tuple[str, ...]:
    """The questions asked in one, each ending in a question mark; one where it is just one.

    Args:
        question: white space folded.
    """
    found: list[str] = []
    for sentence in _ENDS.split(question):
        pieces = _JOINED.split(sentence) if re.match(rf"\W*{_ASKS}\b", sentence, re.I) else ()
        found += pieces if len(pieces) > 1 and all(map(_stands, pieces)) else [sentence]
    # Statements before the question ("I read of a fire. Who lit it?") are not asked.
    if not 1 < len(found) <= _MOST or not all(map(_stands, found)):
        return (question,)
    return tuple(f"{part[:1].upper()}{part[1:].rstrip(' ?,;.')}?" for part in found)


def _stands(part: str) -> bool:
    return len(part.split()) >= _LEAST_WORDS
