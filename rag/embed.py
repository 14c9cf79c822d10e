"""The embedder: all-MiniLM-L6-v2 in int8 on onnxruntime, from files inside the package.

Nothing is downloaded. Both files are checked against the sums they were tested with.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

# onnxruntime sends usage events to its maker, and keeps them in the home directory until it
# can, unless this is set before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from rag.errors import ModelError

__all__ = ["DIMENSIONS", "MODEL_SHA256", "Embedder"]

DIMENSIONS = 384
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MAX_TOKENS = 256

BATCH = 4
"""Texts a run. Padding costs more than calls do: batches of 1 to 4 of like length embed
19 to 20 passages of 161 tokens a CPU-second, batches of 16 only 7."""


class Embedder:
    """Turns texts into unit vectors: float32, (n, 384).

    Raises:
        ModelError: a model file is missing or altered.
    """

    def __init__(self, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning threads would burn a laptop's other core between two questions.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._tokenizer = Tokenizer.from_str(_checked("tokenizer.json", TOKENIZER_SHA256).decode())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        model = _checked("embedder.onnx", MODEL_SHA256)
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {i.name for i in self._session.get_inputs()}

    def embed(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """Embed texts, shortest first in small batches, and return them in their order.

        Args:
            texts: any number; words past 256 tokens don't count.
            progress: called with the number of texts done since the last call.
        """
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        encoded = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            vectors[batch] = self._run([encoded[i].ids for i in batch])
            if progress:
                progress(len(batch))
        return vectors

    def _run(self, rows: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        width = max(len(row) for row in rows)
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        out = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0]
        if out.ndim == 3:  # token vectors: the mean over real tokens is the text's vector
            weights = mask[:, :, None].astype(np.float32)
            out = (out * weights).sum(axis=1) / weights.sum(axis=1)
        pooled: npt.NDArray[np.float32] = out.astype(np.float32)
        unit: npt.NDArray[np.float32] = pooled / np.maximum(
            np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12
        )
        return unit


def _checked(name: str, sha256: str) -> bytes:
    try:
        content = (Path(__file__).parent / "models" / name).read_bytes()
    except OSError as exc:
        raise ModelError(
            f"The model file {name} is missing from the installation; reinstall citewire."
        ) from exc
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelError(
            f"The model file {name} differs from the one that was tested; reinstall citewire."
        )
    return content
