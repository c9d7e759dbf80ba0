# SPDX-License-Identifier: Apache-2.0
"""Shows what models log, which PyFlink's JVM writes to a file in PyFlink's installation."""

from __future__ import annotations

import functools
from typing import Any

__all__ = ["show_log"]

_PROVIDER = "io.github.pyflink.ml.embedded"
_PYTHON_MARKER = "pyflink-ml-embedded.python"  # as native/log.c sets it
_LIFECYCLE = "pyflink_ml_embedded.lifecycle"  # has lines for operators
_APPENDER = "pyflink-ml-embedded"


@functools.cache
def show_log() -> None:
    """Writes records of models and warnings of the provider to the JVM's standard error too.

    The lines of models that open and close stay in the file.

    The configuration of Log4j is extended; does nothing if the JVM logs by other means.
    """
    from pyflink.java_gateway import get_gateway

    log4j = get_gateway().jvm.org.apache.logging.log4j
    if not _is_class(log4j.core.LoggerContext):
        return
    context = log4j.LogManager.getContext(False)
    configuration = context.getConfiguration()
    appender = _standard_error(log4j.core)
    configuration.addAppender(appender)

    result = log4j.core.Filter.Result
    from_python = log4j.core.filter.MarkerFilter.createFilter(
        _PYTHON_MARKER, result.ACCEPT, result.DENY
    )
    root = configuration.getRootLogger()
    lifecycle = log4j.core.config.LoggerConfig(_LIFECYCLE, None, False)
    for ref in root.getAppenderRefs():
        of_root = configuration.getAppender(ref.getRef())
        lifecycle.addAppender(of_root, ref.getLevel(), ref.getFilter())
    configuration.addLogger(_LIFECYCLE, lifecycle)
    root.addAppender(appender, None, from_python)

    configuration.addLogger(_PROVIDER, log4j.core.config.LoggerConfig(_PROVIDER, None, True))
    configuration.getLoggerConfig(_PROVIDER).addAppender(appender, log4j.Level.WARN, None)
    context.updateLoggers()


def _standard_error(core: Any) -> Any:
    """Returns a started appender."""
    layout = core.layout.PatternLayout.newBuilder().withPattern("%-5p %c - %m%n").build()
    builder = core.appender.ConsoleAppender.newBuilder()
    builder.setName(_APPENDER)
    builder.setLayout(layout)
    builder.setTarget(core.appender.ConsoleAppender.Target.SYSTEM_ERR)
    appender = builder.build()
    appender.start()
    return appender


def _is_class(name: Any) -> bool:
    """Returns whether Py4J found a class of the name, and not a package."""
    from py4j.java_gateway import JavaClass

    return isinstance(name, JavaClass)
