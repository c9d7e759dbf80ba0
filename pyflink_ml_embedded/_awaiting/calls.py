# SPDX-License-Identifier: Apache-2.0
"""The calls of a function that await in its loop, as native code (``await_path.c``) uses them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from .._exceptions import PredictTimeoutError
from .loop import FunctionLoop, place_of

if TYPE_CHECKING:
    from .._native import Row

_log = logging.getLogger(__name__)

# How long a call may go on after its time, in seconds, until it is given up.
_GRACE = 1.0
# How much earlier, in seconds, a call is cancelled that the JVM waits for, which would otherwise
# end the process.
_MARGIN = 0.02
_ALONE = 0


class _Call:
    """A call in flight.

    Attributes:
        number: that of its first row.
        count: its number of rows.
        row: its row, if it has one only.
        task: runs its coroutine.
        timer: ends it after the time limit.
        is_late: whether it has exceeded the limit.
    """

    __slots__ = ("count", "is_late", "number", "row", "task", "timer")

    def __init__(self, number: int, count: int, row: Row | None) -> None:
        self.number = number
        self.count = count
        self.row = row
        self.task: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.is_late = False


_Done = tuple[int, int, "Row | None", Any, "BaseException | None"]


class Calls:
    """The calls of a function that are in flight, and those that are done."""

    def __init__(self, loop: FunctionLoop, model: str, timeout: float | None) -> None:
        """Creates the calls of a function that has none.

        Args:
            loop: where they run.
            model: the model's name.
            timeout: how long a call may take, in seconds, or None.
        """
        self._loop = loop
        self._model = model
        self._timeout = timeout
        self._calls: set[_Call] = set()
        self._done: list[_Done] = []

    @property
    def loop(self) -> FunctionLoop:
        """The loop of the function."""
        return self._loop

    @property
    def wake_descriptor(self) -> int:
        """That of the loop."""
        return self._loop.wake_descriptor

    def wait(self, microseconds: int) -> list[_Done]:
        """Runs the loop until a call is done, the loop is woken, or the time has passed.

        Args:
            microseconds: the time; the loop runs once for 0, and has no limit if it is negative.

        Returns:
            The calls that are done. Who takes some removes them from the list.

        Raises:
            ModelError: the loop cannot run.
        """
        if self._done:
            return self._done
        timer = None
        if microseconds == 0:
            self._loop.stop()
        elif microseconds > 0:
            timer = self._loop.call_later(microseconds / 1e6, self._loop.stop)
        self._loop.run_until_stopped()
        if timer is not None:
            timer.cancel()
        return self._done

    def close(self) -> None:
        """Cancels the calls in flight, for a limited time, and forgets those that are done."""
        self._loop.end_waits()
        tasks = [call.task for call in self._calls if call.task is not None]
        for call in self._calls:
            if call.timer is not None:
                call.timer.cancel()
        self._calls.clear()
        self._loop.cancel(tasks)
        self._done.clear()

    def _start(
        self,
        call: _Call,
        predict: Callable[..., Awaitable[Any]],
        *data: Any,
        margin: float = 0.0,
    ) -> None:
        self._calls.add(call)
        call.task = self._loop.start(self._run(call, predict, *data))
        if self._timeout is not None:
            call.timer = self._loop.call_later(self._timeout - margin, self._expire, call)

    def _run_alone(self, predict: Callable[..., Awaitable[Any]], *data: Any) -> Any:
        """Runs one call to its end, and returns its result or raises its error."""
        margin = min(_MARGIN, (self._timeout or 0.0) / 10)
        call = _Call(_ALONE, 1, None)
        self._start(call, predict, *data, margin=margin)
        while not self._done:
            self.wait(-1)
            if not self._done and call.task is not None and self._loop.take_wake():
                call.task.cancel()  # only a cancelled job wakes the loop for a single call
        _, _, _, result, error = self._done.pop()
        if error is not None:
            try:
                raise error
            finally:
                error = None  # which this frame would refer to, as it does to this frame
        return result

    async def _run(self, call: _Call, predict: Callable[..., Awaitable[Any]], *data: Any) -> None:
        result = error = None
        try:
            result = await predict(*data)
        except BaseException as raised:
            error = raised
        if call.is_late or _is_interrupted(error):
            error = self._late(error)
        self._finish(call, result, error)
        error = None  # which this frame would refer to, as it does to this frame

    def _finish(self, call: _Call, result: Any, error: BaseException | None) -> None:
        if call not in self._calls:  # given up, or cancelled
            return
        self._calls.remove(call)
        if call.timer is not None:
            call.timer.cancel()
        self._done.append((call.number, call.count, call.row, result, error))
        self._loop.stop()

    def _expire(self, call: _Call) -> None:
        if call.task is not None and not call.task.done():
            call.is_late = True
            call.task.cancel()
            call.timer = self._loop.call_later(_GRACE, self._give_up, call)

    def _give_up(self, call: _Call) -> None:
        """Fails a call that has not ended after it was cancelled; its coroutine goes on."""
        if call in self._calls and call.task is not None:
            _log.warning(
                "Model '%s'%s: the coroutine goes on %g s after it was cancelled because of "
                "predict-timeout. It catches CancelledError, and is at %s",
                self._model,
                "" if call.number == _ALONE else f", row {call.number}",
                _GRACE,
                place_of(call.task),
            )
            self._finish(call, None, self._late(None))

    def _late(self, error: BaseException | None) -> PredictTimeoutError:
        """Returns the error of a call that was cancelled, with the frames where it was."""
        late = PredictTimeoutError()
        late.reason = (
            "its job was cancelled"
            if self._timeout is None
            else f"no result within {self._timeout:g} s (predict-timeout)"
        )
        return late.with_traceback(None if error is None else error.__traceback__)


def _is_interrupted(error: BaseException | None) -> bool:
    """Returns whether the JVM has raised the error in a coroutine, which has blocked the loop."""
    return isinstance(error, PredictTimeoutError) and not error.args and error.reason is None


class RowCalls(Calls):
    """Calls of ``predict``, each for one row."""

    def __init__(
        self,
        loop: FunctionLoop,
        model: str,
        timeout: float | None,
        predict: Callable[[Row], Awaitable[Any]],
    ) -> None:
        super().__init__(loop, model, timeout)
        self._predict = predict

    def start(self, number: int, row: Row) -> None:
        """Starts the call for a row of this number."""
        self._start(_Call(number, 1, row), self._predict, row)

    def predict(self, row: Row) -> Any:
        """Predicts one row while no other is in flight, and returns the result."""
        return self._run_alone(self._predict, row)
