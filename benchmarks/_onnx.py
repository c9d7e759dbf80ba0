"""The models that the benchmarks predict with, and what they should predict."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingRegressor

REPLAYED_ROWS = 1024  # by bench-replay
FEATURES = 32
OUTPUTS = {"mlp": 2, "boosted": 1, "sum": 1}  # model -> columns of its output

_SEED = 7
_LAYERS = (FEATURES, 64, 32, OUTPUTS["mlp"])
_TREES = 100
_TRAINING_ROWS = 2000
_OPSET = 17


def features(rows: int) -> npt.NDArray[np.float32]:
    """Returns (rows, FEATURES): what ``bench-replay`` emits, which float32 holds exactly."""
    row = np.arange(rows) % REPLAYED_ROWS
    return (row[:, None] + np.arange(FEATURES) / 64).astype(np.float32)


def write_models(directory: Path) -> None:
    """Writes mlp.onnx and boosted.onnx, and <model>.npy for each model.

    A ``.npy`` has the right outputs, float64, for each of the rows that ``bench-replay`` repeats.
    ``sum`` has no file: a Python function computes it.
    """
    right = {
        "mlp": _write_mlp(directory / "mlp.onnx"),
        "boosted": _write_boosted(directory / "boosted.onnx"),
        "sum": features(REPLAYED_ROWS).sum(axis=1, dtype=np.float64, keepdims=True),
    }
    for model, outputs in right.items():
        np.save(directory / f"{model}.npy", outputs)


def _write_mlp(file: Path) -> npt.NDArray[np.float64]:
    """Writes random layers, with ReLU between; returns what numpy makes of them."""
    random = np.random.default_rng(_SEED)
    outputs = features(REPLAYED_ROWS).astype(np.float64)
    nodes, weights = [], []
    tensor = "features"
    for index, (height, width) in enumerate(pairwise(_LAYERS)):
        if index > 0:
            nodes.append(helper.make_node("Relu", [tensor], [f"relu{index}"]))
            tensor = f"relu{index}"
            outputs = outputs.clip(0)
        matrix = random.normal(0, (2 / height) ** 0.5, (height, width)).astype(np.float32)
        bias = random.normal(size=width).astype(np.float32)
        outputs = outputs @ matrix + bias
        names = [f"matrix{index}", f"bias{index}"]
        weights += map(numpy_helper.from_array, (matrix, bias), names)
        nodes.append(helper.make_node("Gemm", [tensor, *names], [f"gemm{index}"]))
        tensor = f"gemm{index}"
    inputs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, FEATURES])]
    results = [helper.make_tensor_value_info(tensor, TensorProto.FLOAT, [None, _LAYERS[-1]])]
    graph = helper.make_graph(nodes, "mlp", inputs, results, weights)
    opset = helper.make_opsetid("", _OPSET)
    onnx.save(helper.make_model_gen_version(graph, opset_imports=[opset]), file)
    return outputs


def _write_boosted(file: Path) -> npt.NDArray[np.float64]:
    """Trains and writes boosted trees; returns what scikit-learn predicts."""
    random = np.random.default_rng(_SEED)
    data = random.uniform(0, REPLAYED_ROWS, (_TRAINING_ROWS, FEATURES)).astype(np.float32)
    target = np.sin(data / 100).sum(axis=1)
    model = GradientBoostingRegressor(n_estimators=_TREES, random_state=_SEED).fit(data, target)
    inputs = [("features", FloatTensorType([None, FEATURES]))]
    onnx.save(convert_sklearn(model, initial_types=inputs, target_opset=_OPSET), file)
    predicted: npt.NDArray[np.float64] = model.predict(features(REPLAYED_ROWS))
    return predicted.reshape(-1, 1)


def check(found: npt.NDArray[Any], right: npt.NDArray[Any]) -> None:
    """Raises AssertionError unless both have one shape and the same numbers, for a float32."""
    scale = float(np.abs(right).max())
    np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-5 * scale)
