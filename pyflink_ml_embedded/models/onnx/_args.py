# SPDX-License-Identifier: Apache-2.0
"""The inputs and outputs of an ONNX file, as onnxruntime describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class NodeArg(Protocol):
    """An input or output of a file.

    Attributes:
        name: the name in the file.
        type: e.g. ``tensor(float)``.
        shape: a size, a name or None for each dimension. It is empty both for a scalar and if the
            file declares no shape.
    """

    name: str
    type: str
    shape: list[int | str | None]


class Misfit(Exception):
    """A schema and a file do not fit; the message is the reason."""


def described(args: Sequence[NodeArg]) -> str:
    """Returns the inputs or outputs with their types and dimensions, for messages."""
    return ", ".join(f"{arg.name}: {arg.type} [{dimensions(arg)}]" for arg in args)


def dimensions(arg: NodeArg) -> str:
    """Returns the dimensions separated by commas, with ``?`` for one without size and name."""
    return ", ".join("?" if size is None else str(size) for size in arg.shape)
