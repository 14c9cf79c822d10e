"""Trains the evidence reader on windows that `eval.learning.reader_windows` made.

    python -m rag.training.reader --weights model.safetensors --windows public.jsonl.gz \
        --out stage1.safetensors --checkpoint stage1.pt
    python -m rag.training.reader --weights stage1.safetensors --windows own.jsonl.gz ... \
        --out reader.safetensors --rate 5e-5

A cross-encoder: all-MiniLM-L6-v2 reads question and window together. Every token of the window
gets three logits: `a`, that its sentence answers, and `start` and `end` of the short answer;
the first token gets `c`, that no sentence does. A sentence's score is the mean of its `a` plus
the log-sum-exp of its `start`; the loss is that of a softmax over {none, sentences}, plus that
of start and end over the window's tokens.

A run that was stopped goes on from its checkpoint. Seeded; on the same processor, with the
same number of threads, two runs give the same weights.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from rag.reader_input import Packed, pack, tokenise

__all__ = ["Batch", "Example", "ReaderNet", "batches", "examples", "loss_of"]

TOKENIZER = Path(__file__).parent.parent / "models" / "tokenizer.json"
LAYERS, HEADS, WIDTH, EPSILON = 6, 12, 384, 1e-12
_FAR = -1e4


@dataclass(frozen=True, slots=True)
class Example:
    """A packed window and its labels."""

    window: Packed
    right: tuple[int, ...]
    start: int
    """First token of the short answer, -1 where it is not known or there is none."""
    end: int
    """Its last token."""


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


class _Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.mix = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.first = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.second = nn.LayerNorm(WIDTH, eps=EPSILON)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        size = hidden.shape[:2]
        query, key, value = (
            part(hidden).view(*size, HEADS, -1).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, mask)
        hidden = self.first(hidden + self.mix(mixed.transpose(1, 2).reshape(*size, WIDTH)))
        wide = functional.gelu(self.wide(hidden))
        return self.second(hidden + self.narrow(wide))


class ReaderNet(nn.Module):
    """The reader in torch. `forward` gives token logits (batch, tokens, 3) and null (batch,)."""

    def __init__(self, layers: int = LAYERS) -> None:
        super().__init__()
        self.words = nn.Embedding(30522, WIDTH)
        self.positions = nn.Embedding(512, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.layers = nn.ModuleList(_Layer() for _ in range(layers))
        self.tokens = nn.Linear(WIDTH, 3)
        self.null = nn.Linear(WIDTH, 1)
        for head in (self.tokens, self.null):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        self.frozen = 0

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """All of one shape, (batch, tokens); the mask is 1 where there is a token."""
        bias = (~mask.bool())[:, None, None, :].float() * _FAR
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.frozen == 0):
            where = torch.arange(ids.shape[1])
            hidden = self.norm(self.words(ids) + self.positions(where) + self.types(types))
        for n, layer in enumerate(self.layers):
            with torch.set_grad_enabled(torch.is_grad_enabled() and n >= self.frozen - 1):
                hidden = layer(hidden, bias)
        return self.tokens(hidden), self.null(hidden[:, 0])[:, 0]

    def freeze(self, count: int) -> None:
        """Leave the embeddings and all but the last layers as they are; 0 trains everything."""
        self.frozen = count
        parts: list[nn.Module] = []
        if count:
            parts = [self.words, self.positions, self.types, self.norm, *self.layers[: count - 1]]
        for part in parts:
            part.requires_grad_(False)


_OFFICIAL = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "mix",
    "attention.output.LayerNorm": "first",
    "intermediate.dense": "wide",
    "output.dense": "narrow",
    "output.LayerNorm": "second",
}
_EMBEDDINGS = {
    "word_embeddings": "words",
    "position_embeddings": "positions",
    "token_type_embeddings": "types",
    "LayerNorm": "norm",
}


def renamed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The official weights of all-MiniLM-L6-v2 under our names; ours as they are."""
    if not any(name.startswith("embeddings.") for name in weights):
        return weights
    found: dict[str, Tensor] = {}
    for name, value in weights.items():
        parts = name.split(".")
        if parts[0] == "embeddings" and parts[1] in _EMBEDDINGS:
            found[f"{_EMBEDDINGS[parts[1]]}.{parts[2]}"] = value
        elif parts[0] == "encoder":
            ours = _OFFICIAL[".".join(parts[3:-1])]
            found[f"layers.{parts[2]}.{ours}.{parts[-1]}"] = value
    return found


def scores_of(tokens: Tensor, null: Tensor, owners: Tensor, count: int) -> Tensor:
    """Scores (batch, 1 + sentences): none first; far below all where there is no sentence."""
    own = owners[:, None, :] == torch.arange(count)[None, :, None]
    size = own.sum(-1)
    mean = (own * tokens[:, None, :, 0]).sum(-1) / size.clamp(min=1)
    start = torch.where(own, tokens[:, None, :, 1], torch.tensor(_FAR)).logsumexp(-1)
    sentences = torch.where(size > 0, mean + start, torch.tensor(_FAR))
    return torch.cat([null[:, None], sentences], dim=1)


