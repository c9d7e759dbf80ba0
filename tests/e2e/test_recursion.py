# SPDX-License-Identifier: Apache-2.0
"""Endless recursion in a model raises RecursionError, and the JVM lives."""

import sys

import pytest

from .sql import Result, create_model, create_values, run_sql

_KINDS = {
    "on_a_task_thread": {},
    "on_a_python_thread": {"python-thread": "true"},
    "in_a_batch": {"batch-size": "8"},
    "on_a_task_thread_after_setrecursionlimit": {"properties.limit": "10000"},
    "on_a_python_thread_after_setrecursionlimit": {
        "python-thread": "true",
        "properties.limit": "10000",
    },
    "in_a_batch_after_setrecursionlimit": {"batch-size": "8", "properties.limit": "10000"},
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """The result of each query, all in one JVM: first those that leave Python's limit as it is."""
    deep = {"python-thread": "true", "properties.limit": "10000"}
    queries = [
        ("depth_on_a_task_thread", "Depth", "reached INT", {}),
        *((name, "Recursion", "names STRING", options) for name, options in _KINDS.items()),
        ("depth_on_a_python_thread", "Depth", "reached INT", deep),
    ]
    statements = [create_values()]
    for name, python_class, output, options in queries:
        column = output.split()[0]
        statements += [
            create_model(name, "x DOUBLE", output, f"recursion.{python_class}", options),
            f"SELECT {column} FROM ML_PREDICT(TABLE numbers, MODEL {name}, DESCRIPTOR(x))"
            " WHERE x = 1",
        ]
    return dict(zip((name for name, *_ in queries), run_sql(*statements)[2::2], strict=False))


@pytest.mark.parametrize("name", _KINDS)
def test_every_kind_of_recursion_raises(results: dict[str, Result], name: str) -> None:
    """The JVM would end without a message, and with it all jobs of the TaskManager."""
    assert name in results, "the JVM ended"
    assert results[name].rows == ["+I[]"], results[name].failure


def test_deep_python_code_runs_on_a_task_thread(results: dict[str, Result]) -> None:
    """A task's thread has 1 MB of stack, which must do for recursion that plain Python allows."""
    assert _depth(results["depth_on_a_task_thread"]) > 0.9 * sys.getrecursionlimit()


def test_recursion_is_as_deep_as_asked_for_on_a_python_thread(results: dict[str, Result]) -> None:
    """Some parsers raise Python's limit and need the stack for it."""
    assert _depth(results["depth_on_a_python_thread"]) > 9000


def _depth(result: Result) -> int:
    assert result.rows is not None, result.failure
    return int(result.rows[0][3:-1])
