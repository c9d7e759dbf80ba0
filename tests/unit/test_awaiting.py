# SPDX-License-Identifier: Apache-2.0
"""Functions whose methods are ``async def``, row by row and in PyFlink's worker."""

import asyncio
import gc
import json
import textwrap
import weakref

import pytest
from pyflink.table.udf import FunctionContext

from pyflink_ml_embedded import (
    BatchPredictFunction,
    ConversionError,
    ModelError,
    PredictFunction,
)
from pyflink_ml_embedded._awaiting import calls, loop
from pyflink_ml_embedded._exceptions import DescribedError, PredictTimeoutError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

MODEL = """
import asyncio, contextvars, gc
from pyflink_ml_embedded import PredictFunction, BatchPredictFunction

factor = contextvars.ContextVar("factor")

class Doubles(PredictFunction):
    async def open(self, context):
        await asyncio.sleep(0)
        self.done = []
        self.task = asyncio.create_task(self.ends())
        factor.set(2)

    async def ends(self):
        try:
            await asyncio.Event().wait()
        finally:
            self.done.append("task")

    async def predict(self, row):
        await asyncio.sleep(0)
        return [(row.x * factor.get(),)]

    async def close(self):
        await asyncio.sleep(0)
        self.done.append("close")

class InBatches(BatchPredictFunction):
    async def predict_batch(self, batch):
        await asyncio.sleep(0)
        return [batch.column(0)]

class ByColumn(BatchPredictFunction):
    async def predict_batch(self, batch):
        await asyncio.sleep(0)
        x = batch.column(0).to_pylist()
        return [x, x]

class Pairs(BatchPredictFunction):
    async def predict_batch(self, batch):
        await asyncio.sleep(0)
        return [(x, x * 2) for x in batch.column(0).to_pylist()]

class Late(PredictFunction):
    async def predict(self, row):
        try:
            await asyncio.Event().wait()
        finally:
            self.cleaned = True

class Stubborn(PredictFunction):
    async def predict(self, row):
        while True:
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                pass

class SlowClose(Doubles):
    async def close(self):
        await asyncio.Event().wait()

class Generator(PredictFunction):
    async def predict(self, row):
        yield row

class OnlyOpen(PredictFunction):
    async def open(self, context):
        pass

    def predict(self, row):
        return []

class WarmUp(Doubles):
    async def warm_up_row(self):
        return None
"""


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a class."""
    (tmp_path / "model.py").write_text(textwrap.dedent(MODEL))

    def opened(name, outputs="y DOUBLE", **changes):
        changes["python_class"] = f"model.{name}"
        return open_function(make_request(tmp_path, "x DOUBLE", outputs, **changes))

    return opened


def test_methods_run_in_one_loop_and_context(opened):
    """A client that open makes belongs to its loop, and settings of open hold."""
    function = opened("Doubles")
    done = function.function.done
    assert [function((x,))[0].y for x in (1.0, 2.0)] == [2.0, 4.0]
    close_function(function)
    assert done == ["close", "task"]


@pytest.mark.parametrize("size", [None, 4])
def test_sample_row_is_awaited(opened, size):
    """The same loop runs before the first real row."""
    for name in ("Doubles", "InBatches"):
        close_function(opened(name, batch_size=size, warm_up="require"))


def test_batch_with_as_many_rows_as_columns_is_not_transposed(opened):
    """Lists by column are refused in other batches, and must not fit this one by chance."""
    by_column = opened("ByColumn", "a DOUBLE, b DOUBLE", batch_size=4)
    with pytest.raises(ConversionError, match="lists in a list are rows"):
        by_column.predict_batch([(1.0,), (2.0,)])
    close_function(by_column)
    pairs = opened("Pairs", "a DOUBLE, b DOUBLE", batch_size=4)
    for _ in range(2):
        found = pairs.predict_batch([(1.0,), (2.0,)])
        assert [[tuple(row) for row in rows] for rows in found] == [[(1.0, 2.0)], [(2.0, 4.0)]]
    close_function(pairs)


def test_function_is_freed(opened):
    """Its loop refers to it while it is open."""
    function = opened("Doubles")
    function((1.0,))
    reference = weakref.ref(function.function)
    close_function(function)
    del function
    gc.collect()
    assert reference() is None


def test_row_that_takes_too_long_is_cancelled(opened):
    """Clean-up code runs, and the traceback says where it has waited."""
    function = opened("Late", predict_timeout=0.05)
    with pytest.raises(PredictTimeoutError, match=r"no result within 0.05 s") as raised:
        function((1.0,))
    assert raised.traceback[-1].name == "wait"
    assert function.function.cleaned
    close_function(function)


def test_row_that_catches_its_cancellation_is_given_up(opened, monkeypatch, caplog):
    """One row must not stop a job, neither by its time limit nor when the job ends."""
    monkeypatch.setattr(calls, "_GRACE", 0.02)
    monkeypatch.setattr(loop, "_CANCEL_LIMIT", 0.02)
    function = opened("Stubborn", predict_timeout=0.02)
    with pytest.raises(PredictTimeoutError):
        function((1.0,))
    close_function(function)
    assert "the coroutine goes on 0.02 s after it was cancelled" in caplog.text
    assert "1 coroutines go on 0.02 s after they were cancelled" in caplog.text
    assert "model.py:" in caplog.text


def test_close_has_a_limit(opened, monkeypatch):
    """It may await a service that does not answer."""
    monkeypatch.setattr(loop, "_CLOSE_LIMIT", 0.02)
    function = opened("SlowClose")
    with pytest.raises(DescribedError, match=r"close has not ended within 0.02 s; it is at .*:"):
        close_function(function)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Generator", "Generator.predict has both 'async def' and 'yield'"),
        ("OnlyOpen", "OnlyOpen.open is 'async def', but OnlyOpen.predict is not"),
        ("WarmUp", "WarmUp.warm_up_row is 'async def'; it must be 'def'"),
    ],
)
def test_methods_that_cannot_work_are_refused(opened, name, message):
    """Nobody would await them."""
    with pytest.raises(DescribedError, match=message):
        opened(name)


def test_row_path_says_that_rows_await_one_by_one(opened, caplog):
    """Nothing else shows why the model is slow."""
    close_function(opened("Doubles"))
    assert "its rows await one after the other" in caplog.text
    caplog.clear()
    close_function(opened("Doubles", batch_size=2))
    assert caplog.text == ""


class Rows(PredictFunction):
    """Doubles x."""

    async def open(self, context):
        self.lock = asyncio.Lock()

    async def predict(self, data):
        async with self.lock:
            return [(data.x * 2,)]

    async def close(self):
        await asyncio.sleep(0)
        closed.append(self.lock)


class Batches(BatchPredictFunction):
    """Doubles x."""

    async def predict_batch(self, batch):
        await asyncio.sleep(0)
        return [batch.column(0)]


class Yields(PredictFunction):
    """Is refused."""

    async def predict(self, data):
        yield data


closed = []


def test_class_is_a_table_function_of_pyflink():
    """PyFlink calls it for one row at a time."""
    from pyflink_ml_embedded._context import make_model_config
    from pyflink_ml_embedded._pyflink.udtf import _PredictTableFunction
    from pyflink_ml_embedded._schema import Schema

    columns = Schema.parse("x DOUBLE")
    config = make_model_config("Rows", columns, columns, None, {})
    function = _PredictTableFunction(Rows, json.loads(json.dumps(config)), False)
    function.open(FunctionContext(None, {}))
    assert function.eval(2.0) == [(4.0,)]
    assert function.eval(3.0) == [(6.0,)]
    function.close()
    assert len(closed) == 1


def test_methods_are_checked_before_a_worker_starts():
    """PyFlink reports errors of a worker late."""
    with pytest.raises(ModelError, match=r"Yields.predict has both"):
        Yields.as_udtf("x DOUBLE", "y DOUBLE")
