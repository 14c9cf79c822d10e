"""Answers as JSON, to be kept for years and read back as they were.

Only the hits are left out: they are of the library as it was, and large. A field that
`Answer` gains needs a default, or older rows can't be read any more.
"""

from __future__ import annotations

import json
from dataclasses import replace

from pydantic import TypeAdapter

from rag.types import Answer

__all__ = ["answer_of", "json_of"]

_ADAPTER = TypeAdapter(Answer)


def json_of(answer: Answer) -> str:
    """The answer as JSON in ASCII: half a surrogate pair, which a model may write, is kept too."""
    return json.dumps(_ADAPTER.dump_python(replace(answer, hits=()), mode="json"))


def answer_of(text: str) -> Answer:
    """The answer that was kept.

    Raises:
        ValueError: the text is not that of an answer.
    """
    try:
        return _ADAPTER.validate_python(json.loads(text))
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
