# SPDX-License-Identifier: Apache-2.0
"""Sets up standard output and error, so that ``print`` in a model cannot fail or be late."""

from __future__ import annotations

import io
import sys


def install() -> None:
    """Makes both streams files again, in UTF-8 and written line by line.

    PemJa's have no fileno and no encoding.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, f"__{name}__")
        if isinstance(stream, io.TextIOWrapper):  # None if the descriptor is closed
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
            setattr(sys, name, stream)
