"""The metrics, one small file each. None needs a model; each is a pure function.

A metric says what one question adds to its score: a value of a weight, or None where the
question does not count. A score is the sum of the values over the sum of the weights.
"""

from __future__ import annotations

from eval.metrics.abstention import METRICS as ABSTENTION
from eval.metrics.answer import METRICS as ANSWER
from eval.metrics.attribution import METRICS as ATTRIBUTION
from eval.metrics.citations import METRICS as CITATIONS
from eval.metrics.evidence import METRICS as EVIDENCE
from eval.metrics.metric import Metric
from eval.metrics.quotes import METRICS as QUOTES
from eval.metrics.retrieval import METRICS as RETRIEVAL
from eval.metrics.usage import METRICS as USAGE

__all__ = ["METRICS", "Metric"]

METRICS: tuple[Metric, ...] = (
    *ANSWER,
    *EVIDENCE,
    *CITATIONS,
    *QUOTES,
    *ATTRIBUTION,
    *ABSTENTION,
    *RETRIEVAL,
    *USAGE,
)
"""In the order of a report."""
