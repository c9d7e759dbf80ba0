# SPDX-License-Identifier: Apache-2.0
"""Files that are complete whenever they can be seen, and whose failure fails no job."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from typing import BinaryIO

_log = logging.getLogger(__name__)


class AtomicFiles:
    """Writes files as a whole, which only their owner can read.

    Args:
        what: the subject of the warning about a failure, with the model.
        option: the option that the files are written for.
    """

    def __init__(self, what: str, option: str) -> None:
        self._what = what
        self._option = option
        self._warned = False

    def write(self, path: str, fill: Callable[[BinaryIO], object]) -> None:
        """Writes or replaces a file, and creates its directory; a failure is a warning, once.

        Args:
            path: of the file.
            fill: writes the content.
        """
        directory, name = os.path.split(path)
        partial = os.path.join(directory, f".{name}.partial")
        try:
            os.makedirs(directory, exist_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as target:
                fill(target)
            os.replace(partial, path)
        except Exception as error:
            with contextlib.suppress(OSError):
                os.unlink(partial)
            if not self._warned:
                self._warned = True
                _log.warning(
                    "%s cannot be written to '%s': %s. The job goes on. Make the directory of "
                    "'%s' writable, with enough space, or remove the option",
                    self._what,
                    path,
                    error,
                    self._option,
                )
