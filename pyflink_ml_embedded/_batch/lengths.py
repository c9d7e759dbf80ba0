# SPDX-License-Identifier: Apache-2.0
"""The lengths of the values of a column."""

from __future__ import annotations

from typing import Any

import numpy
import pyarrow as pa
import pyarrow.compute as pc
from numpy import ndarray
from pyarrow import types


def lengths_of(column: pa.Array) -> ndarray[Any, Any]:
    """Returns a length for each row, as int64: of NULL and of negative integers it is 0.

    Args:
        column: texts, whose length is that in characters; bytes; lists; or integers, which are
            lengths themselves.
    """
    lengths = column
    if types.is_string(column.type):
        lengths = pc.utf8_length(column)
    elif types.is_binary(column.type):
        lengths = pc.binary_length(column)
    elif types.is_list(column.type):
        lengths = pc.list_value_length(column)
    values: ndarray[Any, Any] = lengths.fill_null(0).to_numpy(zero_copy_only=False)
    return values.astype(numpy.int64).clip(min=0)
