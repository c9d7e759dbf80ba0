# SPDX-License-Identifier: Apache-2.0
"""Models that start processes, change signal handlers or crash, each in a JVM with a time limit."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from .processes import Outcome
from .sql import Result, create_model, create_values, results_in, run_jvm

_DOUBLED = ["+I[2.0]", "+I[4.0]", "+I[6.0]"]
_SUMS_OF_SQUARES = ["+I[5.0]", "+I[13.0]", "+I[25.0]"]
_POOLS = [
    "ForkPool",
    "DefaultPool",
    "SpawnPool",
    "ExecutorPool",
    "JoblibLoky",
    "JoblibMultiprocessing",
]
_OTHERS = [
    "PoolInBatch",
    "ErrorInPool",
    "TerminatedChild",
    "ChildThatReturns",
    "Subprocess",
    "Input",
    "Breakpoint",
    "WarningsAsErrors",
    "Warns",
]


@dataclass
class Jvm:
    """What the classes of tests/models/process.py did in one JVM, and its standard error."""

    results: dict[str, Result]
    outcome: Outcome


def _run(*classes: str, **changes: str) -> Jvm:
    statements = [create_values()]
    for name in classes:
        batches = {"batch-size": "3"} if name.endswith("Batch") else {}
        statements += [
            create_model(name, "x DOUBLE", "y DOUBLE", f"process.{name}", batches),
            f"SELECT y FROM ML_PREDICT(TABLE numbers, MODEL {name}, DESCRIPTOR(x))",
        ]
    outcome = run_jvm(*statements, env={**os.environ, **changes})
    results = [*results_in(outcome)[2::2], *[Result()] * len(classes)]
    return Jvm(dict(zip(classes, results, strict=False)), outcome)


@pytest.fixture(scope="module")
def pools() -> Jvm:
    """A JVM whose models calculate in pools of processes."""
    return _run(*_POOLS)


@pytest.fixture(scope="module")
def others() -> Jvm:
    """A JVM whose models start children in other ways, read input and filter warnings."""
    return _run(*_OTHERS)


@pytest.mark.parametrize("pool", _POOLS)
def test_pool_of_processes_works(pools: Jvm, pool: str) -> None:
    """Also for functions that only the model's directory has."""
    result = pools.results[pool]
    assert result.rows == _SUMS_OF_SQUARES, result.failure or "it hangs"


def test_forked_worker_logs_to_standard_error(pools: Jvm) -> None:
    """It cannot write to Flink's log, and lines must not get lost."""
    assert "ERROR workers - a worker squares 1.0\n" in pools.outcome.errors


def test_pools_work_in_batches(others: Jvm) -> None:
    """The batch path calls Python on another thread."""
    assert others.results["PoolInBatch"].rows == ["+I[2.0]", "+I[8.0]", "+I[18.0]"]


def test_error_in_a_worker_has_the_class_of_the_model(others: Jvm) -> None:
    """A model may catch it."""
    assert others.results["ErrorInPool"].rows == ["+I[1.0]"] * 3


def test_forked_child_can_be_terminated(others: Jvm) -> None:
    """The JVM's handler ignores SIGTERM in a child, whose parent waits for it."""
    assert others.results["TerminatedChild"].rows == ["+I[-15.0]"] * 3


def test_forked_child_never_returns_to_java(others: Jvm) -> None:
    """A second JVM without its threads would go on with the job."""
    assert others.results["ChildThatReturns"].rows == ["+I[7.0]"] * 3


def test_subprocess_works(others: Jvm) -> None:
    """sys.executable is the Python of the job, not the JVM."""
    assert others.results["Subprocess"].rows == _DOUBLED


@pytest.mark.parametrize(
    ("model", "problem"), [("Input", "EOFError"), ("Breakpoint", "breakpoint() needs a terminal")]
)
def test_reading_from_the_terminal_fails(others: Jvm, model: str, problem: str) -> None:
    """Nobody types into a TaskManager, and PyFlink connects its JVM to a pipe."""
    assert problem in (others.results[model].failure or "it hangs")


def test_warnings_stay_warnings_after_a_model_that_raises_them(others: Jvm) -> None:
    """The filters belong to the process, which later jobs share."""
    assert others.results["WarningsAsErrors"].rows == _DOUBLED
    assert others.results["Warns"].rows == _DOUBLED


def test_environment_cannot_enable_faulthandler() -> None:
    """CPython would do so before any Python code runs, and the JVM would end."""
    jvm = _run("FaulthandlerEnabled", "DevMode", PYTHONFAULTHANDLER="1", PYTHONDEVMODE="1")
    assert jvm.outcome.exit_code == 0
    assert jvm.results["FaulthandlerEnabled"].rows == _DOUBLED
    assert jvm.results["DevMode"].rows == ["+I[0.0]"] * 3


@pytest.mark.parametrize("model", ["Crashes", "AbortsFromC"])
def test_crash_names_the_model_and_prints_the_stacks_of_python(model: str, tmp_path: Path) -> None:
    """HotSpot's report has only the native stack."""
    report, log = tmp_path / "hs_err", tmp_path / "log"
    log.touch()
    options = f"-XX:ErrorFile={report} -XX:TieredStopAtLevel=1 -Dlog.file={log}"
    jvm = _run(model, JDK_JAVA_OPTIONS=options)
    assert jvm.outcome.exit_code == -6  # SIGABRT
    for text in (jvm.outcome.errors, log.read_text()):
        assert "The process aborts. The models in this process:" in text
        assert re.search(rf"- {_running(model)}: predict runs on this thread, 0x0", text)
        assert "(most recent call first)" in text
        assert "in crash_here" in text
    assert report.exists() == (model == "Crashes")


def test_exit_of_a_library_names_the_model(tmp_path: Path) -> None:
    """The process ends without any other trace."""
    log = tmp_path / "log"
    log.touch()
    jvm = _run("ExitsFromC", JDK_JAVA_OPTIONS=f"-XX:TieredStopAtLevel=1 -Dlog.file={log}")
    assert jvm.outcome.exit_code == 3
    for text in (jvm.outcome.errors, log.read_text()):
        assert "Native code calls exit, which ends the process. The models in" in text
        assert re.search(rf"- {_running('ExitsFromC')}: predict runs on this thread, 0x0", text)


def test_exit_in_python_names_the_model() -> None:
    """os._exit runs no handler, neither of Python nor of C."""
    jvm = _run("ExitsFromPython")
    assert jvm.outcome.exit_code == 3
    assert (
        "Model 'default_catalog.default_database."
        "ExitsFromPython' calls os._exit(3), which ends this process and all that runs in it."
    ) in jvm.outcome.output
    assert re.search(_running("ExitsFromPython"), jvm.outcome.output)
    assert "in crash_here" in jvm.outcome.output


def test_end_of_the_jvm_itself_is_not_reported(others: Jvm) -> None:
    """Each TaskManager ends by exit."""
    assert others.outcome.exit_code == 0
    assert "ends the process" not in others.outcome.errors


def _running(model: str) -> str:
    """Returns a pattern of the text that names a model of tests/models/process.py."""
    return (
        rf"model 'default_catalog\.default_database\.{model}': class 'process\.{model}',"
        r" version '\w+', directory '/.*/models', subtask 1 of 1 in attempt 1 of job '.+'"
        r" \(\w{32}\), thread '.+', execution mode thread, process id \d+"
    )
