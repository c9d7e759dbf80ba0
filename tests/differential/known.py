# SPDX-License-Identifier: Apache-2.0
"""Values that PyFlink 2.3.0 changes or rejects, and ML_PREDICT returns unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .sql_types import SqlType
from .values import Value


@dataclass(frozen=True)
class KnownDifference:
    """One such value, and how PyFlink differs.

    Attributes:
        what: how PyFlink behaves.
        text: a type in SQL syntax.
        value: a value of this type that PyFlink handles so.
        options: the Flink options under which PyFlink differs.
    """

    what: str
    text: str
    value: Value
    options: Mapping[str, str] = field(default_factory=dict)


_THREAD_MODE = {"python.execution-mode": "thread"}

KNOWN_PYFLINK_DIFFERENCES = [
    KnownDifference(
        "reads the seconds of a timestamp as 32 bits: another time comes back for those before"
        " December 1901 and after January 2038",
        "TIMESTAMP(0)",
        "2038-01-19T03:14:08.000000000",
    ),
    KnownDifference(
        "fails for a timestamp before 1970 with a fraction of a second",
        "TIMESTAMP(3)",
        "1969-12-31T23:59:59.999000000",
    ),
    KnownDifference("refuses MULTISET", "MULTISET<INT>", [["1", "2"]]),
    KnownDifference(
        "fails for a NULL in an ARRAY where TIME(4) to TIME(9) is in the same type",
        "ARRAY<TIME(9)>",
        ["12:00:00.000000000", None],
    ),
    KnownDifference(
        "repeats one row in an ARRAY of ROW in thread mode (FLINK-35180)",
        "ARRAY<ROW<a INT>>",
        [["1"], ["2"]],
        _THREAD_MODE,
    ),
    KnownDifference(
        "fails for a TIME in another type in thread mode (FLINK-35180)",
        "ARRAY<TIME(0)>",
        ["12:00:00.000000000"],
        _THREAD_MODE,
    ),
    KnownDifference(
        "fails for a NULL of TIME, ARRAY, MAP or ROW in thread mode",
        "ROW<a INT>",
        None,
        _THREAD_MODE,
    ),
]


def process_mode_is_right(sql_type: SqlType) -> bool:
    """Returns whether PyFlink's process mode returns all values of a type unchanged, in UTC.

    This restates the list above: each type for which it returns False must be in that list.
    """
    if sql_type.root == "MULTISET" or (_is_timestamp(sql_type) and not sql_type.recent):
        return False
    if sql_type.has("ARRAY") and _has_long_time(sql_type):
        return False
    return all(map(process_mode_is_right, sql_type.children))


def _is_timestamp(sql_type: SqlType) -> bool:
    return sql_type.root in ("TIMESTAMP", "TIMESTAMP_LTZ")


def _has_long_time(sql_type: SqlType) -> bool:
    is_long = sql_type.root == "TIME" and sql_type.numbers[0] > 3
    return is_long or any(map(_has_long_time, sql_type.children))
