# SPDX-License-Identifier: Apache-2.0
"""The event loop of one function, which runs while the JVM's call waits in it."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from .._exceptions import ModelError

if TYPE_CHECKING:
    from .._native import OpenFunction

_log = logging.getLogger(__name__)

# How long coroutines may go on after they were cancelled, in seconds.
_CANCEL_LIMIT = 3.0
# How long close() of the class may take if it is a coroutine.
_CLOSE_LIMIT = 10.0
_MISSING = object()
_ASYNCIO = os.path.dirname(asyncio.__file__)


class _Selector(selectors.DefaultSelector):
    """Notes when the JVM's call waits, so that nobody takes it for a call that hangs.

    Attributes:
        opened: the function that is called, or None.
    """

    opened: OpenFunction | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        opened = self.opened
        if opened is None or not opened.pause():
            return super().select(timeout)
        try:
            return super().select(timeout)
        finally:
            opened.resume()


class FunctionLoop:
    """An event loop in which all coroutines of one function run. Closing ends them.

    Attributes:
        wake_descriptor: an eventfd. Who writes to it ends the current run of the loop, or the next
            one.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._selector = _Selector()
        self._loop = asyncio.SelectorEventLoop(self._selector)
        self.wake_descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._loop.add_reader(self.wake_descriptor, self._woken)
        self._is_woken = False

    def watch(self, opened: OpenFunction) -> None:
        """Notes in a function when its calls wait, until the loop is closed."""
        self._selector.opened = opened

    def run(self, method: Callable[..., Awaitable[object]], *arguments: object) -> None:
        """Runs a coroutine to its end. Variables that it sets keep their values in the caller."""
        changed: Iterable[tuple[contextvars.ContextVar[Any], Any]] = ()

        async def main() -> None:
            nonlocal changed
            try:
                await method(*arguments)
            finally:
                changed = contextvars.copy_context().items()

        try:
            self._loop.run_until_complete(main())
        finally:
            for variable, value in changed:
                if variable.get(_MISSING) is not value:
                    variable.set(value)

    def run_close(self, method: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Runs ``close`` of a class, for a limited time.

        Raises:
            ModelError: it has not ended in time.
        """
        task = self._loop.create_task(method())
        self._loop.run_until_complete(asyncio.wait({task}, timeout=_CLOSE_LIMIT))
        if not task.done():
            place = place_of(task)
            self.cancel([task])
            raise ModelError(f"close has not ended within {_CLOSE_LIMIT:g} s; it is at {place}")
        task.result()

    def end_waits(self) -> None:
        """Lets nobody wake the loop from now on."""
        self._selector.opened = None
        self._loop.remove_reader(self.wake_descriptor)

    def start(self, coroutine: Any) -> asyncio.Task[None]:
        """Creates a task that runs with the loop."""
        return self._loop.create_task(coroutine)

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> Any:
        """Calls back after a delay in seconds; as the method of the loop."""
        return self._loop.call_later(delay, callback, *arguments)

    def stop(self) -> None:
        """Ends the current run when all callbacks that are due have run; or so the next one."""
        self._loop.stop()

    def take_wake(self) -> bool:
        """Returns whether the loop was woken since the last call of this method."""
        was_woken, self._is_woken = self._is_woken, False
        return was_woken

    def run_until_stopped(self) -> None:
        """Runs the loop until something stops it.

        Raises:
            ModelError: the loop cannot run.
        """
        try:
            self._loop.run_forever()
        except Exception as error:
            raise ModelError(
                f"the event loop of the function cannot run: {error}. Do not close or replace it"
            ) from error
        except BaseException as error:  # of a task that the class has created
            _log.error("Model '%s': a task has raised %r", self._model, error)

    def cancel(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        """Cancels tasks, and runs the loop until they have ended, for a limited time."""
        pending = {task for task in tasks if not task.done()}
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = self._loop.run_until_complete(asyncio.wait(pending, timeout=_CANCEL_LIMIT))
        if pending:
            _log.warning(
                "Model '%s': %d coroutines go on %g s after they were cancelled, and are dropped, "
                "because they catch CancelledError. One is at %s",
                self._model,
                len(pending),
                _CANCEL_LIMIT,
                place_of(next(iter(pending))),
            )
            for task in pending:
                task._log_destroy_pending = False  # type: ignore[attr-defined]

    def close(self) -> None:
        """Ends what is left in the loop, and closes it. A second call does nothing."""
        if self.wake_descriptor < 0:
            return
        try:
            if not self._loop.is_closed():
                self.end_waits()
                self.cancel(asyncio.all_tasks(self._loop))
                self.cancel([self._loop.create_task(self._loop.shutdown_asyncgens())])
        finally:
            self._loop.close()
            os.close(self.wake_descriptor)
            self.wake_descriptor = -1

    def _woken(self) -> None:
        os.eventfd_read(self.wake_descriptor)
        self._is_woken = True
        self._loop.stop()


def place_of(task: asyncio.Task[Any]) -> str:
    """Returns where a task waits, as ``file:line``, outside of asyncio if it can be."""
    coroutine: Any = task.get_coro()
    place = repr(coroutine)
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        if os.path.dirname(frame.f_code.co_filename) != _ASYNCIO:
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        coroutine = coroutine.cr_await
    return place
