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
    """The result of each query, all in one JVM."""
    statements = [create_values()]
    for name, options in _KINDS.items():
        statements += [
            create_model(name, "x DOUBLE", "names STRING", "recursion.Recursion", options),
            f"SELECT names FROM ML_PREDICT(TABLE numbers, MODEL {name}, DESCRIPTOR(x)) WHERE x = 1",
        ]
    return dict(zip(_KINDS, run_sql(*statements)[2::2], strict=False))


@pytest.mark.parametrize("name", _KINDS)
def test_every_kind_of_recursion_raises(results: dict[str, Result], name: str) -> None:
    """The JVM would end without a message, and with it all jobs of the TaskManager."""
    assert name in results, "the JVM ended"
    assert results[name].rows == ["+I[]"], results[name].failure


def test_deep_python_code_runs_on_a_task_thread() -> None:
    """A task's thread has 1 MB of stack, which must do for recursion that plain Python allows."""
    assert _depth({}) > 0.9 * sys.getrecursionlimit()


def test_recursion_is_as_deep_as_asked_for_on_a_python_thread() -> None:
    """Some parsers raise Python's limit and need the stack for it."""
    assert _depth({"python-thread": "true", "properties.limit": "10000"}) > 9000


def _depth(options: dict[str, str]) -> int:
    result = run_sql(
        create_values(),
        create_model("depth", "x DOUBLE", "reached INT", "recursion.Depth", options),
        "SELECT reached FROM ML_PREDICT(TABLE numbers, MODEL depth, DESCRIPTOR(x)) WHERE x = 1",
    )[-1]
    assert result.rows is not None, result.failure
    return int(result.rows[0][3:-1])
