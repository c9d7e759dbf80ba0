# SPDX-License-Identifier: Apache-2.0
"""Which frames of a stack belong to the code of a user."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import TypeVar

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Without models/, because the predict functions there should show their frames.
_INTERNAL_DIRECTORIES = {
    PACKAGE,
    *(
        os.path.join(PACKAGE, name)
        for name in (
            "_awaiting",
            "_batch",
            "_decorated",
            "_pyflink",
            "_runtime",
            "_worker",
            "adapters",
        )
    ),
    *importlib.__path__,
}

_Frame = TypeVar("_Frame")


def is_internal(file: str) -> bool:
    """Returns whether a file of code is part of this package or of the import system."""
    return file.startswith("<frozen importlib") or os.path.dirname(file) in _INTERNAL_DIRECTORIES


def called_frames(stack: Sequence[_Frame], file_of: Callable[[_Frame], str]) -> list[_Frame]:
    """Returns the frames that this package has called, without its own.

    Args:
        stack: the frames, the outermost first. In a worker, those of ``threading`` come first.
        file_of: returns the file of a frame's code.
    """
    is_own = [is_internal(file_of(frame)) for frame in stack]
    first = is_own.index(True) if True in is_own else 0
    return [frame for frame, own in zip(stack[first:], is_own[first:], strict=True) if not own]
