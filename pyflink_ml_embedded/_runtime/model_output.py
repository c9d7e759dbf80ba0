# SPDX-License-Identifier: Apache-2.0
"""Passes what models print in the JVM to the log, line by line, with the name of the model."""

from __future__ import annotations

import io
import logging
import sys
import threading
from typing import Any

from .. import _native
from .._secrets import hide
from . import forks, signals
from .safe_text import MAX_LINE, safe_line

# As in WorkerLog.java.
_LOGGER = "pyflink_ml_embedded.output"


class ModelOutput(io.TextIOBase):
    """A standard stream; what no model has written goes to the stream below.

    The model is that of the context, so output of threads that a model starts is not known as its
    own. Neither is what is written to ``buffer`` or to the descriptor, because the other parts of
    the JVM write there too.

    Args:
        stream: the stream below.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        # The beginning of a line, by thread and model: print writes a line in pieces.
        self._begun: dict[tuple[int, str], str] = {}

    def write(self, text: str) -> int:
        """Writes text; a line is passed on when it ends."""
        model = signals.current_model.get(None)
        if model is None or forks.in_child:
            return self._stream.write(text)
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        key = threading.get_ident(), model
        *lines, rest = (self._begun.pop(key, "") + text).split("\n")
        for line in lines:
            self._pass_on(model, line)
        whole = len(rest) - len(rest) % MAX_LINE
        self._pass_on(model, rest[:whole])
        if len(rest) > whole:
            self._begun[key] = rest[whole:]
        return len(text)

    def end(self, model: str) -> None:
        """Passes on the lines of a model that have not ended."""
        for key in [key for key in list(self._begun) if key[1] == model]:
            self._pass_on(model, self._begun.pop(key, ""))

    def _pass_on(self, model: str, line: str) -> None:
        line = hide(line)
        for start in range(0, len(line), MAX_LINE):
            text = safe_line(line[start : start + MAX_LINE])
            try:
                _native.log(logging.INFO, _LOGGER, f"model '{model}': {text}")
            except RuntimeError:  # the JVM is ending
                self._stream.write(f"{text}\n")

    def flush(self) -> None:
        """Flushes the stream below."""
        self._stream.flush()

    def close(self) -> None:
        """Only flushes: the stream belongs to all models."""
        self.flush()

    def fileno(self) -> int:
        """Returns the descriptor of the stream below."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Returns False, so that no library writes for a terminal."""
        return False

    def writable(self) -> bool:
        """Returns True."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream below."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """Those of the stream below."""
        return self._stream.errors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def install() -> None:
    """Replaces both streams, once ``_native.log`` works."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, ModelOutput(stream))


def end(model: str) -> None:
    """Passes on the lines of a model that have not ended."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, ModelOutput):
            stream.end(model)
