# SPDX-License-Identifier: Apache-2.0
"""The predict function of a decorated row function.

Its ``predict`` is compiled once, as dataclasses compile their methods: a call for each row that
looks up what is the same for all rows would take longer than most functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, NamedTuple, NoReturn, get_args, get_origin

from .._exceptions import ModelError
from .._function import PredictFunction
from .._hints import (
    ARRAYS,
    MAPS,
    bare_hint,
    hints_of,
    is_ndarray,
    is_record,
    name_of,
    record_hints,
)
from .._native import Row
from .._schema import Schema
from .._wrapping import make_class
from .columns import Declared, DeclaresColumns, columns_of_record, declared_schema, null_error
from .expressions import arguments_of_call, new_record
from .parameters import columns_of_parameters, match_columns, read_parameters
from .results import columns_of_result, result_hint, returned_expression

_VALUE = "v{}"
_PREDICT = """
{prefix}def predict(self, data):
    {values}
    if {is_null}:
        refuse_null(self, data)
    result = {call}
    return {returned}
"""


class _Inputs(NamedTuple):
    """How a function takes a row.

    Attributes:
        columns: the columns.
        arguments: the arguments of its call, in which ``v0`` is the value of the first column.
        hints: the hints that say the form of ARRAYs.
    """

    columns: Schema
    arguments: str
    hints: Collection[Any]


def make_row_class(
    function: Callable[..., Any], inputs: Declared | None, outputs: Declared | None
) -> type[PredictFunction]:
    """Returns a predict function that calls a function for each row.

    Raises:
        ModelError: the columns are not clear, or a parameter has no column.
    """
    given = None if inputs is None else declared_schema(inputs, "inputs")
    names: dict[str, Any] = {"function": function, "refuse_null": _refuse_null}
    taken = _read_inputs(function, given, names)
    hint, several = result_hint(function, hints_of(function))
    result = (
        columns_of_result(function, hint)
        if outputs is None
        else declared_schema(outputs, "outputs")
    )
    _compile_predict(function, taken, returned_expression(hint, several, len(result)), names)
    return make_class(
        function,
        DeclaresColumns,
        PredictFunction,
        array_format=_array_format(function, taken.hints),
        declared_inputs=taken.columns,
        declared_outputs=result,
        names_outputs=outputs is not None or is_record(bare_hint(hint)),
        predict=names["predict"],
    )


def _compile_predict(
    function: Callable[..., Any], taken: _Inputs, returned: str, names: dict[str, Any]
) -> None:
    """Adds ``predict`` to the names that it can use."""
    columns = () if taken.arguments == "data" else taken.columns
    awaits = inspect.iscoroutinefunction(function)
    not_null = [f"v{i} is None" for i, field in enumerate(columns) if not field.nullable]
    source = _PREDICT.format(
        prefix="async " if awaits else "",
        values="; ".join(f"v{i} = data[{i}]" for i in range(len(columns))),
        is_null=" or ".join(not_null) or "False",
        call=f"{'await ' if awaits else ''}function({taken.arguments})",
        returned=returned,
    )
    # In this file, so that stack traces leave its frame out.
    exec(compile(source, __file__, "exec"), names)


def _read_inputs(
    function: Callable[..., Any], given: Schema | None, names: dict[str, Any]
) -> _Inputs:
    """Returns how a function takes a row, and adds what its call needs to names."""
    parameters, hints = read_parameters(function)
    record = bare_hint(hints.get(next(iter(parameters)))) if len(parameters) == 1 else None
    if record is Row:
        if given is None:
            raise ModelError(
                f"{name_of(function)} takes a Row, which does not say its columns: give "
                "inputs='...' with the columns as in CREATE MODEL"
            )
        return _Inputs(given, "data", ())
    if is_record(record):
        columns = columns_of_record(record, given)
        call = new_record(record, names, _VALUE)
        return _Inputs(columns, call, record_hints(record).values())
    columns = given or columns_of_parameters(function, parameters, hints)
    bound = match_columns(function, columns)
    hints_by_number = {
        number: hints.get(name)
        for name, number in bound.arguments.items()
        if isinstance(number, int)
    }
    by_position = [(None, number) for number in bound.args]
    numbered = [*by_position, *bound.kwargs.items()]
    arguments = arguments_of_call(numbered, hints_by_number, names, _VALUE)
    return _Inputs(columns, arguments, hints_by_number.values())


def _refuse_null(function: DeclaresColumns, row: Row) -> NoReturn:
    """Reports the first NULL in a column whose hint does not allow None."""
    column = next(
        field.name
        for field, value in zip(function.declared_inputs, row, strict=True)
        if value is None and not field.nullable
    )
    raise null_error(type(function), column)


def _array_format(function: Callable[..., Any], hints: Collection[Any]) -> Literal["list", "numpy"]:
    """Returns the form of ARRAYs of numbers that the hints ask for.

    Raises:
        ModelError: they ask for both.
    """
    formats = {name for hint in hints for name in _formats(hint)}
    if len(formats) > 1:
        raise ModelError(
            f"{name_of(function)} has hints for lists and for arrays of numpy, and gets all ARRAYs "
            "of numbers in one form. Write list[...] or numpy.typing.NDArray[...] for all"
        )
    return "numpy" if "numpy" in formats else "list"


def _formats(hint: Any) -> Iterable[Literal["list", "numpy"]]:
    bare = bare_hint(hint)
    args = get_args(bare)
    if is_ndarray(bare):
        yield "numpy"
    elif is_record(bare):
        for inner in record_hints(bare).values():
            yield from _formats(inner)
    elif get_origin(bare) in (*ARRAYS, *MAPS):
        element = bare_hint(args[-1])
        if get_origin(bare) in ARRAYS and element in (int, float):
            yield "list"
        yield from _formats(element)
