"""all-MiniLM-L6-v2 as an ONNX graph, written from its published weights: what torch would compute, without torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Weights: TypeAlias = Mapping[str, npt.NDArray[np.float32]]

LAYERS, HEADS, HEAD = 6, 12, 32
WIDTH = HEADS * HEAD
EPSILON = 1e-12
OPSET = 20  # the first with Gelu


class Graph:
    """Nodes in the order in which they are computed. A method adds some and answers the name of what they make."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def constant(self, value: Any) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def dense(self, values: str, layer: str) -> str:
        product = self.add("MatMul", values, self.constant(self.weights[f"{layer}.weight"].T))
        return self.add("Add", product, self.constant(self.weights[f"{layer}.bias"]))

    def norm(self, values: str, layer: str) -> str:
        scale, bias = (self.constant(self.weights[f"{layer}.LayerNorm.{name}"]) for name in ("weight", "bias"))
        return self.add("LayerNormalization", values, scale, bias, axis=-1, epsilon=EPSILON)

    def words(self) -> str:
        """What the first layer reads: each token's vector, and its place's."""
        names = ("word", "position", "token_type")
        word, position, kind = (self.weights[f"embeddings.{name}_embeddings.weight"] for name in names)
        words = self.add("Gather", self.constant(word), "ids")
        places = self.add("Gather", self.constant(position + kind[0]), "positions")
        return self.norm(self.add("Add", words, places), "embeddings")

    def layer(self, values: str, bias: str, layer: str) -> str:
        attended = self.dense(
            self.attention(values, bias, f"{layer}.attention.self"), f"{layer}.attention.output.dense"
        )
        middle = self.norm(self.add("Add", attended, values), f"{layer}.attention.output")
        wide = self.add("Gelu", self.dense(middle, f"{layer}.intermediate.dense"))
        return self.norm(self.add("Add", self.dense(wide, f"{layer}.output.dense"), middle), f"{layer}.output")

    def attention(self, values: str, bias: str, layer: str) -> str:
        query, key, value = (self.heads(self.dense(values, f"{layer}.{name}")) for name in ("query", "key", "value"))
        scores = self.add("MatMul", query, self.add("Transpose", key, perm=[0, 1, 3, 2]))
        scaled = self.add("Mul", scores, self.constant(np.float32(HEAD**-0.5)))
        shares = self.add("Softmax", self.add("Add", scaled, bias), axis=-1)
        heads = self.add("Transpose", self.add("MatMul", shares, value), perm=[0, 2, 1, 3])
        return self.add("Reshape", heads, self.constant(np.array([0, 0, WIDTH])))

    def heads(self, values: str) -> str:
        split = self.add("Reshape", values, self.constant(np.array([0, 0, HEADS, HEAD])))
        return self.add("Transpose", split, perm=[0, 2, 1, 3])

    def mean(self, values: str) -> str:
        """Of the tokens of each text, without what fills it up to the length of the longest."""
        mask, tokens = self.add("Unsqueeze", "mask", self.constant(np.array([2]))), self.constant(np.array([1]))
        total = self.add("ReduceSum", self.add("Mul", values, mask), tokens, keepdims=0)
        return self.add("Div", total, self.add("ReduceSum", mask, tokens, keepdims=0))


def write_graph(weights: Weights, path: Path) -> None:
    """Writes the graph from `ids`, `mask` and `positions` to `vectors`, which are not of unit length yet."""
    graph = Graph(weights)
    one, far = graph.constant(np.float32(1)), graph.constant(np.float32(1e9))
    absent = graph.add("Mul", graph.add("Sub", "mask", one), far)
    bias, values = graph.add("Unsqueeze", absent, graph.constant(np.array([1, 2]))), graph.words()
    for number in range(LAYERS):
        values = graph.layer(values, bias, f"encoder.layer.{number}")
    graph.nodes.append(helper.make_node("Identity", [graph.mean(values)], ["vectors"]))
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "tokens"]),
        helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["texts", "tokens"]),
        helper.make_tensor_value_info("positions", TensorProto.INT64, ["tokens"]),
    ]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", WIDTH])]
    made = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, outputs, graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.save_model(model, path)
