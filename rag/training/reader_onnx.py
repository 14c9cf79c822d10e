"""Make `rag/models/reader.onnx` from the weights that `rag.training.reader` wrote.

python -m rag.training.reader_onnx --weights reader.safetensors --out rag/models/reader.onnx
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto
from safetensors.numpy import load_file

from rag.reader_input import MAX_TOKENS
from rag.training.graph import Graph, Tensors, embedded, layer, model_of, quantise

_EMBEDDINGS = {
    "words.weight": "word_embeddings.weight",
    "positions.weight": "position_embeddings.weight",
    "types.weight": "token_type_embeddings.weight",
    "norm.weight": "LayerNorm.weight",
    "norm.bias": "LayerNorm.bias",
}
_LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mix": "attention.output.dense",
    "first": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "second": "output.LayerNorm",
}


def official(weights: Tensors) -> Tensors:
    """The encoder's weights under the names of the official files."""
    found: Tensors = {}
    for name, value in weights.items():
        if name in _EMBEDDINGS:
            found[f"embeddings.{_EMBEDDINGS[name]}"] = value
        elif name.startswith("layers."):
            _, n, part, side = name.split(".")
            found[f"encoder.layer.{n}.{_LAYER[part]}.{side}"] = value
    return found


def build(weights: Tensors) -> onnx.ModelProto:
    """The float model.

    In: token ids, mask and types. Out: `tokens` (batch, tokens, 3), logits that a token's
    sentence answers, that it starts and that it ends the answer; and `none` (batch, 1).
    """
    named = official(weights)
    positions = "embeddings.position_embeddings.weight"
    named[positions] = named[positions][:MAX_TOKENS]
    layers = 1 + max(int(n.split(".")[1]) for n in weights if n.startswith("layers."))
    g = Graph()
    g.node("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
    hidden = embedded(g, named, types=True)
    for n in range(layers):
        hidden = layer(g, named, n, hidden)
    g.constant("tokens.weight", weights["tokens.weight"].T)
    g.constant("tokens.bias", weights["tokens.bias"])
    g.node("MatMul", [hidden, "tokens.weight"], "tokens.product")
    g.node("Add", ["tokens.product", "tokens.bias"], "tokens")
    g.constant("first", np.array(0, dtype=np.int64))
    g.constant("null.weight", weights["null.weight"].T)
    g.constant("null.bias", weights["null.bias"])
    g.node("Gather", [hidden, "first"], "leading", axis=1)
    g.node("MatMul", ["leading", "null.weight"], "null.product")
    g.node("Add", ["null.product", "null.bias"], "none")
    return model_of(
        g,
        "citewire-reader",
        ["input_ids", "attention_mask", "token_type_ids"],
        {"tokens": ["batch", "tokens", 3], "none": ["batch", 1]},
    )


def main() -> None:
    """Write the quantised model and print its SHA-256."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float-out", type=Path, help="also keep the model before quantisation")
    args = parser.parse_args()
    # The heads are small, and what they say is compared over windows: not rounded.
    keep = ["tokens.product", "null.product"]
    print(quantise(build(load_file(args.weights)), args.out, keep, args.float_out), args.out)


if __name__ == "__main__":
    main()
