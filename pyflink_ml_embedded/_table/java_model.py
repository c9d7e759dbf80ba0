# SPDX-License-Identifier: Apache-2.0
"""``Model`` of PyFlink 2.4, for the versions of Flink in which only Java has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.table import Table
    from pyflink.table.catalog import ResolvedSchema


class JavaModel:
    """A model that predicts the rows of a table.

    Args:
        j_model: the model in Java.
    """

    def __init__(self, j_model: Any) -> None:
        self._j_model = j_model

    def predict(
        self,
        input_table: Table,
        input_columns: list[str],
        options: dict[str, str] | None = None,
    ) -> Table:
        """Returns a table with the columns of the input and those of OUTPUT."""
        from pyflink.java_gateway import get_gateway
        from pyflink.table import Table

        columns = get_gateway().jvm.org.apache.flink.types.ColumnList.of(input_columns)
        result = self._j_model.predict(input_table._j_table, columns, dict(options or {}))
        return Table(result, input_table._t_env)

    def get_resolved_input_schema(self) -> ResolvedSchema:
        """Returns the columns of INPUT."""
        return _resolved(self._j_model.getResolvedInputSchema())

    def get_resolved_output_schema(self) -> ResolvedSchema:
        """Returns the columns of OUTPUT."""
        return _resolved(self._j_model.getResolvedOutputSchema())


class MissingModel:
    """Takes the place of the model in Java in Flink 2.1, whose Table API has none.

    Args:
        version: the version of PyFlink.
    """

    def __init__(self, version: str) -> None:
        self._version = version

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(
            f"PyFlink {self._version} has no models in its Table API, which came with 2.2. Call "
            "table_env.sql_query with SELECT ... FROM ML_PREDICT(TABLE ..., MODEL ..., "
            "DESCRIPTOR(...))"
        )


def _resolved(j_schema: Any) -> ResolvedSchema:
    from pyflink.table.catalog import ResolvedSchema

    return ResolvedSchema(j_resolved_schema=j_schema)
