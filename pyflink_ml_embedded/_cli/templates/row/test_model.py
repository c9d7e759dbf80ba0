# SPDX-License-Identifier: Apache-2.0
"""Tests of the model, without Flink: run pytest in this directory."""

from pathlib import Path

from pyflink_ml_embedded import Row
from pyflink_ml_embedded.testing import Harness


def test_usual_amount_has_a_score_of_one_half():
    """The score says how far a payment is from the usual amount of its country."""
    with Harness(
        Path(__file__).parent,
        inputs="amount DOUBLE, country STRING",
        outputs="score DOUBLE",
        python_predict_class="model.Model",
        properties={"usual-amount": "10"},
    ) as model:
        results = model.predict([(80.0, "DE"), (10.0, "NZ"), (None, "DE")])
    assert results == [Row(score=0.5), Row(score=0.5), Row(score=None)]
