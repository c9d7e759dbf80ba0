# SPDX-License-Identifier: Apache-2.0
"""Tests of the model, which need no Flink: pytest examples/tutorial."""

from pathlib import Path

from pyflink_ml_embedded.testing import Harness


def test_more_items_take_longer():
    """Runs the class as Flink would, with the same conversions and checks."""
    with Harness(
        Path(__file__).parent / "delivery",
        inputs="distance_km DOUBLE, items INT",
        outputs="minutes DOUBLE",
        python_predict_class="delivery.DeliveryTime",
    ) as model:
        few, many = model.predict([(5.0, 1), (5.0, 8)])
    assert few.minutes < many.minutes
