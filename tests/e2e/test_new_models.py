# SPDX-License-Identifier: Apache-2.0
"""The statements that ``new`` writes run in Flink; a unit test compares them with ``check``'s."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyflink_ml_embedded import cli
from pyflink_ml_embedded._cli.script import split_statements

from .sql import Result, run_sql

# A kind, and the score or label of each row of its view.
EXPECTED = {
    "row": ["0.227", "0.845", "0.454"],
    "batch": ["0.227", "0.845", "0.454"],
    "onnx": ["0", "2"],
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Result]]:
    """The results of the statements of each kind, all in one JVM."""
    scripts = {}
    for kind in EXPECTED:
        directory: Path = tmp_path_factory.mktemp(kind) / f"a `{kind}`'s model"
        assert cli.main(["new", str(directory), "--kind", kind]) == 0
        scripts[kind] = list(split_statements((directory / "model.sql").read_text()))
        scripts[kind].append("DROP TEMPORARY VIEW samples")
    done = iter(run_sql(*(statement for script in scripts.values() for statement in script)))
    return {kind: [next(done) for _ in script] for kind, script in scripts.items()}


@pytest.mark.parametrize("kind", EXPECTED)
def test_model_predicts_in_flink(results: dict[str, list[Result]], kind: str) -> None:
    """Names and paths are quoted, and the columns of the view fit the model."""
    assert [result.failure for result in results[kind]] == [None] * 4
    rows = results[kind][2].rows or []
    found = zip(rows, EXPECTED[kind], strict=True)
    assert all(f", {value}" in row for row, value in found), rows
