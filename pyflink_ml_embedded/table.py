# SPDX-License-Identifier: Apache-2.0
"""Registers the model provider with PyFlink's Table API."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ._flink_jvm import forward_standard_error
from ._native import __version__

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment

__all__ = ["provider_jar", "use_provider"]

_MAX_CONCURRENT_OPERATIONS = "table.exec.async-ml-predict.max-concurrent-operations"


def provider_jar() -> Path:
    """Returns the path of the provider's jar in this package.

    Raises:
        FileNotFoundError: the package was installed from a checkout in which the jar had not been
            built.
    """
    jar = Path(__file__).parent / "jars" / f"pyflink-ml-embedded-{__version__}.jar"
    if not jar.is_file():
        raise FileNotFoundError(f"no provider jar at {jar}; `make demo` in a checkout builds it")
    return jar


def use_provider(table_env: TableEnvironment, max_batch_size: int = 1) -> None:
    """Registers the provider ``generic-python`` with a table environment.

    Adds the provider's jar to ``pipeline.jars``. Sets ``python.executable`` to the running
    interpreter if it is not set. Neither is needed on a cluster with the jar in ``lib/`` of its
    nodes. In a local Flink, the standard error of models appears on ``sys.stderr``.

    Args:
        table_env: a PyFlink table environment, before the first query.
        max_batch_size: the largest ``batch-size`` of the models. If it is more than 1, Flink's
            option ``table.exec.async-ml-predict.max-concurrent-operations``, which applies to all
            asynchronous models of this environment, is raised to twice this number. Then one batch
            is predicted while the next one fills.

    Raises:
        FileNotFoundError: ``provider_jar`` does not find the jar.
    """
    forward_standard_error()
    config = table_env.get_config()
    jars = [config.get("pipeline.jars", ""), provider_jar().as_uri()]
    config.set("pipeline.jars", ";".join(filter(None, jars)))
    if not config.get("python.executable", ""):
        config.set("python.executable", sys.executable)
    if max_batch_size > 1 and _max_concurrent_operations(table_env) < 2 * max_batch_size:
        config.set(_MAX_CONCURRENT_OPERATIONS, str(2 * max_batch_size))


def _max_concurrent_operations(table_env: TableEnvironment) -> int:
    return int(table_env.get_config().get(_MAX_CONCURRENT_OPERATIONS, "10"))
