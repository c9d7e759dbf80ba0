# SPDX-License-Identifier: Apache-2.0
"""Makes each allocation of a call fail in turn, in a separate process."""

from __future__ import annotations

import gc
import importlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyflink_ml_embedded import ConversionError

Call = Callable[[], Any]
Check = Callable[[Any], bool]

# In CPython 3.10 a few blocks are lost in each round, of hundreds of failures.
LOST_BLOCKS = 1 if sys.version_info >= (3, 11) else 8
QUIET = 30  # calls in a row in which no allocation failed: all have been tried


def is_exhaustion(error: BaseException | None) -> bool:
    """Whether memory was exhausted, or a ConversionError was raised because of that."""
    if isinstance(error, ConversionError):
        return isinstance(error.__cause__, MemoryError)
    return isinstance(error, MemoryError)


def fail_each_allocation(call: Call, is_right: Check) -> int:
    """Makes the n-th allocation of a call fail, for every n, and returns their number."""
    import _testcapi

    fail, restore = _testcapi.set_nomemory, _testcapi.remove_mem_hooks
    number = quiet = 0
    while quiet < QUIET:
        error = result = None
        fail(number, number + 1)
        try:
            result = call()
        except BaseException as raised:
            error = raised
        finally:
            restore()
        if error is None:
            quiet += 1
            assert is_right(result), f"allocation {number} failed: {result!r}"
        else:
            quiet = 0
            assert is_exhaustion(error), f"allocation {number} failed: {error!r}"
        if number % 7 == 0:
            error = result = None
            assert is_right(call()), f"the call after that in which allocation {number} failed"
        number += 1
    return number - QUIET


def check_case(module: str, name: str) -> None:
    """Runs one case of a module three times, so that a leak shows in each round.

    A case returns a call and a check of its result.
    """
    call, is_right = getattr(importlib.import_module(module), name)()
    assert is_right(call()), "without a failure"
    blocks = []
    for _ in range(3):
        assert fail_each_allocation(call, is_right) > 5
        gc.collect()
        sys._clear_type_cache()  # it holds each str that an attribute was looked up with
        blocks.append(sys.getallocatedblocks())
    assert min(b - a for a, b in itertools.pairwise(blocks)) <= LOST_BLOCKS, blocks


def assert_survives_failed_allocations(case: Callable[[], tuple[Call, Check]]) -> None:
    """Checks a case, which may crash, in a new process."""
    script = (
        f"from {__name__} import check_case; check_case({case.__module__!r}, {case.__name__!r})"
    )
    directory = str(Path(__file__).parents[__name__.count(".")])
    paths = [directory, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
