# SPDX-License-Identifier: Apache-2.0
"""The errors of this package.

::

    Exception
     +-- ModelError        the model cannot run as it is configured
     |    +-- MissingPropertyError   also a KeyError: a property that the class reads is not set
     |    +-- NotConfiguredError     also an AttributeError: an attribute is read in __init__
     +-- DescribedError    internal: an error with the complete text for Java
     +-- ValueError
          +-- ConversionError   a value does not fit the type of its column

    BaseException
     +-- PredictTimeoutError   a call takes longer than predict-timeout, or its job is cancelled
"""

from __future__ import annotations


class ModelError(Exception):
    """The model cannot run as it is configured; the message says what to change."""


class MissingPropertyError(ModelError, KeyError):
    """A property that the class reads is not set."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError's is the repr


class NotConfiguredError(ModelError, AttributeError):
    """An attribute is read before ``set_model_config`` sets it."""


class DescribedError(Exception):
    """An error whose message is the complete text that Java gets."""


class ConversionError(ValueError):
    """A value does not fit the type of its column.

    Attributes:
        column: the column's name, with the path to a nested field, or None if no single column is
            at fault.
    """

    def __init__(self, message: str, column: str | None = None) -> None:
        super().__init__(message if column is None else f"column '{column}': {message}")
        self.column = column


class PredictTimeoutError(BaseException):
    """A call takes longer than ``predict-timeout``, or its job is cancelled.

    It is raised inside of ``predict`` or ``predict_batch``, wherever the call is. A coroutine that
    awaits gets ``asyncio.CancelledError``, and its row fails with this error. It is not an
    ``Exception``, so ``except Exception`` does not catch it. A class that catches it may return
    other results for the row.

    Attributes:
        reason: why the call was interrupted, once the call has ended; None before, and where other
            code has raised the error.
    """

    __module__ = "pyflink_ml_embedded"

    reason: str | None = None

    def __str__(self) -> str:
        return super().__str__() if self.reason is None else self.reason
