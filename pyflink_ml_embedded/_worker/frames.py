# SPDX-License-Identifier: Apache-2.0
"""Messages between the JVM and a worker: 4 bytes of length, big-endian, and a JSON object."""

from __future__ import annotations

import json
import os
import struct
import threading
from collections.abc import Iterator, Mapping
from typing import Any

_LENGTH = struct.Struct(">I")


class Frames:
    """The messages of one worker, on two pipes.

    Args:
        source: the descriptor that the JVM writes to.
        target: the descriptor that the JVM reads.
    """

    def __init__(self, source: int, target: int) -> None:
        self._source = open(source, "rb", closefd=False)  # noqa: SIM115
        self._target = target
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yields the messages of the JVM until it closes the pipe."""
        while len(length := self._source.read(_LENGTH.size)) == _LENGTH.size:
            yield json.loads(self._source.read(*_LENGTH.unpack(length)))

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends a message, from any thread."""
        text = json.dumps(message).encode("utf-8")
        rest = memoryview(_LENGTH.pack(len(text)) + text)
        with self._lock:
            while rest:
                rest = rest[os.write(self._target, rest) :]