def loss_of(net: ReaderNet, batch: Batch, span_weight: float = 0.2) -> Tensor:
    """The mean loss of a batch."""
    tokens, null = net(batch.ids, batch.mask, batch.types)
    scores = scores_of(tokens, null, batch.owners, batch.right.shape[1] - 1)
    belief = scores.log_softmax(dim=1)
    loss = -torch.where(batch.right > 0, belief, torch.tensor(_FAR)).logsumexp(1).mean()
    known = batch.start >= 0
    if known.any():
        inside = torch.where((batch.owners >= 0)[..., None], tokens, torch.tensor(_FAR))[known]
        for column, where in ((1, batch.start), (2, batch.end)):
            share = known.float().mean() * span_weight
            loss = loss + share * functional.cross_entropy(inside[:, :, column], where[known])
    return loss


def examples(path: Path, tokenizer: Tokenizer) -> list[Example]:
    """Read windows and pack them; those whose right sentences were cut off are left out."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    found = (_example(row, tokenizer) for row in rows)
    return [example for example in found if example is not None]


def _example(row: dict[str, Any], tokenizer: Tokenizer) -> Example | None:
    question, title, *sentences = tokenise(
        tokenizer, [row["question"], row["title"], *row["sentences"]]
    )
    window = pack(question, title, sentences)
    right = tuple(n for n in row["right"] if n in window.owners)
    if row["right"] and not right:
        return None
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
    return Example(window, right, start, end)


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
    return Batch(ids, mask, types, owners, right, start, end)


def batches(
    rows: Sequence[Example], size: int, epoch: int, seed: int
) -> Iterator[Sequence[Example]]:
    """An epoch's batches, in an order of its own: windows of like length lie together."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(rows))
    found: list[list[Example]] = []
    for at in range(0, len(order), size * 50):
        part = sorted(order[at : at + size * 50], key=lambda i: len(rows[i].window.ids))
        found += [[rows[i] for i in part[b : b + size]] for b in range(0, len(part), size)]
    for n in rng.permutation(len(found)):
        yield found[n]


def train(args: argparse.Namespace) -> None:
    """Train from the arguments of `main`, going on from the checkpoint where there is one."""
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = [row for path in args.windows for row in examples(path, tokenizer)]
    net = ReaderNet(args.layers)
    missing, unexpected = net.load_state_dict(renamed(load_file(args.weights)), strict=False)
    print(f"{len(rows)} windows; new {sorted(missing)}; left out {len(unexpected)}", flush=True)
    net.freeze(args.freeze)
    trained = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=args.rate, weight_decay=0.01)
    steps = args.steps or math.ceil(len(rows) / args.batch) * args.epochs
    done = 0
    if args.checkpoint and args.checkpoint.exists():
        state = torch.load(args.checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        done = state["done"]
        print(f"going on from step {done}", flush=True)
    began, lately, first = time.monotonic(), [0.0], done
    order = chain.from_iterable(batches(rows, args.batch, n, args.seed) for n in count())
    for step, batch in enumerate(islice(order, steps), 1):
        if step <= done:
            continue
        warm = min(1.0, step / (0.06 * steps))
        for group in optimiser.param_groups:
            group["lr"] = args.rate * warm * max(0.05, 1 - step / steps)
        loss = loss_of(net, collate(batch))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        lately.append(float(loss.detach()))
        if step % 100 == 0:
            rate = (step - first) * args.batch / (time.monotonic() - began)
            mean = sum(lately[-100:]) / len(lately[-100:])
            print(f"step {step}/{steps} loss {mean:.3f} {rate:.1f} windows/s", flush=True)
        if args.checkpoint and step % args.keep_every == 0:
            _keep(args.checkpoint, net, optimiser, step)
        if step == args.stop:
            break
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, args.out)
    print(f"wrote {args.out}", flush=True)


def _keep(path: Path, net: ReaderNet, optimiser: torch.optim.Optimizer, done: int) -> None:
    beside = path.with_suffix(".part")
    state = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "done": done}
    torch.save(state, beside)
    beside.replace(path)


def main() -> None:
    """Train and write the float weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="where to start from")
    parser.add_argument("--windows", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, help="go on from here")
    parser.add_argument("--keep-every", type=int, default=500, metavar="STEPS")
    parser.add_argument("--stop", type=int, metavar="STEP", help="end early, to go on later")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--steps", type=int, help="stop after so many instead")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=1.2e-4, help="highest learning rate")
    parser.add_argument("--freeze", type=int, default=0, help="1: embeddings; 3: and two layers")
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
