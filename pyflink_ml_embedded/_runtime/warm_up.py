"""The made-up row that a model predicts before its first real one."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from .._arrow_types import describe_column
from .._exceptions import ModelError
from .._native import OpenFunction
from .._schema import Schema

_UTC = datetime.timezone.utc
# By the format codes of the Arrow C Data Interface.
_VALUES: Mapping[str, Any] = {
    "b": False,
    **dict.fromkeys("csil", 0),
    **dict.fromkeys("fg", 0.0),
    "u": "a",
    "z": b"\0",
    "tdD": datetime.date(1970, 1, 1),
    "ttm": datetime.time(0),
}

_log = logging.getLogger(__name__)


def made_up_row(schema: Schema) -> tuple[Any, ...]:
    """Returns a value of each column's type: 0, 'a', False, 1970-01-01, one element, ..."""
    return tuple(_value(describe_column(field.name, field.type)) for field in schema)


def warm_up(make_opened: Callable[[], OpenFunction], required: bool, batches: bool) -> None:
    """Predicts the made-up row of an open function, in columns of its own.

    Args:
        make_opened: makes an OpenFunction that calls the same function.
        required: whether a failure is raised, or only logged.
        batches: whether the function predicts batches.
    """
    opened = make_opened()
    try:
        row = opened.function.warm_up_row()
        if row is None:
            return
        if batches:
            opened.predict_batch([tuple(row)])
        else:
            opened(tuple(row))
    except Exception as error:
        if required:
            raise ModelError(
                "the made-up row of the option 'warm-up' cannot be predicted: override "
                "warm_up_row in the class, or set 'warm-up' = 'false'"
            ) from error
        _log.info("Model '%s' does not take the made-up row: %s", opened.model, error)
    finally:
        opened.close()


def _value(column: Mapping[str, Any]) -> Any:
    code = column["arrow"]
    children = column.get("children", ())
    if code == "+l":
        return [_value(children[0])]
    if code == "+m":
        key, value = children[0]["children"]
        return {_value(key): _value(value)}
    if code == "+s":
        return tuple(map(_value, children))
    if code.startswith("d:"):
        return Decimal(0)
    if code.startswith("ts"):
        zone = _UTC if code.endswith("UTC") else None
        return datetime.datetime(1970, 1, 1, tzinfo=zone)
    return _VALUES[code]
