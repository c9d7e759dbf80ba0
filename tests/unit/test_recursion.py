# SPDX-License-Identifier: Apache-2.0
"""Endless recursion raises RecursionError on the 1 MB that a Java thread has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[1] / "models"

ON_A_SMALL_STACK = f"""
import json, logging, sys, threading
sys.path.insert(0, {str(MODELS)!r})
from recursion import KINDS, _is_refused
from pyflink_ml_embedded import _native
from pyflink_ml_embedded._runtime import recursion

def on_thread(function, megabytes=1):
    results = []
    threading.stack_size(megabytes << 20)
    thread = threading.Thread(target=lambda: results.append(function()), name="task")
    thread.start()
    thread.join()
    return results[0]

def depth():
    def descend(reached):
        try:
            return descend(reached + 1)
        except RecursionError:
            return reached
    return descend(1)

def show(value):
    print(json.dumps(value), flush=True)
"""

with_limits_of_the_interpreter = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="sys.setrecursionlimit does not concern the stack"
)


def run(code):
    """Returns what the code shows; a segmentation fault of its process fails the test."""
    result = subprocess.run(
        [sys.executable, "-c", ON_A_SMALL_STACK + code],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, (result.returncode, result.stdout, result.stderr)
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("limit", [None, 10_000])
def test_every_kind_of_recursion_raises(limit):
    """The JVM would end without a message, and with it all jobs of the TaskManager."""
    unbounded = run(
        "recursion.install()\n"
        "def all_kinds():\n"
        "    _native.limit_recursion()\n"
        f"    if {limit}: sys.setrecursionlimit({limit})\n"
        "    for name, kind in KINDS.items():\n"
        "        print(name, flush=True)\n"
        "        if not _is_refused(kind): yield name\n"
        "show(on_thread(lambda: list(all_kinds())))"
    )
    assert unbounded == []


def test_deep_python_code_runs_as_before():
    """Recursive descent parsers and trees of some hundred levels are common."""
    plain, limited = run(
        "show([on_thread(depth, 8), on_thread(lambda: (_native.limit_recursion(), depth())[1])])"
    )
    assert limited >= 0.9 * plain


def test_large_stack_is_not_limited():
    """The thread that predicts batches has 16 MB."""
    plain, limited = run(
        "show([on_thread(depth, 16),"
        " on_thread(lambda: (_native.limit_recursion(), depth())[1], 16)])"
    )
    assert abs(limited - plain) <= 1  # the call of the lambda


def test_smaller_stack_has_fewer_levels():
    """A TaskManager may be started with -Xss512k."""
    small, usual = run(
        "show([on_thread(_native.limit_recursion, 1), on_thread(_native.limit_recursion, 4)])"
    )
    assert small < usual / 3


def test_limiting_twice_changes_nothing():
    """Each native call of a thread limits it."""
    first, second = run(
        "def twice():\n"
        "    _native.limit_recursion()\n"
        "    first = depth()\n"
        "    _native.limit_recursion()\n"
        "    return first, depth()\n"
        "show(on_thread(twice))"
    )
    assert first == second


def test_results_of_sort_are_those_of_cpython():
    """Its entry in CPython's table of methods is replaced."""
    found = run(
        "_native.limit_recursion()\n"
        "numbers = [3, 1, 2]\n"
        "numbers.sort(key=lambda n: -n)\n"
        "show([numbers, sorted('bca', reverse=True), list.sort(numbers), numbers])"
    )
    assert found == [[1, 2, 3], ["c", "b", "a"], None, [1, 2, 3]]


@with_limits_of_the_interpreter
def test_higher_limit_is_capped_with_a_warning():
    """The warning says what to do for a deeper recursion."""
    limit, reached, levels, records = run(
        "records = []\n"
        "handler = logging.Handler()\n"
        "handler.emit = lambda record: records.append(record.getMessage())\n"
        "logging.getLogger('pyflink_ml_embedded').addHandler(handler)\n"
        "recursion.install()\n"
        "def raised():\n"
        "    levels = _native.limit_recursion()\n"
        "    sys.setrecursionlimit(50_000)\n"
        "    sys.setrecursionlimit(50_000)\n"
        "    return sys.getrecursionlimit(), depth(), levels, records\n"
        "show(on_thread(raised))"
    )
    assert limit == 50_000
    assert levels - 20 < reached < levels + 20
    (warning,) = records
    assert warning.startswith(
        "sys.setrecursionlimit(50000): the stack of the thread 'task' has room for"
        f" {levels} levels, so RecursionError is raised there at that depth."
    )
    assert "-Xss16m" in warning


@with_limits_of_the_interpreter
def test_limit_of_one_thread_does_not_shift_those_of_others():
    """CPython moves the limit of all thread states by the same number of levels."""
    reached, lowered, main = run(
        "recursion.install()\n"
        "go, done = threading.Event(), threading.Event()\n"
        "def task():\n"
        "    _native.limit_recursion()\n"
        "    go.set()\n"
        "    done.wait()\n"
        "    first = depth()\n"
        "    sys.setrecursionlimit(300)\n"
        "    return first, depth()\n"
        "def other():\n"
        "    go.wait()\n"
        "    sys.setrecursionlimit(5_000)\n"
        "    done.set()\n"
        "helper = threading.Thread(target=other)\n"
        "helper.start()\n"
        "show([*on_thread(task), depth()])"
    )
    assert 500 < reached < 1500
    assert 250 < lowered <= 300
    assert 250 < main <= 300


@with_limits_of_the_interpreter
@pytest.mark.parametrize("argument", ["0", "'100'", "-1", "1 << 40"])
def test_bad_limit_fails_as_in_cpython(argument):
    """Callers may catch the error, and the limits of the thread must not change."""
    before, plain, wrapped, after = run(
        "def error():\n"
        "    try:\n"
        f"        sys.setrecursionlimit({argument})\n"
        "    except Exception as error:\n"
        "        return type(error).__name__\n"
        "def task():\n"
        "    _native.limit_recursion()\n"
        "    before, plain = depth(), error()\n"
        "    recursion.install()\n"
        "    return before, plain, error(), depth()\n"
        "show(on_thread(task))"
    )
    assert wrapped == plain
    assert before == after
