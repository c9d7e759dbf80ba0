# SPDX-License-Identifier: Apache-2.0
"""Sets up standard output and error, so that ``print`` in a model cannot fail or be late."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

from .._secrets import hide


def install() -> None:
    """Makes both streams files again, in UTF-8 and written line by line.

    PemJa's have no fileno and no encoding. Secrets of models are hidden in what is written.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, f"__{name}__")
        if isinstance(stream, io.TextIOWrapper):  # None if the descriptor is closed
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
            stream.write = _hiding(stream.write)  # type: ignore[method-assign]
            setattr(sys, name, stream)


def _hiding(write: Callable[[str], int]) -> Callable[[str], int]:
    return lambda text: write(hide(text) if isinstance(text, str) else text)
