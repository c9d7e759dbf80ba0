# SPDX-License-Identifier: Apache-2.0
"""Fixtures that several native tests share."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

MEGABYTE = 2**20


@pytest.fixture(scope="module", autouse=True)
def quick_collections() -> Iterator[None]:
    """Leaves what is there already out of the many collections of the tests."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def held_megabytes() -> Iterator[Callable[[], int]]:
    """Returns a function that measures the growth in megabytes, with tracemalloc."""
    gc.collect()
    tracemalloc.start(1)
    first = tracemalloc.get_traced_memory()[0]

    def held() -> int:
        gc.collect()
        return round((tracemalloc.get_traced_memory()[0] - first) / MEGABYTE)

    yield held
    tracemalloc.stop()
