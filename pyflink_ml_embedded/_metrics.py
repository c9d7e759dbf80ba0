# SPDX-License-Identifier: Apache-2.0
"""Metrics of user code, with the names of PyFlink's metric group.

Python writes values to memory that the JVM reads when a reporter asks, so neither waits for the
other.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from ._exceptions import ModelError
from ._native import MetricsMemory

_log = logging.getLogger(__name__)

_MetricT = TypeVar("_MetricT")

_Groups = tuple[tuple[str, str | None], ...]

_MILLISECONDS = 1e-6  # of a nanosecond

# What native code measures: its name there, the metric's, its kind, unit and level.
_MEASURED = (
    ("column_bytes", "off_heap_bytes", "gauge", 1.0, "basic"),
    ("gil_wait", "gil_wait_ms", "distribution", _MILLISECONDS, "detailed"),
    ("model", "inference_model_ms", "distribution", _MILLISECONDS, "detailed"),
    ("converting", "inference_converting_ms", "distribution", _MILLISECONDS, "detailed"),
    ("input_bytes", "call_input_bytes", "distribution", 1.0, "detailed"),
    ("output_bytes", "call_output_bytes", "distribution", 1.0, "detailed"),
)


class Counter:
    """Counts events."""

    def __init__(self, memory: MetricsMemory, offset: int) -> None:
        self._memory = memory
        self._offset = offset

    def inc(self, n: int = 1) -> None:
        """Adds ``n``."""
        self._memory.add(self._offset, n)

    def dec(self, n: int = 1) -> None:
        """Subtracts ``n``."""
        self._memory.add(self._offset, -n)

    def get_count(self) -> int:
        """Returns the count of this function: a new version or worker begins at 0."""
        return self._memory.count(self._offset)


class Meter:
    """Counts events, of which Flink computes the rate in a second."""

    def __init__(self, memory: MetricsMemory, offset: int) -> None:
        self._memory = memory
        self._offset = offset

    def mark_event(self, value: int = 1) -> None:
        """Notes this number of events."""
        self._memory.add(self._offset, value)

    def get_count(self) -> int:
        """Returns the number of events of this function, as ``Counter.get_count``."""
        return self._memory.count(self._offset)


class Distribution:
    """The last 512 values, of which Flink computes quantiles, and the number of all."""

    def __init__(self, memory: MetricsMemory, offset: int) -> None:
        self._memory = memory
        self._offset = offset

    def update(self, value: float) -> None:
        """Adds a value."""
        self._memory.record(self._offset, value)


class MetricGroup:
    """Creates metrics, with the methods of PyFlink's ``MetricGroup``.

    Metrics are created in ``open``. A name that exists in the group returns the same metric.
    """

    def __init__(self, metrics: Metrics, groups: _Groups = ()) -> None:
        self._metrics = metrics
        self._groups = groups

    def add_group(self, name: str, extra: str | None = None) -> MetricGroup:
        """Returns a group in this one.

        Args:
            name: the name of the group, or the key of a pair.
            extra: the value of the pair, which reporters such as Prometheus show as a label.
        """
        return MetricGroup(self._metrics, (*self._groups, (name, extra)))

    def counter(self, name: str) -> Counter:
        """Returns the counter of this name.

        Raises:
            ModelError: ``open`` has returned, the name has another kind of metric, or there is no
                room for more metrics.
        """
        return self._metrics.make(Counter, "counter", self._groups, name)

    def gauge(self, name: str, obj: Callable[[], float]) -> None:
        """Creates a gauge.

        Args:
            name: the name of the gauge.
            obj: returns the value. It is called after ``open``, and at most once a second after
                a call of ``predict``, on the same thread.

        Raises:
            ModelError: as ``counter``.
        """
        self._metrics.add_gauge(self._groups, name, obj)

    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        """Returns the meter of this name.

        Args:
            name: the name of the meter.
            time_span_in_seconds: the period over which the rate is the average.

        Raises:
            ModelError: as ``counter``.
        """
        return self._metrics.make(Meter, "meter", self._groups, name, span=time_span_in_seconds)

    def distribution(self, name: str) -> Distribution:
        """Returns the distribution of this name.

        Raises:
            ModelError: as ``counter``.
        """
        return self._metrics.make(Distribution, "distribution", self._groups, name)


class Metrics:
    """The metrics of one function. Those of PyFlink's worker and of unit tests have no reader.

    Args:
        model: the model's name, for messages.
    """

    def __init__(self, model: str = "") -> None:
        self.memory = MetricsMemory()
        self._model = model
        self._made: dict[Hashable, Any] = {}
        self._described: list[dict[str, Any]] = []
        self._gauges: list[tuple[str, int, Callable[[], float]]] = []
        self._failed: set[str] = set()
        self._is_complete = False
        offsets = self.memory.statistics
        for measured, name, kind, scale, level in _MEASURED:
            self._describe(kind, name, offsets[measured], scale=scale, level=level)
        self._shared, self._loaded = self._new_value(), self._new_value()
        self._describe("gauge", "shared_objects", self._shared)
        self._describe("gauge", "shared_objects_loaded", self._loaded)

    @property
    def group(self) -> MetricGroup:
        """The group of user code."""
        return MetricGroup(self)

    @property
    def refresh(self) -> Callable[[], None] | None:
        """Sets all gauges of user code; None if there are none."""
        return self._refresh if self._gauges else None

    def make(
        self,
        make: Callable[[MetricsMemory, int], _MetricT],
        kind: str,
        groups: _Groups,
        name: str,
        **more: Any,
    ) -> _MetricT:
        """Returns the metric of this name, which is made if it does not exist."""
        key = (groups, name)
        made: _MetricT
        if key in self._made:
            known, made = self._made[key]
            if known != kind:
                raise ModelError(f"the metric '{name}' is a {known} and cannot be a {kind} too")
            return made
        offset = self._offset(kind, name)
        self._describe(kind, name, offset, groups, **more)
        made = make(self.memory, offset)
        self._made[key] = (kind, made)
        return made

    def add_gauge(self, groups: _Groups, name: str, obj: Callable[[], float]) -> None:
        """Creates a gauge."""
        if (groups, name) in self._made:
            raise ModelError(f"the metric '{name}' exists already: give the gauge another name")
        self.make(
            lambda memory, offset: self._gauges.append((name, offset, obj)), "gauge", groups, name
        )

    def complete(self) -> None:
        """Ends the creation of metrics, and lets the JVM see them."""
        self._refresh()
        self._is_complete = True
        self.memory.describe(json.dumps(self._described).encode())

    def set_shared(self, held: int, loaded: int) -> None:
        """Sets the number of shared objects that the function uses, and that it has loaded."""
        self.memory.set(self._shared, held)
        self.memory.set(self._loaded, loaded)

    def _offset(self, kind: str, name: str) -> int:
        if self._is_complete:
            raise ModelError(
                f"the metric '{name}' is created after open. Create all metrics in open, and keep "
                "them as attributes"
            )
        try:
            return self.memory.new_window() if kind == "distribution" else self._new_value()
        except MemoryError:
            raise ModelError(
                f"there is no room for the metric '{name}'. Create fewer: a model has room for "
                "about 200 distributions, or 100,000 other metrics"
            ) from None

    def _new_value(self) -> int:
        return self.memory.new_value()

    def _describe(
        self, kind: str, name: str, offset: int, groups: _Groups | None = None, **more: Any
    ) -> None:
        entry = {"kind": kind, "name": name, "offset": offset, "groups": groups}
        self._described.append({**entry, **more})

    def _refresh(self) -> None:
        for name, offset, obj in self._gauges:
            try:
                self.memory.set(offset, obj())
            except Exception as error:
                if name not in self._failed:
                    self._failed.add(name)
                    _log.warning(
                        "Model '%s': the gauge '%s' keeps its value, because its function failed "
                        "with %s",
                        self._model,
                        name,
                        type(error).__name__,
                    )
