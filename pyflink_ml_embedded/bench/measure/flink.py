# SPDX-License-Identifier: Apache-2.0
"""SQL jobs in a JVM that PyFlink starts for this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment

__all__ = ["create_environment", "with_clause"]


def create_environment(
    jars: Sequence[Path], parallelism: int, options: Mapping[str, str]
) -> TableEnvironment:
    """Starts the JVM for jobs with these jars and this Python."""
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


def with_clause(options: Mapping[str, str]) -> str:
    """Returns the WITH clause of a CREATE statement."""
    quoted = {key: value.replace("'", "''") for key, value in options.items()}
    return "WITH (" + ", ".join(f"'{key}' = '{value}'" for key, value in quoted.items()) + ")"
