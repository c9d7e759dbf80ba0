# SPDX-License-Identifier: Apache-2.0
"""The decorators that make a model of a plain function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, overload

from ._decorated.batches import BatchFormat, make_batch_class
from ._decorated.columns import Declared
from ._decorated.rows import make_row_class
from ._exceptions import ModelError
from ._function import AnyPredictFunction
from ._hints import name_of

_Function = TypeVar("_Function", bound=Callable[..., Any])

_ATTRIBUTE = "predict_class"


@overload
def predict_function(function: _Function, /) -> _Function: ...
@overload
def predict_function(
    *, inputs: Declared | None = None, outputs: Declared | None = None
) -> Callable[[_Function], _Function]: ...
def predict_function(
    function: _Function | None = None,
    /,
    *,
    inputs: Declared | None = None,
    outputs: Declared | None = None,
) -> _Function | Callable[[_Function], _Function]:
    """Makes a model of a function that predicts one row. The function itself does not change.

    ``'python-predict-class' = 'module.function'`` selects it. Its parameters are the columns of
    INPUT, or it has one parameter, whose hint is a class with fields: a dataclass, a NamedTuple, a
    TypedDict, a class of attrs or a model of pydantic 2. It returns the value of the only column
    of OUTPUT, or an object of such a class; a generator or a list of such objects for several rows.
    It may be ``async def``.

    Args:
        function: the function, where the decorator is used without arguments.
        inputs: the columns of INPUT: a column list as in CREATE MODEL, a Schema, or a class with
            fields. By default those of the type hints.
        outputs: the columns of OUTPUT, in one of the same forms. With several columns, the function
            may also return a tuple or a dict.

    Raises:
        ModelError: the columns are not clear from the hints and the arguments.
    """

    def decorate(decorated: _Function) -> _Function:
        _refuse_others(decorated, "predict_function")
        setattr(decorated, _ATTRIBUTE, make_row_class(decorated, inputs, outputs))
        return decorated

    return decorate if function is None else decorate(function)


@overload
def batch_predict_function(function: _Function, /) -> _Function: ...
@overload
def batch_predict_function(
    *,
    inputs: Declared | None = None,
    outputs: Declared | None = None,
    batch_format: BatchFormat | None = None,
) -> Callable[[_Function], _Function]: ...
def batch_predict_function(
    function: _Function | None = None,
    /,
    *,
    inputs: Declared | None = None,
    outputs: Declared | None = None,
    batch_format: BatchFormat | None = None,
) -> _Function | Callable[[_Function], _Function]:
    """Makes a model of a function that predicts many rows. The function itself does not change.

    The hints of its parameters say what it gets: the whole batch (``pandas.DataFrame``,
    ``pyarrow.RecordBatch``, ``pyarrow.Table``, ``dict[str, numpy.ndarray]``), its columns
    (``numpy.ndarray``, ``pandas.Series`` or ``pyarrow.Array`` for each), a list of objects of a
    class with fields, or, with one ``numpy.ndarray`` for several columns, a matrix of them. It
    returns what ``BatchPredictFunction.predict_batch`` may return, and may be ``async def``.

    Args:
        function: the function, where the decorator is used without arguments.
        inputs: the columns of INPUT, as for ``predict_function``. By default those of the hints:
            ``list[Payment]`` or ``NDArray[numpy.float64]``.
        outputs: the columns of OUTPUT, in the same way.
        batch_format: what a parameter without a hint gets: ``"arrow"``, the default, ``"pandas"``
            or ``"numpy"``, as the attribute of ``BatchPredictFunction``.

    Raises:
        ModelError: the columns or the form are not clear from the hints and the arguments.
    """

    def decorate(decorated: _Function) -> _Function:
        _refuse_others(decorated, "batch_predict_function")
        predict_class = make_batch_class(decorated, inputs, outputs, batch_format)
        setattr(decorated, _ATTRIBUTE, predict_class)
        return decorated

    return decorate if function is None else decorate(function)


def predict_class_of(value: object) -> type[AnyPredictFunction] | None:
    """Returns the predict function of a class or of a decorated function; None for others."""
    found = value if inspect.isclass(value) else getattr(value, _ATTRIBUTE, None)
    if inspect.isclass(found) and issubclass(found, AnyPredictFunction):
        return found
    return None


def _refuse_others(decorated: object, decorator: str) -> None:
    if inspect.isclass(decorated) or not callable(decorated):
        raise ModelError(
            f"{decorator} is for functions, not for "
            f"{getattr(decorated, '__qualname__', type(decorated).__qualname__)}: write it above "
            "'def', with arguments by name"
        )
    if inspect.isasyncgenfunction(decorated):
        raise ModelError(
            f"{name_of(decorated)} has both 'async def' and 'yield', which makes it an "
            "asynchronous generator. Return a list of the results instead"
        )
