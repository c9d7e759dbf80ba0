# SPDX-License-Identifier: Apache-2.0
"""Tests of the model, without Flink: run pytest in this directory."""

from pathlib import Path

import pytest

from pyflink_ml_embedded.testing import Harness


def test_usual_amount_has_a_score_of_one_half():
    """The columns are those of the model's signature."""
    with Harness(Path(__file__).parent) as model:
        results = model.predict([(80.0, "DE"), (100.0, "NZ")])
    assert [result.score for result in results] == pytest.approx([0.5, 2 / 3])
