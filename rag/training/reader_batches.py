"""Windows that `eval.learning.reader_windows` made, packed into batches to train on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from rag.reader_input import QUESTION_TOKENS, Packed, pack, tokenise

__all__ = ["Batch", "Example", "batches", "collate", "example_of", "examples"]


@dataclass(frozen=True, slots=True)
class Example:
    """A packed window and its labels."""

    window: Packed
    right: tuple[int, ...]
    start: int
    """First token of the short answer, -1 where it is not known or there is none."""
    end: int
    """Its last token."""
    group: int = -1
    """Windows of one number are read for one question; -1 stands alone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples padded to the longest; `owners` -1 and `right` 0 where there is nothing."""

    ids: Tensor
    mask: Tensor
    types: Tensor
    owners: Tensor
    right: Tensor
    start: Tensor
    end: Tensor
    groups: Tensor
    """Windows of one number are read for one question."""


def examples(path: Path, tokenizer: Tokenizer, most: int = QUESTION_TOKENS) -> list[Example]:
    """Read windows and pack them; those whose right sentences were cut off are left out.

    Windows of one group stand one after the other in the file.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = ((row, example_of(row, tokenizer, most)) for row in map(json.loads, file))
        return [example for row, example in rows if example.right or not row["right"]]


def example_of(row: dict[str, Any], tokenizer: Tokenizer, most: int = QUESTION_TOKENS) -> Example:
    """A window packed, with those of its right sentences that were not cut off.

    Of the question, or claim, `most` tokens are read.
    """
    question, title, *sentences = tokenise(
        tokenizer, [row["question"], row["title"], *row["sentences"]]
    )
    window = pack(question, title, sentences, most)
    right = tuple(n for n in row["right"] if n in window.owners)
    start = end = -1
    if row["answer"] and row["answer"][0] in right:
        n, first, last = row["answer"]
        inside = [
            t
            for t, (owner, (a, b)) in enumerate(zip(window.owners, window.offsets, strict=True))
            if owner == n and a < last and b > first
        ]
        if inside:
            start, end = inside[0], inside[-1]
    # Offsets are most of a window's memory, and no more needed.
    return Example(replace(window, offsets=()), right, start, end, row.get("group", -1))


def collate(rows: Sequence[Example]) -> Batch:
    """Pad and stack examples."""
    width = max(len(row.window.ids) for row in rows)
    count = 1 + max(max(row.window.owners) for row in rows)
    ids, mask, types = (torch.zeros(len(rows), width, dtype=torch.long) for _ in range(3))
    owners = torch.full((len(rows), width), -1, dtype=torch.long)
    right = torch.zeros(len(rows), 1 + count)
    for n, row in enumerate(rows):
        size = len(row.window.ids)
        ids[n, :size] = torch.tensor(row.window.ids)
        types[n, :size] = torch.tensor(row.window.types)
        owners[n, :size] = torch.tensor(row.window.owners)
        mask[n, :size] = 1
        right[n, [s + 1 for s in row.right] or [0]] = 1
    start, end = (torch.tensor([getattr(r, side) for r in rows]) for side in ("start", "end"))
    groups = torch.tensor([n for n, unit in enumerate(_units(rows)) for _ in unit])
    return Batch(ids, mask, types, owners, right, start, end, groups)


def batches(
    rows: Sequence[Example], size: int, epoch: int, seed: int
) -> Iterator[Sequence[Example]]:
    """An epoch's batches, in an order of its own: windows of like length lie together.

    Args:
        rows: groups one after the other; a group stays together.
        size: windows in a batch; a batch is closed when it has as many.
        epoch: of which the order is.
        seed: of the order.
    """
    rng = np.random.default_rng([seed, epoch])
    units = _units(rows)
    order = rng.permutation(len(units))
    found: list[list[Example]] = []
    for at in range(0, len(order), size * 50):
        part = sorted(
            order[at : at + size * 50], key=lambda i: max(len(r.window.ids) for r in units[i])
        )
        batch: list[Example] = []
        for i in part:
            batch += units[i]
            if len(batch) >= size:
                found.append(batch)
                batch = []
        if batch:
            found.append(batch)
    for n in rng.permutation(len(found)):
        yield found[n]


def _units(rows: Sequence[Example]) -> list[list[Example]]:
    """Groups, and each window that stands alone."""
    keys = groupby(enumerate(rows), key=lambda pair: (pair[1].group, pair[1].group < 0 and pair[0]))
    return [[row for _, row in unit] for _, unit in keys]
