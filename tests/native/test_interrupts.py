# SPDX-License-Identifier: Apache-2.0
"""A call in progress can be interrupted, and no exception hits anything else."""

from __future__ import annotations

import contextvars
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any

import pytest

from pyflink_ml_embedded import PredictTimeoutError, Row
from pyflink_ml_embedded._native import OpenFunction

from .columns import Function, column, open_function

ROW = [column("x", "BIGINT")]


def open_with(predict: Callable[[Row], Any]) -> OpenFunction:
    """Opens a function of one BIGINT column."""
    return open_function(predict, ROW, ROW)


def values(rows: list[Row]) -> list[Any]:
    """Returns the values of rows of one column."""
    return [value for (value,) in rows]


@contextmanager
def interrupting(
    function: OpenFunction, force: bool = True, threads: int = 1
) -> Iterator[list[int]]:
    """Interrupts each call that is seen, in other threads, and counts the interrupts."""
    ends = threading.Event()
    counts: list[int] = []

    def watch() -> None:
        while not ends.is_set():
            call = function.call
            if call is not None and function.interrupt(call[0], "too long", force):
                counts.append(call[0])

    watchers = [threading.Thread(target=watch) for _ in range(threads)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for watcher in watchers:
            watcher.start()
        yield counts
    finally:
        ends.set()
        for watcher in watchers:
            watcher.join()
        sys.setswitchinterval(interval)


def loop(row: Row) -> Any:
    """Loops until it is interrupted."""
    while True:
        pass


def count(row: Row) -> Any:
    """Counts to the value for a while, so that other threads get the GIL meanwhile."""
    for _ in range(100):
        x = 0
        for _ in range(row.x):
            x += 1
    return [x]


def test_loop_ends_with_the_reason() -> None:
    """The message is the one that the watcher has given."""
    function = open_with(loop)
    with interrupting(function), pytest.raises(PredictTimeoutError, match=r"^too long$"):
        function((1,))
    assert function.call is None


def test_error_is_no_exception() -> None:
    """A model that catches all its errors does not catch this one."""

    def predict(row: Row) -> Any:
        try:
            loop(row)
        except Exception:
            return [1]

    function = open_with(predict)
    with interrupting(function), pytest.raises(PredictTimeoutError):
        function((1,))


def test_class_may_catch_the_error() -> None:
    """The row then has other results."""

    def predict(row: Row) -> Any:
        with suppress(PredictTimeoutError):
            loop(row)
        return [7]

    function = open_with(predict)
    counts = []
    watcher = threading.Thread(target=lambda: counts.append(_interrupt_first(function)))
    watcher.start()
    assert values(function((1,))) == [7]
    watcher.join()
    assert counts == [1]


def test_swallowed_error_is_raised_again() -> None:
    """A call that catches everything ends nevertheless."""
    caught: list[BaseException] = []
    entered = threading.Semaphore(0)

    def predict(row: Row) -> Any:
        while len(caught) < 3:
            try:
                entered.release()
                loop(row)
            except BaseException as error:
                caught.append(error)
        entered.release()
        loop(row)

    function = open_with(predict)

    def watch() -> None:
        for _ in range(4):
            entered.acquire()
            _interrupt_first(function)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(PredictTimeoutError):
        function((1,))
    watcher.join()
    assert [type(error) for error in caught] == 3 * [PredictTimeoutError]


def test_exception_that_was_not_raised_is_removed() -> None:
    """Native code has returned to no Python code of the call. Its result counts."""
    results: SimpleQueue[list[int]] = SimpleQueue()
    function = open_with(count)
    function.function.predict = results.get  # of C: waits for a result, without the GIL
    function = OpenFunction(function.function, "m", ROW, ROW, contextvars.Context())

    def watch() -> None:
        for number in range(100):
            assert _interrupt_first(function) == number + 1
            results.put([7])
            while (call := function.call) is not None and call[0] == number + 1:
                pass

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(100):
        assert values(function((1,))) == [7]
    watcher.join()


def test_no_exception_outlives_its_call() -> None:
    """A call may end while the exception is being set. Later code must not be hit."""
    function = open_with(count)
    other = open_with(count)
    with interrupting(function) as counts:
        while len(counts) < 100:
            try:
                assert values(function((5,))) == [5]
            except PredictTimeoutError as error:
                assert error.reason == "too long"  # noqa: PT017 - otherwise raised after the call
            assert values(other((6,))) == [6]
    for _ in range(10_000):
        assert values(function((5,))) == [5]


def test_functions_of_several_threads_are_not_confused() -> None:
    """Only the function that is watched is interrupted, whatever other threads call."""
    ends = threading.Event()
    failures: list[BaseException] = []

    def predict_on() -> None:
        function = open_with(count)
        try:
            while not ends.is_set():
                assert values(function((5,))) == [5]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=predict_on) for _ in range(3)]
    watched = open_with(count)
    for thread in threads:
        thread.start()
    with interrupting(watched, threads=2) as counts:
        while len(counts) < 30:
            with suppress(PredictTimeoutError):
                watched((5,))
    ends.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_other_numbers_are_ignored() -> None:
    """The call that was too long has ended, and another one is in progress."""
    function = open_with(lambda row: [int(function.interrupt(row.x, "too long", force=True))])
    assert values(function((100,))) == [0]
    assert not function.interrupt(1, "too long", force=True)


def test_each_row_of_a_batch_is_a_call() -> None:
    """Rows before the one that takes too long have their results."""
    calls = []

    def predict(row: Row) -> Any:
        calls.append(function.call)
        return [row.x]

    function = OpenFunction(Function(predict), "m", ROW, ROW, contextvars.Context(), False, 8)
    results = function.predict_batch([(1,), (2,), (3,)])
    assert [values(rows) for rows in results] == [[1], [2], [3]]
    assert [number for number, _ in calls] == [1, 2, 3]
    assert {thread for _, thread in calls} == {threading.get_ident()}


def test_exception_is_deferred_while_a_lock_may_be_taken() -> None:
    """Logging and imports of all models would wait for the lock for ever."""
    event = threading.Event()

    def predict(row: Row) -> Any:
        event.wait(10)
        return [row.x]

    function = open_with(predict)
    answers: list[bool] = []

    def watch() -> None:
        while (call := function.call) is None or event._cond._waiters == ():  # type: ignore[attr-defined]
            time.sleep(0.001)
        time.sleep(0.01)
        answers.append(function.interrupt(call[0], "too long"))
        event.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert values(function((5,))) == [5]
    watcher.join()
    assert answers == [False]


def test_interrupts_leak_nothing() -> None:
    """A watcher may interrupt many calls of one function."""
    function = open_with(loop)
    counts = []
    for _ in range(3):
        with interrupting(function), pytest.raises(PredictTimeoutError):
            function((1,))
        gc.collect()
        counts.append(sys.getrefcount(PredictTimeoutError))
    assert counts[1] == counts[2]


def _interrupt_first(function: OpenFunction) -> int:
    while (call := function.call) is None:
        time.sleep(0.001)
    while not function.interrupt(call[0], "too long", force=True):
        pass
    return call[0]
