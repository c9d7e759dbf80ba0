# SPDX-License-Identifier: Apache-2.0
"""The exception that PyFlink raises where a model fails, with the model's message first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import py4j.java_gateway
from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError

__all__ = ["ModelJobError", "install"]

_FRAME = "\tat "
_PROVIDER = "io.github.pyflink.ml.embedded."
# The header of a cause follows the frames of the exception that it caused.
_CAUSE = re.compile(r"(?<=\n)(?:\tat .*|\t\.\.\. \d+ more)\nCaused by: ")
# What Py4J and Java add in front of a message. Flink does so once more if it has serialized the
# exception, because its class may be missing where the job was started.
_PREFIX = re.compile(r"\A(?:An error occurred while calling .*\n: )?([\w.$]+): (?:\1: )?")


class ModelJobError(Py4JJavaError):  # type: ignore[misc]
    """A model or its configuration made a query or a job fail.

    It is raised in place of the ``Py4JJavaError`` that it inherits from, once ``use_provider`` has
    been called. Its text is the message of the failure, without Java's stack trace.

    Attributes:
        java_exception: Flink's exception.
        java_stack_trace: its stack trace with all causes.
    """

    def __init__(self, message: str, java_exception: JavaObject, java_stack_trace: str) -> None:
        super().__init__(message, java_exception)
        self.java_stack_trace = java_stack_trace

    def __str__(self) -> str:
        return str(self.errmsg)


def install() -> None:
    """Makes Py4J raise ``ModelJobError`` for failures of models.

    PyFlink replaces the same function to raise its own exceptions, such as ``TableException``. They
    keep their class, and get the message of the model in front of the stack trace. All other
    results and errors stay as they are.
    """
    from pyflink.util.exceptions import JavaException

    replaced: Callable[..., Any] = py4j.java_gateway.get_return_value
    if replaced.__module__ == __name__:
        return

    def get_return_value(*args: Any, **kwargs: Any) -> Any:
        try:
            return replaced(*args, **kwargs)
        except Py4JJavaError as error:
            stack_trace = str(error)
            message = message_of_provider(stack_trace)
            if message is None:
                raise
            failure = ModelJobError(message, error.java_exception, stack_trace)
        except JavaException as error:
            message = message_of_provider(error.stack_trace)
            if message is not None:
                error.stack_trace = f"{message}\n\n{error.stack_trace}"
            raise
        raise failure

    py4j.java_gateway.get_return_value = get_return_value


def message_of_provider(stack_trace: str) -> str | None:
    """Returns the message of the deepest cause if the provider has thrown it, otherwise None."""
    deepest = _CAUSE.split(stack_trace)[-1]
    message, _, frames = deepest.partition(f"\n{_FRAME}")
    if _PROVIDER not in frames:
        return None
    return _PREFIX.sub("", message)
