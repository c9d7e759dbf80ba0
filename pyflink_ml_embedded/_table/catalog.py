# SPDX-License-Identifier: Apache-2.0
"""What a catalog has of a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._schema import Field, Schema
from .._secrets import is_reference, is_setting
from .options import PROVIDER

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment

_MASK = "******"
_USER_INFO = re.compile(r"(?<=://)[^/]*@")


@dataclass(frozen=True)
class CatalogModel:
    """A model of a catalog or of a session.

    Attributes:
        name: its name with those of the catalog and the database, as messages have it.
        path: the same in backquotes, as SQL has it.
        inputs: the columns of INPUT.
        outputs: the columns of OUTPUT.
        options: the options of WITH, with ``******`` in place of secrets.
        comment: its comment, which may be empty.
        temporary: whether it belongs to the session.
    """

    name: str
    path: str
    inputs: Schema
    outputs: Schema
    options: Mapping[str, str]
    comment: str
    temporary: bool

    @property
    def is_embedded(self) -> bool:
        """Whether it is a model of this project's provider."""
        return self.options.get("provider") == PROVIDER


def qualified(table_env: TableEnvironment, path: str) -> Any:
    """Returns the identifier in Java of a path as SQL has it."""
    parsed = table_env._j_tenv.getParser().parseIdentifier(path)
    return table_env._j_tenv.getCatalogManager().qualifyIdentifier(parsed)


def find_model(table_env: TableEnvironment, path: str) -> CatalogModel:
    """Returns a model.

    Args:
        table_env: a PyFlink table environment.
        path: its name as SQL has it, e.g. ``fraud`` or ``my_catalog.my_database.`my model```.

    Raises:
        ValueError: there is no such model.
    """
    identifier = qualified(table_env, path)
    found = table_env._j_tenv.getCatalogManager().getModel(identifier)
    if not found.isPresent():
        raise ValueError(
            f"model {identifier.asSerializableString()} does not exist; the models of the current "
            f"database: {', '.join(table_env.list_models()) or 'none'}"
        )
    model = found.get().getResolvedModel()
    return CatalogModel(
        name=identifier.asSummaryString(),
        path=identifier.asSerializableString(),
        inputs=_schema(model.getResolvedInputSchema()),
        outputs=_schema(model.getResolvedOutputSchema()),
        options=_masked(dict(model.getOptions())),
        comment=model.getComment() or "",
        temporary=found.get().isTemporary(),
    )


def _schema(resolved: Any) -> Schema:
    return Schema(
        Field(column.getName(), column.getDataType().getLogicalType().asSummaryString())
        for column in resolved.getColumns()
    )


def _masked(options: dict[str, str]) -> dict[str, str]:
    """Hides the options whose names Flink takes for those of secrets, and passwords of URIs."""
    from pyflink.java_gateway import get_gateway

    is_sensitive = get_gateway().jvm.org.apache.flink.configuration.GlobalConfiguration.isSensitive
    return {
        name: _MASK
        if is_sensitive(name) and not is_setting(value) and not is_reference(value)
        else _USER_INFO.sub(f"{_MASK}@", value)
        for name, value in sorted(options.items())
    }
