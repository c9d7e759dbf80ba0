"""The contenders that are a model of ML_PREDICT: how each is created and called."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _common import BENCHMARKS, MODELS, our_jars
from _flink import with_clause
from _onnx import FEATURES, OUTPUTS, features
from pyflink.table import TableEnvironment

_IDENTITY = ("java", "java-sync")
_ASYNC = ("java", "ours-batch")
_ONNX_JARS = BENCHMARKS / "jvm/target/lib"


@dataclass(frozen=True)
class Settings:
    """What one process runs.

    Attributes:
        contender: its name.
        model: a key of OUTPUTS.
        directory: where write_models() wrote.
        batch_size: rows of a batch: at most, or of ``loop`` exactly.
        concurrency: rows in flight of an asynchronous function.
        parallelism: of the job.
        options: more options of the model.
    """

    contender: str
    model: str
    directory: str
    batch_size: int = 1024
    concurrency: int = 2048
    parallelism: int = 1
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return Path(self.directory, f"{self.model}.onnx")


def input_columns(kind: str = "") -> str:
    """Returns the features as a column list, each followed by its type if one is given."""
    return _columns("x", FEATURES, kind)


def output_columns(settings: Settings, kind: str = "") -> str:
    """Returns the model's outputs likewise."""
    return _columns("y", OUTPUTS[settings.model], kind)


def _columns(prefix: str, count: int, kind: str) -> str:
    return ", ".join(f"{prefix}{index} {kind}".rstrip() for index in range(count))


def jars(settings: Settings) -> list[Path]:
    """Returns the jars that the job must have."""
    onnx = _ONNX_JARS.glob("onnxruntime-*.jar") if settings.contender == "java-onnx" else ()
    return [*our_jars(), *onnx]


def create_model(environment: TableEnvironment, settings: Settings) -> None:
    """Creates the model ``model``."""
    options = with_clause({**_options(settings), **settings.options})
    environment.execute_sql(
        f"CREATE MODEL model INPUT ({input_columns('DOUBLE')}) "
        f"OUTPUT ({output_columns(settings, 'DOUBLE')}) {options}"
    )


def _options(settings: Settings) -> dict[str, str]:
    if settings.contender in _IDENTITY:
        asynchronous = str(settings.contender in _ASYNC).lower()
        return {"provider": "bench-identity", "async": asynchronous}
    if settings.contender == "java-onnx":
        return {"provider": "bench-onnx", "file": str(settings.file)}
    ours = {"provider": "generic-python", "python.executable": sys.executable}
    if settings.contender == "ours-row":
        return {
            **ours,
            "model-directory-path": settings.directory,
            "python-predict-class": "pyflink_ml_embedded.models.onnx.OnnxPredictFunction",
            "properties.onnx-file": settings.file.name,
        }
    function = "sum_batch.SumBatch" if settings.model == "sum" else "onnx_batch.OnnxBatch"
    return {
        **ours,
        "model-directory-path": str(MODELS),
        "python-predict-class": function,
        "properties.file": str(settings.file),
        "batch-size": str(settings.batch_size),
    }


def call_model(settings: Settings, table: str) -> str:
    """Returns the call of ML_PREDICT, to select from; a timeout would cost a timer for each row."""
    config = ""
    if settings.contender in _ASYNC:
        concurrency = settings.concurrency
        config = f", MAP['max-concurrent-operations', '{concurrency}', 'timeout', '0 s']"
    return f"ML_PREDICT(TABLE {table}, MODEL model, DESCRIPTOR({input_columns()}){config})"


def right_results(settings: Settings, rows: int) -> npt.NDArray[Any]:
    """Returns (rows, outputs): what the contender should predict for the first rows."""
    if settings.contender in _IDENTITY:
        return features(rows)[:, : OUTPUTS[settings.model]]
    right: npt.NDArray[Any] = np.load(settings.file.with_suffix(".npy"))
    return right[:rows]
