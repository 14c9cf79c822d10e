"""Signs in a text that its reader does not see: controls, zero-width signs, marks of direction.

They stay in an article's text, which is kept as it was read. They are counted and marked where it
is shown, and models, which would take `Ha<zero-width>mas` for another word, read it without them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

__all__ = ["HIDDEN", "hidden_in", "named", "with_hidden", "without_hidden"]

# Joiners shape the letters of many scripts, and make one picture of several emoji: between two
# signs that are not ASCII they belong to the text.
_JOINER = r"(?<![^\x00-\x7f\s])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f\s])"
HIDDEN = re.compile(
    r"(?P<control>\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f])"
    rf"|(?P<zero_width>[\u00ad\u180e\u200b\u2060-\u2064\ufeff]|{_JOINER})"
    r"|(?P<direction>[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])"
)
"""One of them. A terminal's command is one: what is left of it without its first sign would be
taken for words. White space is none."""
_NAMES = {"control": "control", "zero_width": "zero-width", "direction": "direction"}


def hidden_in(text: str) -> dict[str, int]:
    """How many there are: of `control`, `zero-width` and `direction`, those that there are."""
    found = Counter(_NAMES[m.lastgroup or "control"] for m in HIDDEN.finditer(text))
    return {kind: found[kind] for kind in _NAMES.values() if found[kind]}


def without_hidden(text: str) -> str:
    """The text without them."""
    return HIDDEN.sub("", text)


def with_hidden(text: str, mark: Callable[[str], str]) -> str:
    """The text with each of them as `mark` gives it."""
    return HIDDEN.sub(lambda m: mark(m[0]), text)


def named(sign: str) -> str:
    """What to show in the place of one: `U+200B`; of a terminal's command, its first."""
    return f"U+{ord(sign[0]):04X}"
