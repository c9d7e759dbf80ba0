# SPDX-License-Identifier: Apache-2.0
"""Metrics of user code, as the JVM reads them from memory."""

import gc
import json
import logging
import weakref
from pathlib import Path
from typing import Any

import pytest

from pyflink_ml_embedded import ModelError, PredictContext, Schema
from pyflink_ml_embedded._metrics import Metrics
from pyflink_ml_embedded._native import MetricsMemory
from pyflink_ml_embedded._runtime.open import close_function, open_function
from unit.requests import make_request


def test_counter_counts_up_and_down() -> None:
    """It has the methods of PyFlink's counter."""
    counter = Metrics().group.counter("cache_size")

    counter.inc()
    counter.inc(5)
    counter.dec(2)

    assert counter.get_count() == 4


def test_meter_counts_events() -> None:
    """Flink makes a rate of the count."""
    meter = Metrics().group.meter("events", time_span_in_seconds=30)

    meter.mark_event()
    meter.mark_event(2)

    assert meter.get_count() == 3


def test_same_name_gives_the_same_metric() -> None:
    """A helper may ask for a counter that the class has created."""
    group = Metrics().group

    group.add_group("a").counter("n").inc()

    assert group.add_group("a").counter("n").get_count() == 1
    assert group.add_group("b").counter("n").get_count() == 0
    assert group.counter("n").get_count() == 0


def test_one_name_cannot_be_two_kinds_of_metric() -> None:
    """Flink would report only one of them."""
    group = Metrics().group
    group.counter("n")

    with pytest.raises(ModelError, match="'n' is a counter and cannot be a meter too"):
        group.meter("n")
    with pytest.raises(ModelError, match="'n' exists already"):
        group.gauge("n", int)


def test_metric_that_is_created_after_open_is_refused() -> None:
    """Flink would never see it."""
    metrics = Metrics()
    known = metrics.group.counter("known")
    metrics.complete()

    with pytest.raises(ModelError, match="Create all metrics in open"):
        metrics.group.counter("late")
    assert metrics.group.counter("known") is known


def test_too_many_metrics_are_refused() -> None:
    """The message says how many there may be."""
    group = Metrics().group

    def fill() -> None:
        for number in range(1000):
            group.distribution(str(number))

    with pytest.raises(ModelError, match="room for about 200 distributions"):
        fill()


def test_gauge_whose_function_fails_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """Its text may have values of a row, so only its class is logged."""
    metrics = Metrics("m")
    metrics.group.gauge("ratio", lambda: 1 / 0)
    metrics.group.gauge("size", lambda: 3)
    metrics.complete()
    assert metrics.refresh is not None

    with caplog.at_level(logging.WARNING):
        metrics.refresh()

    assert [record.getMessage() for record in caplog.records] == [
        "Model 'm': the gauge 'ratio' keeps its value, because its function failed with "
        "ZeroDivisionError"
    ]


@pytest.mark.parametrize("offset", [-8, 1, 1 << 19, 1 << 62])
def test_memory_refuses_places_that_no_metric_has(offset: int) -> None:
    """A wrong offset would write to other memory."""
    memory = MetricsMemory()

    with pytest.raises((IndexError, OverflowError)):
        memory.add(offset, 1)
    with pytest.raises((IndexError, OverflowError)):
        memory.record(offset, 1)
    with pytest.raises((IndexError, OverflowError)):
        memory.set(offset, 1)
    with pytest.raises((IndexError, OverflowError)):
        memory.count(offset)


def test_context_that_a_test_creates_has_metrics() -> None:
    """So that a class can be tested without Flink."""
    schema = Schema.parse("x INT")
    context = PredictContext("m", None, {}, schema, schema, 0, 1)

    context.metrics.counter("n").inc()
    context.get_metric_group().distribution("d").update(1.5)


_MODEL = """
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def open(self, context):
        self.rows = context.metrics.counter("rows")
        self.late = context.metrics
        context.metrics.gauge("two", lambda: 2)
        context.shared("key", object)

    def predict(self, data):
        self.rows.inc()
        return [data.x]
"""


def _open(tmp_path: Path, **changes: Any) -> Any:
    (tmp_path / "model.py").write_text(_MODEL)
    return open_function(
        make_request(tmp_path, "x BIGINT", "x BIGINT", python_class="model.Model", **changes)
    )


def test_open_function_describes_its_metrics_to_the_jvm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of user code have groups, and others have none."""
    described: list[bytes] = []
    real = Metrics.complete

    def complete(self: Metrics) -> None:
        real(self)
        described.append(json.dumps(self._described).encode())

    monkeypatch.setattr(Metrics, "complete", complete)
    opened = _open(tmp_path)

    metrics = {metric["name"]: metric for metric in json.loads(described[0])}
    assert metrics["rows"]["kind"] == "counter"
    assert metrics["rows"]["groups"] == []
    assert metrics["two"]["kind"] == "gauge"
    assert metrics["off_heap_bytes"]["groups"] is None
    close_function(opened)


def test_function_with_metrics_is_freed(tmp_path: Path) -> None:
    """The callable of a gauge often refers to the function."""
    opened = _open(tmp_path)
    opened((1,))
    function = weakref.ref(opened.function)

    close_function(opened)
    del opened
    gc.collect()

    assert function() is None
