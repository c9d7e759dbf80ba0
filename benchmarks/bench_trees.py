# SPDX-License-Identifier: Apache-2.0
"""What does a row of boosted trees cost, in C, in Python, and as an ONNX file?

LightGBM and XGBoost are trained with the same 32 features of FLOAT: 100 trees of 32 leaves. The
ONNX file has XGBoost's trees, and its results are compared with those of XGBoost first. Each way
predicts rows one by one and in batches, through the columns in both directions; what that costs in
Python, without Flink, is part of each figure. The ways alternate in each repetition.
"""

from __future__ import annotations

import argparse
import contextvars
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import xgboost
from onnx import TensorProto, helper

from pyflink_ml_embedded import PredictContext, Schema
from pyflink_ml_embedded._batch.call import BatchCaller
from pyflink_ml_embedded._native import OpenFunction
from pyflink_ml_embedded._schema import describe_column
from pyflink_ml_embedded.models.onnx import OnnxPredictFunction
from pyflink_ml_embedded.models.trees import TreesPredictFunction

_FEATURES = 32
_TREES = 100
_BATCH = 256
_INPUT = ", ".join(f"f{index} FLOAT" for index in range(_FEATURES))
_OUTPUT = "y FLOAT"


def _save_models(directory: Path) -> np.ndarray[Any, Any]:
    """Saves a model in a directory for each way, and returns the features it was trained with."""
    random = np.random.default_rng(0)
    features = random.normal(size=(5120, _FEATURES)).astype(np.float32)
    target = 2 * features[:, 0] + features[:, 1] * features[:, 2] + features[:, 3] ** 2
    for name in ("LightGBM", "XGBoost", "ONNX"):
        (directory / name).mkdir()
    params: dict[str, Any] = {"verbose": -1, "num_threads": 1, "num_leaves": 32}
    data = lightgbm.Dataset(features, target)
    lightgbm.train(params, data, _TREES).save_model(directory / "LightGBM" / "model.txt")
    params = {"nthread": 1, "max_depth": 5}
    booster = xgboost.train(params, xgboost.DMatrix(features, target), _TREES)
    booster.save_model(directory / "XGBoost" / "model.json")
    learner = json.loads((directory / "XGBoost" / "model.json").read_text())["learner"]
    (directory / "ONNX" / "model.onnx").write_bytes(_as_onnx(learner))
    return features


def _as_onnx(learner: dict[str, Any]) -> bytes:
    """Returns the trees of an XGBoost regressor as an ONNX file."""
    nodes: dict[str, list[Any]] = {
        f"nodes_{name}": []
        for name in (
            "treeids",
            "nodeids",
            "featureids",
            "values",
            "modes",
            "truenodeids",
            "falsenodeids",
            "missing_value_tracks_true",
        )
    }
    leaves: dict[str, list[Any]] = {
        f"target_{name}": [] for name in ("treeids", "nodeids", "ids", "weights")
    }
    for number, tree in enumerate(learner["gradient_booster"]["model"]["trees"]):
        parts = ("left_children", "right_children", "split_indices", "split_conditions")
        columns = zip(*(tree[part] for part in (*parts, "default_left")), strict=True)
        for index, (left, right, feature, value, default_left) in enumerate(columns):
            is_leaf = left < 0
            row = (
                number,
                index,
                0 if is_leaf else feature,
                0.0 if is_leaf else value,
                "LEAF" if is_leaf else "BRANCH_LT",
                max(left, 0),
                max(right, 0),
                int(default_left),
            )
            for values, part in zip(nodes.values(), row, strict=True):
                values.append(part)
            if is_leaf:
                for values, part in zip(leaves.values(), (number, index, 0, value), strict=True):
                    values.append(part)
    base = float(learner["learner_model_param"]["base_score"].strip("[]"))
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        base_values=[base],
        **nodes,
        **leaves,
    )
    graph = helper.make_graph(
        [node],
        "trees",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", _FEATURES])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    return model


def _open(directory: Path, engine: str, batch_size: int) -> OpenFunction:
    is_onnx = directory.name == "ONNX"
    function: Any = OnnxPredictFunction() if is_onnx else TreesPredictFunction()
    schemas = Schema.parse(_INPUT), Schema.parse(_OUTPUT)
    function.input_schema, function.output_schema = schemas
    function.open(PredictContext("m", str(directory), {"engine": engine}, *schemas, 0, 1))
    inputs, outputs = ([describe_column(f.name, f.type) for f in schema] for schema in schemas)
    make = partial(BatchCaller, function) if batch_size else None
    context = contextvars.Context()
    return OpenFunction(
        function,
        "m",
        inputs,
        outputs,
        context,
        True,
        batch_size,
        make,
        None,
        function.make_engine(),
    )


def _predict_all(opened: OpenFunction, batch_size: int, rows: list[tuple[float, ...]]) -> None:
    if not batch_size:
        for row in rows:
            opened(row)
        return
    for start in range(0, len(rows), batch_size):
        opened.predict_batch(rows[start : start + batch_size])


def _check(ways: dict[tuple[str, str, int], OpenFunction], rows: list[tuple[float, ...]]) -> None:
    def of(way: tuple[str, str, int]) -> list[float]:
        return [ways[way](row)[0][0] for row in rows]

    for name in ("LightGBM", "XGBoost"):
        assert of((name, "c", 0)) == of((name, "python", 0))
    assert np.allclose(of(("ONNX", "c", 0)), of(("XGBoost", "c", 0)), atol=1e-4)


def _microseconds(predict: Callable[[], None], rows: int) -> float:
    start = time.perf_counter()
    predict()
    return (time.perf_counter() - start) / rows * 1e6


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--rows", type=int, default=1024)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        features = _save_models(Path(name))
        rows = [tuple(row) for row in features[: options.rows].tolist()]
        ways = {
            (library, engine, size): _open(Path(name) / library, engine, size)
            for library in ("LightGBM", "XGBoost", "ONNX")
            for engine in ("c", "python")
            for size in (0, _BATCH)
        }
        _check(ways, rows[:100])
        times: dict[tuple[str, str, int], list[float]] = {way: [] for way in ways}
        for _ in range(options.repetitions):
            for way, opened in ways.items():
                predict = partial(_predict_all, opened, way[2], rows)
                times[way].append(_microseconds(predict, len(rows)))
    libraries = ("lightgbm", "xgboost-cpu", "onnxruntime")
    print(", ".join(f"{library} {version(library)}" for library in libraries), platform.machine())
    print("| Model | Engine | Batch | µs a row (median, least to most) | Ratio to ONNX in C |")
    print("| --- | --- | --- | --- | --- |")
    for (library, engine, size), found in times.items():
        reference = times["ONNX", "c", size]
        ratio = statistics.median(a / b for a, b in zip(found, reference, strict=True))
        print(
            f"| {library} | {engine} | {size or 'row'} | {statistics.median(found):.2f} "
            f"({min(found):.2f}..{max(found):.2f}) | {ratio:.2f} |"
        )


if __name__ == "__main__":
    main()
