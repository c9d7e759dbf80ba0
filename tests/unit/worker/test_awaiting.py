# SPDX-License-Identifier: Apache-2.0
"""Coroutines are in flight between the calls of the JVM."""

import threading

import pytest

from ..requests import make_request
from .jvm import Worker

MODEL = """
import asyncio
from pyflink_ml_embedded import PredictFunction, BatchPredictFunction

class Gates(PredictFunction):
    def open(self, context):
        self.gate = asyncio.Event()

    async def predict(self, row):
        if row.x == 13:
            raise ValueError("unlucky")
        if row.x == 99:
            self.gate.set()
        if row.x == 0:
            await self.gate.wait()
        return [(row.x, ), (2 * row.x,)]

class Batches(BatchPredictFunction):
    def open(self, context):
        self.gate = asyncio.Event()

    async def predict_batch(self, batch):
        if batch.num_rows == 1:
            self.gate.set()
        else:
            await self.gate.wait()
        return [batch.column(0)]

class Interrupts(PredictFunction):
    async def predict(self, row):
        raise KeyboardInterrupt
"""

_INPUT, _OUTPUT, _SECOND_INPUT = 0, 1, 2


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a class in a worker."""
    (tmp_path / "model.py").write_text(MODEL)
    with Worker() as worker:
        yield lambda name, size=4: worker.open(
            make_request(
                tmp_path, "x DOUBLE", "y DOUBLE", batch_size=size, python_class=f"model.{name}"
            )
        )


def test_rows_complete_by_themselves(opened):
    """A row that awaits holds copies, so that its slot can be written again."""
    function = opened("Gates")
    function.write_doubles(_INPUT, [0.0, 1.0, 2.0])
    function.start(0, 0, 3, 1)
    function.reset(0, 3)
    function.write_doubles(_INPUT, [99.0])
    assert function.wait() == 2
    assert function.numbers(2) == (2, 3)
    assert function.offsets(2) == (2, 4)
    assert function.read_doubles(_OUTPUT, 4) == (1.0, 2.0, 2.0, 4.0)
    function.start(0, 0, 1, 4)
    assert function.wait() == 1
    assert function.numbers(1) == (4,)
    assert function.wait() == 1
    assert function.numbers(1) == (1,)
    assert function.read_doubles(_OUTPUT, 2) == (0.0, 0.0)
    assert function.close() is None


def test_failed_row_is_known_by_its_number(opened):
    """The rows before it are taken, and those behind it are left for the next call."""
    function = opened("Gates")
    function.write_doubles(_SECOND_INPUT, [1.0, 13.0, 2.0])
    function.start(1, 0, 3, 7)
    with pytest.raises(RuntimeError, match="row 8: predict failed with ValueError") as failure:
        function.wait()
    assert failure.value.args[1:] == (1, "ValueError,Exception,BaseException")
    assert function.numbers(2) == (7, 8)
    assert function.read_doubles(_OUTPUT, 2) == (1.0, 2.0)
    assert function.wait() == 1
    assert function.numbers(1) == (9,)
    assert function.close() is None


def test_wait_ends_when_it_is_woken_or_its_time_is_over(opened):
    """The JVM has new rows, or none and nothing else to do."""
    function = opened("Gates")
    assert function.wait(0) == 0
    assert function.wait(1000) == 0
    timer = threading.Timer(0.05, function.wake)
    timer.start()
    assert function.wait() == 0
    timer.join()
    function.wake()  # before the wait
    assert function.wait() == 0
    assert function.close() is None


def test_batches_complete_by_themselves(opened):
    """Each keeps the memory of its rows."""
    function = opened("Batches")
    function.write_doubles(_INPUT, [1.0, 2.0, 3.0, 4.0, 5.0])
    function.start(0, 0, 2, 1)
    function.start(0, 2, 2, 3)
    assert function.wait(0) == 0
    assert function.reset(0, 5)
    function.write_doubles(_INPUT, [6.0])
    function.start(0, 0, 1, 5)
    done = {}
    for _ in range(3):
        assert function.wait() == 1
        (number,) = function.numbers(1)
        done[number] = function.read_doubles(_OUTPUT, 1 if number == 5 else 2)
    assert done == {1: (1.0, 2.0), 3: (3.0, 4.0), 5: (6.0,)}
    assert function.close() is None


def test_interrupt_of_a_coroutine_fails_its_row_alone(opened):
    """KeyboardInterrupt ends a loop elsewhere."""
    function = opened("Interrupts")
    function.write_doubles(_INPUT, [1.0])
    function.start(0, 0, 1, 1)
    with pytest.raises(RuntimeError, match="row 1: KeyboardInterrupt was raised in predict"):
        function.wait()
    assert function.wait(0) == 0
