# SPDX-License-Identifier: Apache-2.0
"""SQL jobs on a cluster in a JVM that PyFlink starts for this process."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyflink.common import Configuration
from pyflink.java_gateway import get_gateway
from pyflink.table import EnvironmentSettings, TableEnvironment, TableResult

__all__ = ["Compiler", "RunningJob", "create_environment", "with_clause"]

_POLL_SECONDS = 0.02
_IDLE = 0.05  # of a time, in which the compiler may work
_MANAGED_MEBIBYTES = 128  # of a slot, as PyFlink has without a cluster


def create_environment(
    jars: Sequence[Path], slots: int, options: Mapping[str, str]
) -> TableEnvironment:
    """Starts a JVM with a cluster of one TaskManager, and disables garbage collection in Python.

    Args:
        jars: the jars of the jobs.
        slots: how many subtasks of an operator the TaskManager can run at one time.
        options: more of Flink's configuration.
    """
    # Py4J frees Java's objects in the thread that collects garbage, on a connection that later
    # calls may get, and Flink's planner keeps things for the thread of its first call.
    gc.disable()
    # PyFlink would run functions in this process, which a cluster does not.
    os.environ.setdefault("_python_worker_execution_mode", "process")
    # PyFlink's thread mode uses the libraries of the first python3 on the PATH.
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    configuration = Configuration()
    host, port = _start_cluster(slots)
    configuration.set_string("execution.target", "remote")
    configuration.set_string("rest.address", host)
    configuration.set_string("rest.port", str(port))
    configuration.set_string("parallelism.default", "1")
    configuration.set_string("pipeline.jars", ";".join(jar.as_uri() for jar in jars))
    configuration.set_string("python.executable", sys.executable)
    configuration.set_string("python.client.executable", sys.executable)
    for key, value in options.items():
        configuration.set_string(key, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode()
    return TableEnvironment.create(settings.with_configuration(configuration).build())


def _start_cluster(slots: int) -> tuple[str, int]:
    """Starts a cluster that lives as long as the JVM; returns host and port of its REST API.

    Without it, PyFlink would start and stop one for each job.
    """
    jvm = get_gateway().jvm
    options = jvm.org.apache.flink.configuration.Configuration()
    options.setString("rest.bind-port", "0")
    options.setString("taskmanager.memory.managed.size", f"{slots * _MANAGED_MEBIBYTES}m")
    package = jvm.org.apache.flink.runtime.minicluster
    builder = package.MiniClusterConfiguration.Builder().setConfiguration(options)
    cluster = package.MiniCluster(builder.setNumSlotsPerTaskManager(slots).build())
    cluster.start()
    address = cluster.getRestAddress().get()
    return str(address.getHost()), int(address.getPort())


class RunningJob:
    """A job whose sources write a report.

    Args:
        result: the result of the INSERT.
        report: the directory to which each source writes a file when it ends.
    """

    def __init__(self, result: TableResult, report: Path) -> None:
        self._result = result
        self._report = report
        self._client = result.get_job_client()
        self._ended = self._client.get_job_execution_result()

    def has_ended(self) -> bool:
        """Returns whether the job has ended or failed, as of two seconds ago or less."""
        return bool(self._ended.done())

    def wait(self) -> None:
        """Waits until the job has ended.

        Flink's client asks the cluster only every two seconds. This asks often as soon as a source
        has ended, when nothing is measured any more.

        Raises:
            Py4JJavaError: the job failed.
        """
        while not self.has_ended():
            time.sleep(_POLL_SECONDS)
            if any(self._report.glob("source-*.json")) and self._is_over():
                break
        self._result.wait()

    def _is_over(self) -> bool:
        return bool(self._client.get_job_status().result().is_globally_terminal_state())


class Compiler:
    """The JIT compiler of the JVM, which makes a job faster for some seconds."""

    def __init__(self) -> None:
        beans = get_gateway().jvm.java.lang.management.ManagementFactory
        self._bean = beans.getCompilationMXBean()
        self._worked: list[tuple[int, int]] = []  # nanoseconds of the clock, and of work until then

    def look(self, now: int) -> None:
        """Notes how long it has worked. To be called often.

        Args:
            now: nanoseconds of the monotonic clock.
        """
        self._worked.append((now, 1_000_000 * self._bean.getTotalCompilationTime()))

    def was_idle_since(self, start: float) -> bool:
        """Returns whether it has been idle from a moment on until the last look.

        Args:
            start: nanoseconds of the monotonic clock.
        """
        earlier = [work for moment, work in self._worked if moment <= start]
        now, work = self._worked[-1]
        return bool(earlier) and work - earlier[-1] <= _IDLE * (now - start)


def with_clause(options: Mapping[str, str]) -> str:
    """Returns the WITH clause of a CREATE statement."""
    quoted = {key: value.replace("'", "''") for key, value in options.items()}
    return "WITH (" + ", ".join(f"'{key}' = '{value}'" for key, value in quoted.items()) + ")"
