# SPDX-License-Identifier: Apache-2.0
"""Passes records of ``logging`` to SLF4J, with the Python logger's name and level."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence

from .. import _native
from .._secrets import hide
from . import forks, log_levels, own_loggers
from .private_modules import public_names
from .safe_text import safe_line, safe_record


class Slf4jHandler(logging.Handler):
    """Passes each record to the SLF4J logger of the same name, with exceptions in the message.

    In a forked child, which must not enter Java, it writes to standard error.

    Args:
        write: writes a level, the name of a logger and a text to SLF4J.
    """

    def __init__(self, write: Callable[[int, str, str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Passes one record."""
        try:
            name = safe_line(public_names(record.name))
            text = safe_record(hide(self.format(record)))
            if forks.in_child:
                print(f"{record.levelname} {name} - {text}", file=sys.stderr)
            else:
                self._write(record.levelno, name, text)
        except Exception:
            self.handleError(record)


def install_native() -> None:
    """Makes the root logger write to the SLF4J of the JVM that runs this Python, at its levels."""
    install(_native.log)
    (level,) = _native.log_levels(["ROOT"])
    log_levels.install(_ask_native, level)


def _ask_native(names: Sequence[str]) -> None:
    log_levels.apply(dict(zip(names, _native.log_levels(names), strict=True)))


def install(write: Callable[[int, str, str], None]) -> None:
    """Makes the root logger write to SLF4J instead of a stream.

    Args:
        write: writes a level, the name of a logger and a text to SLF4J.
    """
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, Slf4jHandler) or _is_of_pemja(handler):
            root.removeHandler(handler)
    own_loggers.handler = Slf4jHandler(write)
    root.addHandler(own_loggers.handler)


def _is_of_pemja(handler: logging.Handler) -> bool:
    # By name, because an import of PemJa's logger would add the handler.
    return type(handler).__module__ == "pemja.logger"
