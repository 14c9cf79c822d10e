"""The evidence reader: which sentence of a window of an article answers, or that none does.

A cross-encoder made by `rag.training.reader` from all-MiniLM-L6-v2; docs/reader.md has what
it was trained on and how well it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.model_files import open_model, open_tokenizer
from rag.reader_input import QUESTION_TOKENS, Packed, pack, tokenise

__all__ = ["EVIDENCE_READER", "LONGEST_ANSWER", "Read", "Reader", "ReaderFile", "Window"]

LONGEST_ANSWER = 24
"""Tokens in a short answer."""

FloatArray = npt.NDArray[np.float32]


class ReaderFile(NamedTuple):
    """A network of this kind."""

    name: str
    """Of its file among the models."""
    sha256: str
    most: int
    """Tokens it reads of a question."""


EVIDENCE_READER = ReaderFile(
    "reader.onnx",
    "791af693935ce05fd2d640bf6624a57fd4dfe19d4d45f2af6bffbc6221ee3820",
    QUESTION_TOKENS,
)


class Window(NamedTuple):
    """Sentences that stand together in an article."""

    title: str
    """From `rag.reader_input.title_line`."""
    sentences: tuple[str, ...]


class Read(NamedTuple):
    """What the reader makes of one sentence."""

    margin: float
    """Log-odds that it answers against that none of its window does."""
    start: int
    """First character of the short answer within the sentence."""
    end: int
    """And the one after its last."""


class Reader:
    """Reads windows of articles for a question.

    Raises:
        ModelError: a model file is missing or altered.
    """

    def __init__(self, threads: int = 2, file: ReaderFile = EVIDENCE_READER) -> None:
        self._threads = threads
        self._most = file.most
        self._tokenizer = open_tokenizer(None)
        self._session = open_model(file.name, file.sha256)

    def read(self, question: str, windows: Sequence[Window]) -> list[tuple[Read, ...]]:
        """A `Read` for each sentence of each window, in order.

        Sentences that do not fit into 256 tokens with the question have none. What is read of
        a window does not depend on the others.
        """
        packed = self._packed(question, windows)
        with ThreadPoolExecutor(self._threads) as pool:
            # Windows run one by one: padding costs more than calls, and activations are
            # quantised by the run. The longest go first, so that all threads end together.
            order = sorted(range(len(packed)), key=lambda n: -len(packed[n].ids))
            running = {n: pool.submit(self._read, packed[n]) for n in order}
            return [running[n].result() for n in range(len(packed))]

    def _packed(self, question: str, windows: Sequence[Window]) -> list[Packed]:
        texts = [question, *(w.title for w in windows), *(s for w in windows for s in w.sentences)]
        asked, *rest = tokenise(self._tokenizer, texts)
        titles, sentences = rest[: len(windows)], iter(rest[len(windows) :])
        return [
            pack(asked, title, [next(sentences) for _ in window.sentences], self._most)
            for title, window in zip(titles, windows, strict=True)
        ]

    def _read(self, window: Packed) -> tuple[Read, ...]:
        ids = np.array([window.ids], dtype=np.int64)
        types = np.array([window.types], dtype=np.int64)
        tokens, none = self._session.run(
            ["tokens", "none"],
            {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types},
        )
        owners = np.array(window.owners)
        return tuple(
            _of_sentence(np.flatnonzero(owners == n), tokens[0], float(none[0, 0]), window)
            for n in range(owners.max() + 1)
        )


def _of_sentence(
    where: npt.NDArray[np.intp], tokens: FloatArray, none: float, window: Packed
) -> Read:
    if not len(where):
        return Read(-none, 0, 0)
    answers, starts, ends = tokens[where].T
    # As in training: the mean, and the log-sum-exp of the starts.
    top = float(starts.max())
    score = float(answers.mean()) + top + float(np.log(np.exp(starts - top).sum()))
    spans = np.triu(starts[:, None] + ends[None, :]) + np.tril(
        np.full((len(where), len(where)), -np.inf), -1
    )
    spans[np.triu_indices(len(where), LONGEST_ANSWER)] = -np.inf
    first, last = np.unravel_index(int(spans.argmax()), spans.shape)
    return Read(score - none, window.offsets[where[first]][0], window.offsets[where[last]][1])
