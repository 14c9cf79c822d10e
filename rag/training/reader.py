"""Trains the evidence reader on windows that `eval.learning.reader_windows` made.

    python -m rag.training.reader --weights model.safetensors --windows public.jsonl.gz \
        --out stage1.safetensors --checkpoint stage1.pt
    python -m rag.training.reader --weights stage1.safetensors --windows own.jsonl.gz ... \
        --out reader.safetensors --rate 5e-5

The loss is that of a softmax over {none, a window's sentences}, plus that of the short answer's
start and end over its tokens. Where several windows are read for one question, that of a
softmax over the margins of all their sentences, and 0 for none, is added: the program too
compares sentences of different windows.

A run that was stopped goes on from its checkpoint. Seeded; on the same processor, with the
same number of threads, two runs give the same weights.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from rag.reader_input import QUESTION_TOKENS
from rag.training.reader_batches import Batch, batches, collate, example_of, examples
from rag.training.reader_net import FAR, LAYERS, ReaderNet, renamed, scores_of

__all__ = ["loss_of", "margins_of", "train"]

TOKENIZER = Path(__file__).parent.parent / "models" / "tokenizer.json"


def loss_of(
    net: ReaderNet, batch: Batch, span_weight: float = 0.2, teachers: Sequence[ReaderNet] = ()
) -> Tensor:
    """The mean loss of a batch.

    Args:
        net: what is trained.
        batch: windows.
        span_weight: of the short answer's ends.
        teachers: readers whose mean belief over {none, sentences} is learned from as well, as
            much as what is marked as right (distillation).
    """
    tokens, null = net(batch.ids, batch.mask, batch.types)
    tokens, null = tokens.float(), null.float()
    scores = scores_of(tokens, null, batch.owners, batch.right.shape[1] - 1)
    belief = scores.log_softmax(dim=1)
    loss = -torch.where(batch.right > 0, belief, torch.tensor(FAR)).logsumexp(1).mean()
    if len(batch.groups.unique()) < len(batch.groups):
        loss = loss + _loss_of_groups(scores, batch)
    if teachers:
        # What is not a sentence has FAR as its score and no share in any belief.
        taught = torch.stack([_belief_of(teacher, batch) for teacher in teachers]).mean(0)
        loss = loss - (taught * torch.where(taught > 0, belief, 0.0)).sum(1).mean()
    known = batch.start >= 0
    if known.any():
        inside = torch.where((batch.owners >= 0)[..., None], tokens, torch.tensor(FAR))[known]
        for column, where in ((1, batch.start), (2, batch.end)):
            share = known.float().mean() * span_weight
            loss = loss + share * functional.cross_entropy(inside[:, :, column], where[known])
    return loss


def _belief_of(net: ReaderNet, batch: Batch) -> Tensor:
    with torch.no_grad():
        tokens, null = net(batch.ids, batch.mask, batch.types)
    return scores_of(tokens.float(), null.float(), batch.owners, batch.right.shape[1] - 1).softmax(
        1
    )


def _loss_of_groups(scores: Tensor, batch: Batch) -> Tensor:
    """That of a softmax over {none, the margins of all sentences read for a question}."""
    margins = scores[:, 1:] - scores[:, :1]
    right = torch.where(batch.right[:, 1:] > 0, margins, torch.tensor(FAR))
    own = batch.groups[None, :] == batch.groups.unique()[:, None]

    def of_group(values: Tensor) -> Tensor:
        return torch.where(own, values.logsumexp(1)[None, :], torch.tensor(FAR)).logsumexp(1)

    some = torch.where(own, batch.right[:, 1:].sum(1)[None, :], torch.tensor(0.0)).sum(1) > 0
    all_of_it = torch.logaddexp(of_group(margins), torch.tensor(0.0))
    return (all_of_it - torch.where(some, of_group(right), torch.tensor(0.0))).mean()


def margins_of(
    weights: Path,
    rows: Sequence[dict[str, Any]],
    batch: int = 32,
    most: int = QUESTION_TOKENS,
) -> list[npt.NDArray[np.float64]]:
    """What each sentence of each window has over none, read with weights that were trained.

    Args:
        weights: as `train` wrote them.
        rows: windows as in the files, with nothing marked as right.
        batch: how many are read at once.
        most: tokens read of a question or claim.

    Returns:
        Per window float64, (sentences,); what did not fit has the margin of nothing read.
    """
    net = _loaded(weights)
    tokenizer = _tokenizer()
    packed = [example_of({**row, "right": [], "answer": None}, tokenizer, most) for row in rows]
    found: list[npt.NDArray[np.float64]] = [np.empty(0)] * len(rows)
    order = sorted(range(len(rows)), key=lambda n: len(packed[n].window.ids))
    for at in range(0, len(order), batch):
        part = order[at : at + batch]
        read = collate([packed[n] for n in part])
        with torch.no_grad():
            tokens, null = net(read.ids, read.mask, read.types)
        scores = scores_of(tokens, null, read.owners, read.right.shape[1] - 1)
        for n, row in zip(part, (scores[:, 1:] - scores[:, :1]).double().numpy(), strict=True):
            size = len(rows[n]["sentences"])
            found[n] = np.pad(row, (0, max(0, size - len(row))), constant_values=FAR)[:size]
    return found


def _loaded(weights: Path) -> ReaderNet:
    state = load_file(weights)
    net = ReaderNet(len({name.split(".")[1] for name in state if name.startswith("layers.")}))
    net.load_state_dict(state)
    return net


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def train(args: argparse.Namespace) -> None:
    """Train from the arguments of `main`, going on from the checkpoint where there is one."""
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    tokenizer = _tokenizer()
    rows = [row for path in args.windows for row in examples(path, tokenizer, args.most)]
    net = ReaderNet(args.layers)
    missing, unexpected = net.load_state_dict(renamed(load_file(args.weights)), strict=False)
    print(f"{len(rows)} windows; new {sorted(missing)}; left out {len(unexpected)}", flush=True)
    net.freeze(args.freeze)
    teachers = [_loaded(path) for path in args.teachers]
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
        with torch.autocast("cpu", torch.bfloat16, enabled=args.half):
            loss = loss_of(net, collate(batch), teachers=teachers)
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
    parser.add_argument("--teachers", type=Path, nargs="*", default=[], help="learn from these")
    parser.add_argument("--checkpoint", type=Path, help="go on from here")
    parser.add_argument("--keep-every", type=int, default=500, metavar="STEPS")
    parser.add_argument("--stop", type=int, metavar="STEP", help="end early, to go on later")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--steps", type=int, help="stop after so many instead")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=1.2e-4, help="highest learning rate")
    parser.add_argument("--freeze", type=int, default=0, help="1: embeddings; 3: and two layers")
    parser.add_argument("--most", type=int, default=QUESTION_TOKENS, help="tokens of a question")
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--half", action="store_true", help="multiply matrices in bfloat16")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
