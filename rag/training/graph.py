"""The parts of a BERT encoder as an ONNX graph, on onnxruntime's fused operators.

The embedder's and the reader's graphs are put together of them, then quantised alike.
"""

from __future__ import annotations

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

__all__ = ["LAYERS", "Graph", "Tensors", "embedded", "layer", "model_of", "quantise"]

Tensors = dict[str, npt.NDArray[np.float32]]
LAYERS, HEADS, EPSILON = 6, 12, 1e-12


class Graph:
    """An ONNX graph being written: its nodes and constants, in order."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """Add a constant; its name."""
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def node(
        self, op: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any
    ) -> str:
        """Add a node with one output; its name."""
        self.nodes.append(
            helper.make_node(op, list(inputs), [output], output, domain=domain, **attributes)
        )
        return output


def embedded(g: Graph, weights: Tensors, *, types: bool = False) -> str:
    """Word, position and type vectors, added and normalised: (batch, tokens, 384).

    Args:
        g: the graph, with an input `input_ids`, and `token_type_ids` where types are read.
        weights: under the official names.
        types: whether tokens are of two types; else all are of the first.
    """
    table = weights["embeddings.word_embeddings.weight"]
    # Row by row in eight bits: a quarter of the file's size at a rounding error under .4 %.
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    g.constant("words", np.rint(table / scale).astype(np.int8))
    g.constant("words.scale", scale)
    g.node("Gather", ["words", "input_ids"], "word.q")
    g.node("Cast", ["word.q"], "word.f", to=TensorProto.FLOAT)
    g.node("Gather", ["words.scale", "input_ids"], "word.scale")
    g.node("Mul", ["word.f", "word.scale"], "word")
    # The first type's vector is added to the positions once and for all.
    kinds = weights["embeddings.token_type_embeddings.weight"]
    g.constant("positions", weights["embeddings.position_embeddings.weight"] + kinds[0])
    g.constant("zero", np.array([0], dtype=np.int64))
    g.constant("one", np.array([1], dtype=np.int64))
    g.constant("two", np.array([2], dtype=np.int64))
    g.node("Shape", ["input_ids"], "shape")
    g.node("Slice", ["shape", "one", "two"], "length")
    g.node("Slice", ["positions", "zero", "length", "zero"], "position")
    added = g.node("Add", ["word", "position"], "embedded.sum")
    if types:
        g.constant("types", kinds - kinds[0])
        g.node("Gather", ["types", "token_type_ids"], "type")
        added = g.node("Add", [added, "type"], "embedded.typed")
    return _normalised(g, weights, "embeddings.LayerNorm", added, "embedded")


def layer(g: Graph, weights: Tensors, n: int, hidden: str) -> str:
    """The n-th layer: attention and feed-forward, each added to what it read and normalised."""
    prefix, short = f"encoder.layer.{n}.", f"l{n}."

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


def _dense(g: Graph, name: str, hidden: str, matrix: npt.NDArray[np.float32]) -> str:
    g.constant(f"{name}.weight", matrix)
    return g.node("MatMul", [hidden, f"{name}.weight"], name)


def _normalised(  # noqa: PLR0917 - a step of the graph, with all that it reads
    g: Graph,
    weights: Tensors,
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


def model_of(
    g: Graph, name: str, inputs: Sequence[str], outputs: dict[str, Sequence[str | int]]
) -> onnx.ModelProto:
    """The graph as a model; inputs are int64, (batch, tokens), outputs float32."""
    graph = helper.make_graph(
        g.nodes,
        name,
        [helper.make_tensor_value_info(i, TensorProto.INT64, ["batch", "tokens"]) for i in inputs],
        [
            helper.make_tensor_value_info(o, TensorProto.FLOAT, list(shape))
            for o, shape in outputs.items()
        ],
        g.constants,
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)],
        ir_version=9,
        producer_name="citewire",
    )


def quantise(
    model: onnx.ModelProto, out: Path, keep: Sequence[str] = (), float_out: Path | None = None
) -> str:
    """Write the model with its matrix products in int8; the file's SHA-256.

    Weights are kept to seven bits: with eight, processors without VNNI instructions saturate
    and give other figures.

    Args:
        model: in float.
        out: where to.
        keep: nodes that stay as they are.
        float_out: where to keep the model before that.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = float_out or Path(folder) / "float.onnx"
        onnx.save(model, plain)
        quantize_dynamic(
            plain,
            out,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["MatMul", "Attention"],
            nodes_to_exclude=list(keep),
            # Shape inference stops at onnxruntime's own operators.
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
    return hashlib.sha256(out.read_bytes()).hexdigest()
