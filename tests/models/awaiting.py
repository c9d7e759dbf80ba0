# SPDX-License-Identifier: Apache-2.0
"""Functions of ``(x DOUBLE)`` that answer ``(y DOUBLE)``, twice x, by coroutines."""

import asyncio
import contextlib
import contextvars
import os
import pathlib
import time

import pyarrow.compute as pc

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction

_factor = contextvars.ContextVar("factor", default=1)


class Gate(PredictFunction):
    """Row 0 awaits row ``properties.opener``, and row 1 fails."""

    def open(self, context):
        self.opener = int(self.init_properties["opener"])
        self.gate = asyncio.Event()

    async def predict(self, data):
        if data.x == 1:
            raise ValueError(f"row with {data.x + 4321.5}")
        if data.x == self.opener:
            self.gate.set()
        if data.x == 0:
            await self.gate.wait()
        return [(data.x * 2,)]


class Flaky(PredictFunction):
    """The first try of each tenth row fails."""

    def open(self, context):
        self.failed = set()

    async def predict(self, data):
        await asyncio.sleep(0.001)
        if data.x % 10 == 0 and data.x not in self.failed:
            self.failed.add(data.x)
            raise ConnectionError
        return [(data.x * 2,)]


class Together(PredictFunction):
    """No row ends before ``properties.rows`` are in flight."""

    async def open(self, context):
        await asyncio.sleep(0)
        self.barrier = asyncio.Condition()
        self.expected = int(self.init_properties["rows"])
        self.arrived = 0
        _factor.set(2)

    async def predict(self, data):
        async with self.barrier:
            self.arrived += 1
            self.barrier.notify_all()
            await self.barrier.wait_for(lambda: self.arrived >= self.expected)
        return [(data.x * _factor.get(),)]


class TogetherInBatches(BatchPredictFunction):
    """No batch ends before two are in flight; one with ``properties.bad`` fails."""

    async def open(self, context):
        self.two = asyncio.Event()
        self.batches = 0
        self.bad = float(self.init_properties["bad"])

    async def predict_batch(self, batch):
        self.batches += 1
        if self.batches == 2:
            self.two.set()
        await self.two.wait()
        if self.bad in batch["x"].to_pylist():
            raise ValueError(f"batch with {self.bad}")
        return {"y": pc.multiply(batch["x"], 2)}


class Endless(PredictFunction):
    """Awaits for ever; writes to the directory ``properties.marks`` what happens."""

    async def open(self, context):
        self.marks = pathlib.Path(self.init_properties["marks"])
        self.ticks = asyncio.create_task(self.tick())

    async def tick(self):
        while True:
            await asyncio.sleep(0.01)
            (self.marks / "tick").touch()

    async def predict(self, data):
        (self.marks / "started").touch()
        try:
            await asyncio.Event().wait()
        finally:
            (self.marks / "finally").touch()

    async def close(self):
        self.ticks.cancel()
        await asyncio.sleep(0)
        (self.marks / "closed").touch()


class Stubborn(PredictFunction):
    """Row 0 does not end when it is cancelled."""

    async def predict(self, data):
        while data.x == 0:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return [(data.x * 2,)]


class Hangs(PredictFunction):
    """Row 0 awaits for ever."""

    async def predict(self, data):
        if data.x == 0:
            await asyncio.Event().wait()
        return [(data.x * 2,)]


class Blocks(PredictFunction):
    """Row 0 blocks the loop."""

    async def predict(self, data):
        if data.x == 0:
            time.sleep(600)
        return [(data.x * 2,)]


class Dies(PredictFunction):
    """Row ``properties.deadly`` ends the process, each time or once, while others await."""

    async def predict(self, data):
        await asyncio.sleep(0.02)
        if data.x == float(self.init_properties["deadly"]):
            once = self.init_properties.get("once", "")
            if not (once and os.path.exists(once)):
                if once:
                    pathlib.Path(once).touch()
                os._exit(1)
        return [(data.x * 2,)]


class Generates(PredictFunction):
    """Is refused."""

    async def predict(self, data):
        yield (data.x * 2,)
