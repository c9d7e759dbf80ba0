# SPDX-License-Identifier: Apache-2.0
"""Kinds of jobs that square numbers: by SQL alone, and by models of each path and mode."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import onnx
from e2e.sql import create_model
from onnx import TensorProto, helper

MODELS = Path(__file__).with_name("models")

_ONNX_CLASS = "pyflink_ml_embedded.models.onnx.OnnxPredictFunction"

_PROCESS = {"execution-mode": "process", "process-max-restarts": "1000"}
_BATCHES = {"batch-size": "64"}
_MANY_IN_FLIGHT = {"max-concurrent-operations": "256"}
_RETRY = {
    "batch-size": "2",
    "error-handling-strategy": "retry",
    "retry-initial-backoff": "10 ms",
    "retry-exceptions": "ConnectionError",
}


@dataclass(frozen=True)
class Kind:
    """How a job squares numbers.

    Attributes:
        name: of the kind.
        python_class: of the model, or None for SQL alone.
        options: of the model.
        config: the query's CONFIG.
    """

    name: str
    python_class: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)

    def statements(self, directory: Path, options: Mapping[str, str]) -> list[str]:
        """Returns the statements before the query of a job, and the query.

        Args:
            directory: of the job, whose ``input`` it reads.
            options: further options of the model.
        """
        numbers = _table(
            "numbers (x BIGINT)", directory / "input", {"source.monitor-interval": "100 ms"}
        )
        results = _table("results (x BIGINT, y BIGINT)", directory / "output", {})
        if self.python_class is None:
            return [numbers, results, "SELECT x, x * x AS y FROM numbers"]
        all_options = {
            "model-directory-path": str(MODELS),
            **self.options,
            **options,
        }
        if self.python_class != _ONNX_CLASS:
            all_options["properties.fault"] = str(directory / "fault")
        model = create_model("squares", "x BIGINT", "y BIGINT", self.python_class, all_options)
        arguments = "TABLE numbers, MODEL squares, DESCRIPTOR(x)"
        if self.config:
            config = ", ".join(f"'{part}'" for item in self.config.items() for part in item)
            arguments += f", MAP[{config}]"
        return [numbers, results, model, f"SELECT x, y FROM ML_PREDICT({arguments})"]


SQL = Kind("SQL without a model")
ROW = Kind("row path", "squares.Squares")
BATCH = Kind("batch path", "squares.BatchSquares", _BATCHES, _MANY_IN_FLIGHT)
UNORDERED = Kind(
    "unordered batches",
    "squares.BatchSquares",
    _BATCHES,
    {**_MANY_IN_FLIGHT, "output-mode": "allow_unordered"},
)
RETRY = Kind("coroutines with retries", "squares.FlakySquares", _RETRY, _MANY_IN_FLIGHT)
PROCESS_ROW = Kind("row path in a process", "squares.Squares", _PROCESS)
PROCESS_BATCH = Kind(
    "batch path in a process", "squares.BatchSquares", {**_PROCESS, **_BATCHES}, _MANY_IN_FLIGHT
)
ONNX = Kind("ONNX in C", _ONNX_CLASS, {**_BATCHES, "properties.engine": "c"}, _MANY_IN_FLIGHT)


def write_onnx(directory: Path) -> None:
    """Writes a model that squares a column into a new directory."""
    column = ["rows", 1]
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "x"], ["y"])],
        "squares",
        [helper.make_tensor_value_info("x", TensorProto.INT64, column)],
        [helper.make_tensor_value_info("y", TensorProto.INT64, column)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    directory.mkdir()
    onnx.save(model, directory / "squares.onnx")


def publish(model: Path, version: int, megabytes: int = 0) -> None:
    """Puts a version of the models in Python in place of what is there, if anything is.

    Args:
        model: the directory.
        version: makes the content differ.
        megabytes: the size of a file in it.
    """
    new, old = model.with_name("new"), model.with_name("old")
    shutil.copytree(MODELS, new, ignore=shutil.ignore_patterns("__pycache__"))
    (new / "version.txt").write_text(str(version))
    (new / "weights").write_bytes(bytes(megabytes * 1_000_000))
    if model.exists():
        model.rename(old)
    new.rename(model)
    if old.is_dir():
        shutil.rmtree(old)
    else:
        old.unlink(missing_ok=True)


def _table(columns: str, directory: Path, options: Mapping[str, str]) -> str:
    all_options = {
        "connector": "filesystem",
        "format": "csv",
        "path": directory.as_uri(),
        **options,
    }
    listed = ", ".join(f"'{key}' = '{value}'" for key, value in all_options.items())
    return f"CREATE TABLE {columns} WITH ({listed})"
