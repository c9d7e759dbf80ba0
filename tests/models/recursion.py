# SPDX-License-Identifier: Apache-2.0
"""Endless recursion of many kinds. A plain interpreter raises RecursionError for each."""

import ast
import copy
import functools
import json
import pickle
import re
import sys
from collections.abc import Callable
from typing import Any

from pyflink_ml_embedded import PredictFunction

KINDS: dict[str, Callable[[], object]] = {}

_DEEP = 50_000


def _kind(function: Callable[[], object]) -> Callable[[], object]:
    KINDS[function.__name__.removeprefix("_")] = function
    return function


def _nest(wrap: Callable[[Any], object]) -> Any:
    value: Any = 1
    for _ in range(_DEEP):
        value = wrap(value)
    return value


@_kind
def _python() -> object:
    return _python()


@_kind
def _sorted_by_key() -> object:
    return sorted([1], key=lambda item: _sorted_by_key())


@_kind
def _sort_by_itself() -> object:
    return [1].sort(key=lambda item: _sort_by_itself())


@_kind
def _sorted_by_comparison() -> object:
    class Item:
        def __lt__(self, other: object) -> bool:
            return bool(sorted([Item(), Item()]))

    return sorted([Item(), Item()])


@_kind
def _missing_attribute() -> object:
    class Proxy:
        def __getattr__(self, name: str) -> object:
            return self.wrapped

    return Proxy().name


@_kind
def _property_of_itself() -> object:
    class Owner:
        @property
        def value(self) -> object:
            return self.value

    return Owner().value


@_kind
def _mapped() -> object:
    return list(map(lambda item: _mapped(), [1]))  # noqa: C417


@_kind
def _added() -> object:
    class Number:
        def __radd__(self, other: object) -> object:
            return sum([Number()])

    return sum([Number()])


@_kind
def _formatted() -> object:
    class Text:
        def __str__(self) -> str:
            return f"{self}"

    return str(Text())


@_kind
def _represented() -> object:
    return repr(_nest(lambda value: [value]))


@_kind
def _compared() -> object:
    return _nest(lambda value: [value]) == _nest(lambda value: [value])


@_kind
def _compiled() -> object:
    return compile("a" + ".a" * _DEEP, "deep", "eval")


@_kind
def _evaluated() -> object:
    return eval("f()", {"f": _evaluated})


@_kind
def _partially_applied() -> object:
    return functools.partial(_partially_applied)()


@_kind
def _written_as_json() -> object:
    return json.dumps(_nest(lambda value: {"a": value}))


@_kind
def _read_as_json() -> object:
    return json.loads('{"a":' * _DEEP + "1" + "}" * _DEEP)


@_kind
def _read_as_json_by_a_hook() -> object:
    return json.loads("{}", object_hook=lambda value: _read_as_json_by_a_hook())


@_kind
def _pickled() -> object:
    return pickle.dumps(_nest(lambda value: [value]))


@_kind
def _unpickled() -> object:
    return pickle.loads(_PICKLE)


@_kind
def _copied() -> object:
    return copy.deepcopy(_nest(lambda value: [value]))


@_kind
def _printed() -> object:
    class File:
        def write(self, text: str) -> object:
            return print(text, file=self)

    return print(1, file=File())


@_kind
def _replaced() -> object:
    return re.sub("a", lambda match: str(_replaced()), "a")


@_kind
def _unparsed() -> object:
    return ast.unparse(_nest(lambda value: ast.UnaryOp(ast.USub(), value)))


@_kind
def _imported() -> object:
    class Finder:
        def find_spec(self, name: str, *_: object) -> object:
            return __import__(name + "_")

    sys.meta_path.insert(0, Finder())
    try:
        return __import__("missing_of_the_test")
    finally:
        del sys.meta_path[0]


class _Unpickled:
    """Reads itself again while it is read."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_unpickled, ())


_PICKLE = pickle.dumps(_Unpickled())


class _WithLimit(PredictFunction):
    def open(self, context):
        if limit := context.properties.get("limit"):
            sys.setrecursionlimit(int(limit))


class Recursion(_WithLimit):
    """Runs each kind and answers with the names of those that raised no RecursionError."""

    def predict(self, data):
        return [", ".join(name for name, kind in KINDS.items() if not _is_refused(kind))]


class Depth(_WithLimit):
    """Answers with the number of Python calls until RecursionError."""

    def predict(self, data):
        def descend(depth: int) -> int:
            try:
                return descend(depth + 1)
            except RecursionError:
                return depth

        return [descend(1)]


def _is_refused(kind: Callable[[], object]) -> bool:
    try:
        kind()
    except RecursionError:
        return True
    return False
