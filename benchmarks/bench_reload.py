# SPDX-License-Identifier: Apache-2.0
"""How much does the latency of a row increase while new versions of its model are loaded?

A job receives rows at a fixed rate, and an ONNX model of scikit-learn (a logistic regression of 32
features) predicts them. Windows alternate: in one the model stays the same, in the next a new
version replaces it every 2 seconds, and the job detects, opens and switches to it. A latency is the
time from when a row was due until its result is in the sink. The first seconds of a window are
ignored.

Each window is a separate job in the same JVM. The model's class counts the versions that were
opened, and a window in which the last version was not opened is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _jobs import find_jars
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from studies_tables import as_markdown, reload_study

from pyflink_ml_embedded.bench.measure.flink import create_environment, with_clause
from pyflink_ml_embedded.bench.measure.steady import read_latencies

_FEATURES = 32
_ROWS = 256
_VERSION_SECONDS = 2.0
_VERSIONS = 16  # which are repeated
_RELOAD_INTERVAL = "200 ms"
_CLASS = "counted.Counted"
_MODULE = """
from pyflink_ml_embedded.models.onnx import OnnxPredictFunction


class Counted(OnnxPredictFunction):
    def open(self, context):
        super().open(context)
        with open({opens!r}, "a") as file:
            file.write(".")
"""


class _Versions(threading.Thread):
    """Replaces the model with a new version at intervals until it is stopped."""

    def __init__(self, file: Path) -> None:
        super().__init__(daemon=True)
        self._file = file
        self._stopped = threading.Event()
        self.count = 0

    def run(self) -> None:
        while not self._stopped.wait(_VERSION_SECONDS):
            self.count += 1
            put_version(self._file, self.count)

    def stop(self) -> int:
        """Stops it; returns the number of versions."""
        self._stopped.set()
        self.join()
        return self.count


def put_version(file: Path, version: int) -> None:
    """Replaces the model with a version atomically."""
    written = file.with_name(f".{file.name}")
    shutil.copy(file.with_name(f"{version % _VERSIONS}.onnx"), written)
    os.replace(written, file.parent / "model" / file.name)


def write_version(file: Path, version: int) -> None:
    """Trains and writes a version of the model."""
    dice = np.random.default_rng(version)
    features = dice.normal(size=(_ROWS, _FEATURES)).astype(np.float32)
    model = LogisticRegression().fit(features, features[:, version % _FEATURES] > 0)
    options = {"zipmap": False}
    file.with_name(f"{version}.onnx").write_bytes(
        to_onnx(model, features[:1], options=options, target_opset=17).SerializeToString()
    )


class _Job:
    """The job, run once for each window."""

    def __init__(self, directory: Path, rate: int, batch_size: int) -> None:
        self._directory = directory
        self._rate = rate
        self._tables = 0
        self._names = [f"x{index}" for index in range(_FEATURES)]
        self._input = ", ".join(f"{name} FLOAT" for name in self._names)
        self._write_rows()
        self._environment = create_environment(find_jars(), 1, {})
        model = {
            "provider": "generic-python",
            "model-directory-path": str(directory / "model"),
            "python-predict-class": _CLASS,
            "python.executable": sys.executable,
            "model-reload-interval": _RELOAD_INTERVAL,
            "batch-size": str(batch_size),
        }
        self._environment.execute_sql(
            f"CREATE MODEL model INPUT ({self._input}) OUTPUT (label BIGINT) {with_clause(model)}"
        )

    def run(self, seconds: float, warm_up: float) -> npt.NDArray[np.int64]:
        """Returns the latency of each row after the warm-up, in nanoseconds."""
        self._tables += 1
        report = str(self._directory / f"report{self._tables}")
        source = {
            "connector": "bench-rows",
            "path": str(self._rows_file),
            "stamp": "due",
            "phases": f"{self._rate} {warm_up + seconds}",
            "report": report,
        }
        sink = {"connector": "bench-sink", "report": report, "latency": "true"}
        self._environment.execute_sql(
            f"CREATE TABLE rows{self._tables} (due BIGINT, {self._input}) {with_clause(source)}"
        )
        self._environment.execute_sql(
            f"CREATE TABLE sink{self._tables} (due BIGINT, label BIGINT) {with_clause(sink)}"
        )
        arguments = f"TABLE rows{self._tables}, MODEL model, DESCRIPTOR({', '.join(self._names)})"
        self._environment.execute_sql(
            f"INSERT INTO sink{self._tables} SELECT due, label FROM ML_PREDICT({arguments})"
        ).wait()
        measured = (round(warm_up * 1e9), round((warm_up + seconds) * 1e9))
        ((latencies, _),) = read_latencies(Path(report), [measured])
        return latencies

    @property
    def _rows_file(self) -> Path:
        return self._directory / "rows.jsonl"

    def _write_rows(self) -> None:
        dice = np.random.default_rng(0)
        with self._rows_file.open("w") as file:
            for row in dice.normal(size=(_ROWS, _FEATURES)).round(3):
                values = ", ".join(f'"{n}": {v}' for n, v in zip(self._names, row, strict=True))
                file.write(f"{{{values}}}\n")


def _measure(options: Any, directory: Path) -> list[dict[str, Any]]:
    file = directory / "model.onnx"
    (directory / "model").mkdir()
    (directory / "model" / "counted.py").write_text(_MODULE.format(opens=str(directory / "opens")))
    for version in range(_VERSIONS):
        write_version(file, version)
    put_version(file, 0)
    job = _Job(directory, options.rate, options.batch_size)
    job.run(options.warm_up, options.warm_up)  # warms the JVM
    windows = []
    for window in range(2 * options.windows):
        is_replaced = window % 2 == 1
        versions = _Versions(file)
        if is_replaced:
            versions.start()
        (directory / "opens").write_text("")
        latencies = job.run(options.seconds, options.warm_up)
        count = versions.stop() if is_replaced else 0
        opens = len((directory / "opens").read_text())
        if not count <= opens <= count + 1:  # the last version may arrive after the job
            raise AssertionError(f"{opens} versions were opened of {count + 1}")
        windows.append(
            {
                "model": "replaced" if is_replaced else "the same",
                "new_versions": count,
                "milliseconds": {
                    name: float(np.percentile(latencies, q)) / 1e6
                    for name, q in (("p50", 50), ("p99", 99), ("max", 100))
                },
            }
        )
        print(windows[-1], flush=True)
    return windows


def main() -> None:
    """Writes the latencies of all windows to a file, and prints their table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rate", type=int, default=1000, help="rows a second")
    parser.add_argument("--windows", type=int, default=4, help="of each kind")
    parser.add_argument("--seconds", type=float, default=12.0, help="of a window")
    parser.add_argument("--warm-up", type=float, default=3.0, help="seconds of a window before")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--json", type=Path, default=Path("reload.json"), metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        windows = _measure(options, Path(directory))
    settings = {
        name: getattr(options, name) for name in ("rate", "seconds", "warm_up", "batch_size")
    }
    options.json.write_text(json.dumps({"settings": settings, "windows": windows}, indent=1) + "\n")
    print("\n" + as_markdown([reload_study(options.json)]))


if __name__ == "__main__":
    main()
