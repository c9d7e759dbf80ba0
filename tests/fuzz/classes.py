# SPDX-License-Identifier: Apache-2.0
"""Classes whose special methods raise, return wrong results, change data or call back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .world import act, act_in_collection


def _acting(usual: Any) -> Callable[..., Any]:
    """Returns a method that acts; ``usual`` is its result or makes it."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return act(usual(self, args) if callable(usual) else usual)

    return method


def _inherited(base: type, name: str) -> Callable[[Any, tuple[Any, ...]], Any]:
    inherited = getattr(base, name)
    # No method has more than one argument here; a call with * would make a list to be found.
    return lambda self, args: inherited(self, args[0]) if args else inherited(self)


def _subclass(name: str, base: type, *inherited: str, **methods: Any) -> type:
    """Returns a class whose methods act: those of the base, and others with a usual result."""
    namespace = {special: _acting(_inherited(base, special)) for special in inherited}
    namespace.update({special: _acting(usual) for special, usual in methods.items()})
    return type(name, (base,), namespace)


class Hostile:
    """An object with every special method that a conversion may look for."""

    __hash__ = _acting(7)  # type: ignore[assignment]
    __index__ = _acting(1)
    __int__ = _acting(1)
    __float__ = _acting(1.5)
    __bool__ = _acting(True)
    __len__ = _acting(1)
    __str__ = _acting("c0")
    __repr__ = _acting("c0")
    __call__ = _acting(None)

    def __eq__(self, other: object) -> Any:
        return act(NotImplemented)

    def __iter__(self) -> Any:
        return act(self)

    def __next__(self) -> Any:
        result = act(None)
        if result is None:
            raise StopIteration
        return result

    def __getitem__(self, index: Any) -> Any:
        result = act(None)
        if result is None:
            raise IndexError
        return result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return act(self)


class Dying:
    """An object whose finalizer acts; a cycle with itself leaves it to the garbage collector."""

    __slots__ = ("itself",)

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        act_in_collection()


class HostileZone(dt.tzinfo):
    """A time zone whose methods act."""

    utcoffset = _acting(dt.timedelta(hours=1))
    dst = _acting(None)
    tzname = _acting("zone")


HostileInt = _subclass(
    "Int", int, "__index__", "__int__", "__eq__", "__hash__", "__float__", "__bool__"
)
HostileFloat = _subclass("Float", float, "__float__", "__eq__", "__hash__", "__int__")
HostileStr = _subclass("Str", str, "__eq__", "__hash__", "__str__", "__len__")
HostileBytes = _subclass("Bytes", bytes, "__eq__", "__hash__", "__len__", "__iter__")
HostileList = _subclass("List", list, "__iter__", "__len__", "__getitem__", tolist=[])
HostileTuple = _subclass("Tuple", tuple, "__iter__", "__len__", "__getitem__", "__eq__", "__hash__")
HostileDict = _subclass("Dict", dict, "__iter__", "__len__", "__getitem__", "items", "keys", "get")
HostileDecimal = _subclass(
    "Decimal", Decimal, "__str__", "__eq__", "__hash__", "__float__", "__int__", "as_tuple"
)
HostileDate = _subclass("Date", dt.date, "__eq__", "__ne__", "__hash__", "toordinal")
HostileDatetime = _subclass("Datetime", dt.datetime, "__eq__", "__ne__", "__hash__", "utcoffset")
HostileTime = _subclass("Time", dt.time, "__eq__", "__hash__", "utcoffset")
HostileArray = _subclass(
    "Array", object, tolist=lambda self, args: [1, 2], to_pylist=lambda self, args: [1, 2]
)
HostileNumpyArray = _subclass("numpy.ndarray", object, tolist=lambda self, args: [1, 2])
HostileNumpyBool = _subclass("numpy.bool", object, __bool__=True)
HostileNumpyTime = _subclass(
    "numpy.datetime64", object, astype=lambda self, args: self, __index__=lambda self, args: 0
)
HostileNanos = type("Nanos", (HostileDatetime,), {"nanosecond": property(_acting(1))})
HostilePyFlinkRow = type(
    "Row",
    (),
    {
        "_values": property(_acting(())),
        "_fields": property(_acting(lambda self, args: ["c0", "c1"])),
        "__iter__": _acting(lambda self, args: iter([1, 2])),
        "__len__": _acting(2),
    },
)


class HostileNamed(HostileTuple):  # type: ignore[misc, valid-type]
    """A named tuple of names that the columns may have."""

    _fields = ("c1", "C0")


class HostileMapping(Mapping[str, Any]):
    """A Mapping that is not a dict, of names that the columns may have."""

    def __getitem__(self, key: str) -> Any:
        return act(1)

    def __iter__(self) -> Any:
        return iter(["C1", act("c0")])

    def __len__(self) -> Any:
        return act(2)


@dataclass
class HostileRecord:
    """A dataclass whose fields act when they are read."""

    c1: Any = None
    c0: Any = None

    def __getattribute__(self, name: str) -> Any:
        return act(1) if name in ("c0", "c1") else super().__getattribute__(name)


class HostileIndex:
    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> Any:
        return act(self.number)


class HostileNumber:
    __slots__ = ("number",)

    def __init__(self, number: float) -> None:
        self.number = number

    def __float__(self) -> Any:
        return act(self.number)
