# SPDX-License-Identifier: Apache-2.0
"""What ends the calls of ``async def`` functions, and options that these do not have."""

import asyncio
import os
import textwrap
import threading

import pytest

from pyflink_ml_embedded._exceptions import DescribedError, PredictTimeoutError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

MODEL = """
import asyncio, threading
from pyflink_ml_embedded import PredictFunction, BatchPredictFunction

class Row(PredictFunction):
    def open(self, context):
        self.blocks = threading.Event()

    async def predict(self, row):
        while row.x == 1.0:
            self.blocks.set()  # blocks the loop, too
        while row.x == 2.0:
            await asyncio.sleep(60)
        return [(row.x,)]

class Batch(BatchPredictFunction):
    async def predict_batch(self, batch):
        return [batch.column(0)]
"""


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a class."""
    (tmp_path / "model.py").write_text(textwrap.dedent(MODEL))

    def opened(name, **changes):
        changes["python_class"] = f"model.{name}"
        return open_function(make_request(tmp_path, "x DOUBLE", "y DOUBLE", **changes))

    return opened


def test_coroutine_that_blocks_is_interrupted(opened):
    """A coroutine without await is a call like any other."""
    function = opened("Row", predict_timeout=30.0)

    def interrupt():
        function.function.blocks.wait(30)
        number, _ = function.call
        while not function.interrupt(number, "too long"):  # not in threading
            pass

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(PredictTimeoutError, match=r"^too long$"):
        function((1.0,))
    thread.join()
    assert function((3.0,))[0].y == 3.0
    close_function(function)


def test_coroutine_that_waits_ends_when_its_job_is_cancelled(opened):
    """The loop of a single row is woken by nothing else."""
    function = opened("Row")
    timer = threading.Timer(0.2, os.eventfd_write, (function.awaiter.wake_descriptor, 1))
    timer.start()
    with pytest.raises(asyncio.CancelledError):
        function((2.0,))
    timer.join()
    assert function((3.0,))[0].y == 3.0
    close_function(function)


def test_length_column_is_refused(opened):
    """Rows are not sorted, because they start as they arrive."""
    batch = {"size": 2, "length_column": "x", "max_length": None}
    with pytest.raises(DescribedError, match=r"batch-length-column.*is 'async def'"):
        opened("Batch", batch=batch)


@pytest.mark.parametrize("name", ["Row", "Batch"])
def test_sample_of_rows_is_refused_in_batches(opened, tmp_path, name):
    """Rows complete in any order."""
    monitoring = {
        "slow_predict_ms": None,
        "profile_directory": None,
        "tap_directory": str(tmp_path / "tap"),
        "tap_ratio": 1.0,
        "version": "v1",
        "attempt": 0,
    }
    with pytest.raises(DescribedError, match=r"'tap-directory'.*is 'async def'"):
        opened(name, batch_size=2, monitoring=monitoring)
