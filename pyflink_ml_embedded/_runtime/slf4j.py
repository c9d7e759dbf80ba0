"""Passes what ``logging`` gets to SLF4J, under the Python logger's name and level."""

from __future__ import annotations

import logging

from .. import _native
from .private_modules import public_names


class Slf4jHandler(logging.Handler):
    """Hands each record to the SLF4J logger of the same name; exceptions go with the message."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hands one record over."""
        try:
            _native.log(record.levelno, public_names(record.name), self.format(record))
        except Exception:
            self.handleError(record)


def install() -> None:
    """Makes SLF4J the only place where the root logger writes to, at SLF4J's own level."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, Slf4jHandler) or _is_of_pemja(handler):
            root.removeHandler(handler)
    root.addHandler(Slf4jHandler())
    root.setLevel(_native.log_level())


def _is_of_pemja(handler: logging.Handler) -> bool:
    # PemJa's package cannot be asked for the class: importing its logger adds the handler.
    return type(handler).__module__ == "pemja.logger"
