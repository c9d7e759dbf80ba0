# SPDX-License-Identifier: Apache-2.0
"""Tests of the model, without Flink: run pytest in this directory."""

from pathlib import Path

from pyflink_ml_embedded.testing import Harness

SETOSA, VIRGINICA = [5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]


def test_species_are_told_apart():
    """The columns are those that the ONNX file declares."""
    with Harness(Path(__file__).parent) as model:
        results = model.predict([(SETOSA,), (VIRGINICA,)])
    assert [result.label for result in results] == [0, 2]
    assert all(abs(sum(result.probabilities) - 1) < 1e-5 for result in results)
