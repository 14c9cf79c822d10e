"""Reading a judge's reply: exactly a verdict, or nothing."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

__all__ = ["Verdict", "read_verdict"]


class Verdict(NamedTuple):
    """One vote."""

    correct: bool
    faithful: bool
    reason: str


def read_verdict(text: str) -> Verdict | None:
    """The verdict of a reply, or None for anything that is not exactly one.

    A verdict that has to be searched for in prose may be a quotation from the answer, and a
    `"true"` may be a word of it; guessing would let the graded text grade itself.
    """
    text = text.strip()
    fenced = re.fullmatch(r"```(?:json)?[ \t]*\n(.*)\n[ \t]*```", text, re.DOTALL | re.IGNORECASE)
    try:
        found = json.loads(fenced[1] if fenced else text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or set(found) != {"correct", "faithful", "reason"}:
        return None
    correct, faithful, reason = found["correct"], found["faithful"], found["reason"]
    if not (isinstance(correct, bool) and isinstance(faithful, bool) and isinstance(reason, str)):
        return None
    # "\ud800" is valid JSON, but no text that could be written to a file.
    line = " ".join(reason.encode("utf-8", "replace").decode().split())
    return Verdict(correct, faithful, line[:300])


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)
