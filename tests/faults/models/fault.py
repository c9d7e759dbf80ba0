# SPDX-License-Identifier: Apache-2.0
"""Faults that a test orders from a running model."""

import ctypes
import os
import signal


class OrderedError(Exception):
    """An exception that a test has ordered."""


class Fault:
    """Does what a file says, once, in the process whose id ends the file's name."""

    def __init__(self, path: str) -> None:
        self._path = f"{path}-{os.getpid()}"

    def strike(self) -> None:
        """Does what is ordered, if anything is."""
        try:
            with open(self._path) as file:
                act = _ACTS[file.read()]
            os.unlink(self._path)
        except FileNotFoundError:  # nothing is ordered, or another subtask does it
            return
        act()


def _raise():
    raise OrderedError


def _take_all_memory():
    blocks = []
    while True:
        blocks.append(bytearray(1 << 24))


def _segfault():
    ctypes.string_at(0)


_ACTS = {
    "raise": _raise,
    "exit": lambda: os._exit(3),
    "segfault": _segfault,
    "abort": os.abort,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "memory": _take_all_memory,
}
