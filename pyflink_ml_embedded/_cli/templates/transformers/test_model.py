# SPDX-License-Identifier: Apache-2.0
"""Tests of the model, without Flink: run pytest in this directory."""

from pathlib import Path

from pyflink_ml_embedded.testing import Harness


def test_text_has_a_label_and_a_score():
    """The columns are those of the model's task."""
    with Harness(Path(__file__).parent) as model:
        (result,) = model.predict([("a great film",)])
    assert result.label in ("negative", "positive")
    assert 0.5 <= result.score <= 1.0
