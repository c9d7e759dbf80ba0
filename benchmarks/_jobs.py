# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks with jobs of their own share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pyflink_ml_embedded
from pyflink_ml_embedded.bench.measure.steady import first_arrival
from pyflink_ml_embedded.table import provider_jar

__all__ = ["await_rows", "find_jars"]

_JARS = Path(pyflink_ml_embedded.__file__).parent / "jars"
_START_SECONDS = 60  # at most
_POLL_SECONDS = 0.05


def find_jars() -> list[Path]:
    """Returns the jars of the provider and of the benchmark."""
    return [provider_jar(), *sorted(_JARS.glob("pyflink-ml-embedded-benchmarks-*.jar"))]


def await_rows(reports: Sequence[Path]) -> None:
    """Waits until a row has reached a sink of each report.

    Raises:
        TimeoutError: none did in time.
    """
    deadline = time.monotonic() + _START_SECONDS
    while any(first_arrival(report) is None for report in reports):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no rows reached a sink in {_START_SECONDS} s: did its job fail?")
        time.sleep(_POLL_SECONDS)
