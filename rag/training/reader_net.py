"""The evidence reader as a network in torch, to be trained.

A cross-encoder: all-MiniLM-L6-v2 reads question and window together. Every token of the window
gets three logits: `a`, that its sentence answers, and `start` and `end` of the short answer;
the first token gets `c`, that no sentence does. A sentence's score is the mean of its `a` plus
the log-sum-exp of its `start`; what it has over `c` is its margin.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["FAR", "LAYERS", "ReaderNet", "renamed", "scores_of"]

LAYERS, HEADS, WIDTH, EPSILON = 6, 12, 384, 1e-12
FAR = -1e4
"""The logit of what is not there."""


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
        # Written out: torch's fused attention is slower for windows this short.
        beliefs = (query @ key.transpose(-1, -2)) * (query.shape[-1] ** -0.5)
        mixed = (beliefs + mask.to(beliefs.dtype)).softmax(-1).to(value.dtype) @ value
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
        bias = (~mask.bool())[:, None, None, :].float() * FAR
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
    start = torch.where(own, tokens[:, None, :, 1], torch.tensor(FAR)).logsumexp(-1)
    sentences = torch.where(size > 0, mean + start, torch.tensor(FAR))
    return torch.cat([null[:, None], sentences], dim=1)
