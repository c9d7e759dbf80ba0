# SPDX-License-Identifier: Apache-2.0
"""Lets the provider know which models one query of PyFlink's Table API has."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.table import Table, TableEnvironment

# The provider reads it in Java, where it cannot tell the queries of two Tables from one query.
_PROPERTY = "pyflink-ml-embedded.table-number"
_numbers = count(1)


def number_queries(table_env: TableEnvironment) -> None:
    """Gives each query of ``table_env.sql_query`` a number, while Flink plans it."""
    if "sql_query" in vars(table_env):
        return
    plan = table_env.sql_query

    def sql_query(query: str) -> Table:
        from pyflink.java_gateway import get_gateway

        system = get_gateway().jvm.System
        system.setProperty(_PROPERTY, str(next(_numbers)))
        try:
            return plan(query)
        finally:
            system.clearProperty(_PROPERTY)

    instance: Any = table_env
    instance.sql_query = sql_query
