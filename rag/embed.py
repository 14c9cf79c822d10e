"""The embedder: all-MiniLM-L6-v2 in int8 on onnxruntime, from files inside the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from rag.model_files import open_model, open_tokenizer

__all__ = ["DIMENSIONS", "MODEL_SHA256", "Embedder"]

DIMENSIONS = 384
MODEL_SHA256 = "b5d586fa1b90303436ac87369327d822c7ab8f12c99bcae8e18b12d033a8c21d"
MAX_TOKENS = 256

BATCH = 4
"""Texts a run. Padding costs more than calls do: on 804 texts of 5 to 240 tokens, batches of
2 and 4 took 10.7 CPU-seconds, of 1 11.8, of 16 11.7. Activations are quantised by the batch, so
a text's vector depends a little on the texts beside it (cosine .98 and more)."""


class Embedder:
    """Turns texts into unit vectors: float32, (n, 384).

    Raises:
        ModelError: a model file is missing or altered.
    """

    def __init__(self, threads: int = 2) -> None:
        self._threads = threads
        self._tokenizer = open_tokenizer(MAX_TOKENS)
        self._session = open_model("embedder.onnx", MODEL_SHA256)

    def embed(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """Embed texts, shortest first in small batches, and return them in their order.

        Args:
            texts: any number; words past 256 tokens don't count.
            progress: called with the number of texts done since the last call; what it raises
                ends the work.
        """
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        encoded = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
        batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]

        def run(batch: Sequence[int]) -> npt.NDArray[np.float32]:
            return self._run([encoded[i].ids for i in batch])

        pool = ThreadPoolExecutor(self._threads)
        try:
            # One question needs no second thread.
            results = pool.map(run, batches) if len(batches) > 1 else map(run, batches)
            for batch, found in zip(batches, results, strict=True):
                vectors[batch] = found
                if progress:
                    progress(len(batch))
        finally:
            # Whoever raises in `progress` does not wait for the rest.
            pool.shutdown(cancel_futures=True)
        return vectors

    def _run(self, rows: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        """Vectors of tokenised texts; the model takes the mean and scales it to length 1."""
        width = max(len(row) for row in rows)
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        out: npt.NDArray[np.float32] = self._session.run(
            None, {"input_ids": ids, "attention_mask": mask}
        )[0]
        return out
