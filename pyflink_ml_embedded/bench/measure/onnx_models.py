# SPDX-License-Identifier: Apache-2.0
"""Writes the ONNX files of the workloads from a fixed seed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["FEATURES", "write_boosted", "write_linear", "write_mlp", "write_transformer"]

FEATURES = 32

_SEED = 7
_OPSET = 17
_CLASSES = 2
_LAYERS = (FEATURES, 64, 32, _CLASSES)
_TREES = 100
_TRAINING_ROWS = 2000
_VOCABULARY, _MOST_TOKENS, _WIDTH, _HEADS, _BLOCKS = 4096, 64, 64, 4, 2


class _Graph:
    """A graph to which nodes and weights are added in order."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(_SEED)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def weight(self, *shape: int, scale: float = 1.0) -> str:
        """Adds random numbers; returns their name."""
        return self.constant(self._random.normal(0, scale, shape).astype(np.float32))

    def constant(self, values: npt.NDArray[Any]) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node with one output; returns its name."""
        output = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def dense(self, tensor: str, height: int, width: int) -> str:
        product = self.node("MatMul", tensor, self.weight(height, width, scale=height**-0.5))
        return self.node("Add", product, self.weight(width, scale=0.1))

    def save(self, file: Path, inputs: list[Any], output: str) -> None:
        """Writes the graph; the output has shape (N, classes)."""
        results = [helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, _CLASSES])]
        graph = helper.make_graph(self._nodes, file.stem, inputs, results, self._weights)
        opset = helper.make_opsetid("", _OPSET)
        onnx.save(helper.make_model_gen_version(graph, opset_imports=[opset]), file)


def _features() -> list[Any]:
    return [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, FEATURES])]


def write_linear(file: Path) -> None:
    """Writes a logistic regression: probabilities of two classes."""
    graph = _Graph()
    graph.save(file, _features(), graph.node("Softmax", graph.dense("features", FEATURES, 2)))


def write_mlp(file: Path) -> None:
    """Writes layers of 32, 64, 32 and 2, with ReLU between."""
    graph = _Graph()
    tensor = "features"
    for index, (height, width) in enumerate(pairwise(_LAYERS)):
        if index > 0:
            tensor = graph.node("Relu", tensor)
        tensor = graph.dense(tensor, height, width)
    graph.save(file, _features(), tensor)


def write_boosted(file: Path) -> None:
    """Trains and writes scikit-learn's gradient boosting with 100 trees of depth 3."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.ensemble import GradientBoostingRegressor

    random = np.random.default_rng(_SEED)
    data = random.uniform(0, 1, (_TRAINING_ROWS, FEATURES)).astype(np.float32)
    target = np.sin(data * 10).sum(axis=1)
    model = GradientBoostingRegressor(n_estimators=_TREES, random_state=_SEED).fit(data, target)
    inputs = [("features", FloatTensorType([None, FEATURES]))]
    onnx.save(convert_sklearn(model, initial_types=inputs, target_opset=_OPSET), file)


def write_transformer(file: Path) -> None:
    """Writes an encoder of two blocks, 64 wide with 4 heads, and a classifier of its mean.

    Inputs are ``ids`` (N, tokens) and ``mask`` (N, tokens), 1 where there is a token.
    """
    graph = _Graph()
    embedded = graph.node("Gather", graph.weight(_VOCABULARY, _WIDTH), "ids")
    length = graph.node("Gather", graph.node("Shape", "ids"), graph.constant(np.array([1])))
    places = graph.node(
        "Slice", graph.weight(_MOST_TOKENS, _WIDTH), graph.constant(np.array([0])), length
    )
    tensor = graph.node("Add", embedded, places)
    column = graph.node("Unsqueeze", "mask", graph.constant(np.array([2])))
    absent = graph.node("Sub", "mask", graph.constant(np.array(1, np.float32)))
    penalty = graph.node("Mul", absent, graph.constant(np.array(1e9, np.float32)))
    penalty = graph.node("Unsqueeze", penalty, graph.constant(np.array([1, 2])))
    for _ in range(_BLOCKS):
        tensor = _norm(graph, graph.node("Add", tensor, _attention(graph, tensor, penalty)))
        hidden = graph.node("Relu", graph.dense(tensor, _WIDTH, 4 * _WIDTH))
        tensor = _norm(graph, graph.node("Add", tensor, graph.dense(hidden, 4 * _WIDTH, _WIDTH)))
    axis = graph.constant(np.array([1]))
    total = graph.node("ReduceSum", graph.node("Mul", tensor, column), axis, keepdims=0)
    mean = graph.node("Div", total, graph.node("ReduceSum", column, axis, keepdims=0))
    output = graph.node("Softmax", graph.dense(mean, _WIDTH, _CLASSES))
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, [None, None]),
        helper.make_tensor_value_info("mask", TensorProto.FLOAT, [None, None]),
    ]
    graph.save(file, inputs, output)


def _attention(graph: _Graph, tensor: str, penalty: str) -> str:
    head = _WIDTH // _HEADS
    split = graph.constant(np.array([0, 0, _HEADS, head]))

    def heads(order: list[int]) -> str:
        parts = graph.node("Reshape", graph.dense(tensor, _WIDTH, _WIDTH), split)
        return graph.node("Transpose", parts, perm=order)

    scores = graph.node("MatMul", heads([0, 2, 1, 3]), heads([0, 2, 3, 1]))
    scores = graph.node("Mul", scores, graph.constant(np.array(head**-0.5, np.float32)))
    weights = graph.node("Softmax", graph.node("Add", scores, penalty))
    mixed = graph.node("MatMul", weights, heads([0, 2, 1, 3]))
    joined = graph.node("Transpose", mixed, perm=[0, 2, 1, 3])
    joined = graph.node("Reshape", joined, graph.constant(np.array([0, 0, _WIDTH])))
    return graph.dense(joined, _WIDTH, _WIDTH)


def _norm(graph: _Graph, tensor: str) -> str:
    ones = graph.constant(np.ones(_WIDTH, np.float32))
    zeros = graph.constant(np.zeros(_WIDTH, np.float32))
    return graph.node("LayerNormalization", tensor, ones, zeros)
