"""The learned weights of `rag.evidence` and `rag.decision`: `models/evidence.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.errors import ModelError

__all__ = ["OTHER", "SHARED", "Weights", "load_weights"]

FloatArray = npt.NDArray[np.float32]


SHARED, OTHER = "shared wording", "other wording"
"""The file's two halves: a question whose words some sentence has is weighed otherwise than one
in words of its own."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What the file holds for one wording, in the order of the signals' names there."""

    near: FloatArray
    """float32, one per `rag.candidates.NEAR_SIGNALS`."""
    sentence: FloatArray
    """float32, one per `rag.evidence.SENTENCE_SIGNALS`."""
    confidence: FloatArray
    """float32, one per `rag.decision.CONFIDENCE_SIGNALS`, and the intercept."""
    names: Mapping[str, tuple[str, ...]]
    """The signals' names in each of the three."""


@cache
def load_weights(shared: bool) -> Weights:
    """Read the file, once.

    Args:
        shared: whether some sentence shares the question's wording
            (`rag.candidates.shares_wording`).

    Raises:
        ModelError: it is missing or damaged.
    """
    path = Path(__file__).parent / "models" / "evidence.json"
    try:
        table: dict[str, dict[str, float]] = json.loads(path.read_text())[
            SHARED if shared else OTHER
        ]
        near, sentence, confidence = (
            np.array(list(table[part].values()), dtype=np.float32)
            for part in ("near", "sentence", "confidence")
        )
        return Weights(near, sentence, confidence, {k: tuple(v) for k, v in table.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ModelError(
            "The model file evidence.json is missing or damaged; reinstall citewire."
        ) from exc
