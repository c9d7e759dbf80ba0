# SPDX-License-Identifier: Apache-2.0
"""Tests of the model, without Flink: run pytest in this directory."""

from pathlib import Path

import pandas as pd
import pytest

from pyflink_ml_embedded.testing import Harness

PAYMENTS = pd.DataFrame({"amount": [80.0, 10.0, 150.0], "country": ["DE", "NZ", "FR"]})


@pytest.fixture
def model():
    """The open model, with the columns and options of model.sql."""
    with Harness(
        Path(__file__).parent,
        inputs="amount DOUBLE, country STRING",
        outputs="score DOUBLE",
        python_predict_class="model.Model",
        batch_size=256,
        properties={"usual-amount": "10"},
    ) as harness:
        yield harness


def test_usual_amount_has_a_score_of_one_half(model):
    """The score says how far a payment is from the usual amount of its country."""
    scores = model.predict_batch(PAYMENTS)["score"]
    assert list(scores) == pytest.approx([0.5, 0.5, 2 / 3])


def test_row_has_the_same_score_alone(model):
    """Flink decides which rows are in one batch."""
    alone = [result.score for result in model.predict(PAYMENTS.itertuples(index=False))]
    assert alone == list(model.predict_batch(PAYMENTS)["score"])
