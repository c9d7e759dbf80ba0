# SPDX-License-Identifier: Apache-2.0
"""Runs models on a cluster of the Flink, Python and Java that this script runs with.

Usage: python check.py DIRECTORY ONNX_MODEL

DIRECTORY becomes FLINK_HOME. JAVA_HOME is the Java of the client and of the cluster. Prints the
versions that took part, as JSON.
"""

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS)]

from cluster.brought import FOUND, client_options, write_brought  # noqa: E402
from cluster.session_cluster import SessionCluster, session_cluster  # noqa: E402
from e2e.sql import create_model, create_values, java  # noqa: E402

_PROCESS = {"execution-mode": "process"}
_BATCHES = {"batch-size": "3", "batch-timeout": "1 s"}
_ANSWERS = {
    "by_row": ("values.Times", {"properties.factor": "2"}),
    "by_batch": ("batches.Matrix", _BATCHES),
    "worker_rows": ("values.Times", {"properties.factor": "2", **_PROCESS}),
    "worker_batches": ("batches.Matrix", {**_BATCHES, **_PROCESS}),
}


def main() -> None:
    """Fails if a model's results are not those that its class returns."""
    directory, onnx_model = sys.argv[1:]
    home = Path(directory)
    with session_cluster(home) as cluster:
        _check_sql(cluster, onnx_model)
        _check_flink_run(cluster)
        _check_dependencies(cluster, home)
    print(json.dumps(_versions()))


def _check_sql(cluster: SessionCluster, onnx_model: str) -> None:
    onnx = f"""CREATE MODEL onnx INPUT (x DOUBLE) OUTPUT (y DOUBLE)
        WITH ('provider' = 'generic-python', 'model-directory-path' = '{onnx_model}')"""
    factors = {"by_row": 2, "by_batch": 1, "worker_rows": 2, "worker_batches": 1, "onnx": 3}
    models = [create_model(name, "x DOUBLE", "y DOUBLE", *of) for name, of in _ANSWERS.items()]
    queries = [
        f"SELECT x, y FROM ML_PREDICT(TABLE numbers, MODEL {name}, DESCRIPTOR(x))"
        for name in factors
    ]
    statements = [create_values(), *models, onnx, *queries]
    results = cluster.run_sql(*statements)
    assert len(results) == len(statements), f"ended in statement {len(results)}"
    for (name, factor), result in zip(factors.items(), results[-len(factors) :], strict=True):
        expected = [f"+I[{x}, {x * factor}]" for x in (1.0, 2.0, 3.0)]
        assert sorted(result.rows or []) == expected, f"{name}: {result.failure or result.rows}"


def _check_flink_run(cluster: SessionCluster) -> None:
    outcome = cluster.flink_run(TESTS / "cluster/flink_run.py")
    assert outcome.exit_code == 0, outcome.output + outcome.errors
    assert "predicted 4.0" in outcome.output.splitlines(), outcome.output


def _check_dependencies(cluster: SessionCluster, directory: Path) -> None:
    write_brought(directory)
    job = TESTS / "cluster/dependent_job.py"
    outcome = cluster.flink_run(job, *client_options(directory))
    for found in (f"thread: {FOUND}", f"process: {FOUND}; UDF: {FOUND}"):
        assert found in outcome.output, outcome.output + outcome.errors


def _versions() -> dict[str, str]:
    printed = subprocess.run([java(), "-version"], check=True, capture_output=True, text=True)
    packages = ("apache-flink", "pyflink-ml-embedded", "pemja", "numpy", "pyarrow", "onnxruntime")
    return {
        "java": printed.stderr.split('"')[1],
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


if __name__ == "__main__":
    main()
