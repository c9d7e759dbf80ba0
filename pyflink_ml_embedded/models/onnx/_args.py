# SPDX-License-Identifier: Apache-2.0
"""The inputs and outputs of an ONNX file, as onnxruntime describes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import NodeArg

# What exporters write as the name of a dimension that has none.
_PLACEHOLDERS = {"", "?", "none", "unk", "unknown", "-1"}


@dataclass(frozen=True)
class Arg:
    """An input or output of a file.

    Attributes:
        name: the name in the file.
        type: e.g. ``tensor(float)``.
        shape: a size, a name or None for each dimension. It is empty both for a scalar and if the
            file declares no shape.
    """

    name: str
    type: str
    shape: tuple[int | str | None, ...]


def args_of(args: Iterable[NodeArg]) -> list[Arg]:
    """Returns inputs or outputs from onnxruntime's description of them."""
    return [Arg(arg.name, arg.type, tuple(map(_dimension, arg.shape))) for arg in args]


def _dimension(size: int | str | None) -> int | str | None:
    is_open = isinstance(size, int) and size < 0
    is_unnamed = isinstance(size, str) and size.lower() in _PLACEHOLDERS
    return None if is_open or is_unnamed else size


class Misfit(Exception):
    """A schema and a file do not fit; the message is the reason."""


def described(args: Sequence[Arg]) -> str:
    """Returns the inputs or outputs with their types and dimensions, for messages."""
    return ", ".join(f"{arg.name}: {arg.type} [{dimensions(arg)}]" for arg in args)


def dimensions(arg: Arg) -> str:
    """Returns the dimensions separated by commas, with ``?`` for one without size and name."""
    return ", ".join("?" if size is None else str(size) for size in arg.shape)
