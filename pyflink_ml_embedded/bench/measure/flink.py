# SPDX-License-Identifier: Apache-2.0
"""SQL jobs in a JVM that PyFlink starts for this process."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyflink.common import Configuration
from pyflink.java_gateway import get_gateway
from pyflink.table import EnvironmentSettings, TableEnvironment

from .steady import LOOK_BACK_SECONDS

__all__ = ["Compiler", "create_environment", "with_clause"]

_LOOK_BACK = LOOK_BACK_SECONDS * 1e9
_IDLE = 0.05  # of that time, in which the compiler may work


def create_environment(
    jars: Sequence[Path], parallelism: int, options: Mapping[str, str]
) -> TableEnvironment:
    """Starts the JVM for jobs with these jars, and disables garbage collection in Python."""
    # Py4J frees Java's objects in the thread that collects garbage, on a connection that later
    # calls may get, and Flink's planner keeps things for the thread of its first call.
    gc.disable()
    # PyFlink would run functions in this process, which a cluster does not.
    os.environ.setdefault("_python_worker_execution_mode", "process")
    # PyFlink's thread mode uses the libraries of the first python3 on the PATH.
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    configuration = Configuration()
    configuration.set_string("parallelism.default", str(parallelism))
    configuration.set_string("pipeline.jars", ";".join(jar.as_uri() for jar in jars))
    configuration.set_string("python.executable", sys.executable)
    configuration.set_string("python.client.executable", sys.executable)
    for key, value in options.items():
        configuration.set_string(key, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode()
    return TableEnvironment.create(settings.with_configuration(configuration).build())


class Compiler:
    """The JIT compiler of the JVM, which makes a job faster for some seconds."""

    def __init__(self) -> None:
        beans = get_gateway().jvm.java.lang.management.ManagementFactory
        self._bean = beans.getCompilationMXBean()
        self._worked: list[tuple[int, int]] = []  # nanoseconds of the clock, and of work until then

    def was_idle(self, now: int) -> bool:
        """Returns whether it was idle for ``LOOK_BACK_SECONDS``, in which this was called often.

        Args:
            now: nanoseconds of the monotonic clock.
        """
        self._worked.append((now, 1_000_000 * self._bean.getTotalCompilationTime()))
        past = [found for found in self._worked if found[0] <= now - _LOOK_BACK]
        if not past:
            return False
        self._worked = self._worked[len(past) - 1 :]
        (since, before), (_, after) = past[-1], self._worked[-1]
        return after - before <= _IDLE * (now - since)


def with_clause(options: Mapping[str, str]) -> str:
    """Returns the WITH clause of a CREATE statement."""
    quoted = {key: value.replace("'", "''") for key, value in options.items()}
    return "WITH (" + ", ".join(f"'{key}' = '{value}'" for key, value in quoted.items()) + ")"
