# SPDX-License-Identifier: Apache-2.0
"""Starts and calls a worker as the JVM does, by the protocol of docs/design.md."""

import contextlib
import json
import mmap
import os
import struct
import subprocess
import sys
from pathlib import Path

import pyflink_ml_embedded

_SCRIPT = "java/src/main/resources/io/github/pyflink/ml/embedded/worker/worker.py"
_ROOT = Path(__file__).parent.parent.parent.parent
_PREDICT, _PREDICT_BATCH, _CLOSE, _RESET, _MEMORY, _LAYOUT, _GROW, _RESERVE, _OFFSETS = range(1, 10)
_START, _AWAIT, _WAKE, _NUMBERS = range(11, 15)
_REQUEST, _RESPONSE, _WORKER_SLEEPS, _JAVA_SLEEPS, _OPERATION = range(0, 320, 64)
_ARGUMENTS, _RESULTS, _TEXT_LENGTH, _TEXT = 264, 320, 384, 4096


class Worker:
    """A worker process, to be used in a ``with`` statement."""

    def __init__(self, executable=sys.executable, version=None, memory_bytes=None):
        script = (_ROOT / _SCRIPT).read_text()
        self.process = subprocess.Popen(
            [executable, "-c", script, version or pyflink_ml_embedded.__version__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.logged = []
        self._opened = 0
        self.send(start={"model": "m", "memory_bytes": memory_bytes, "log_level": 20})
        self.first = self.receive()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()

    def send(self, **message):
        text = json.dumps(message).encode()
        self.process.stdin.write(struct.pack(">I", len(text)) + text)
        self.process.stdin.flush()

    def receive(self):
        """Returns the next message that is neither a record of logging nor about its levels."""
        while True:
            (length,) = struct.unpack(">I", self.process.stdout.read(4))
            message = json.loads(self.process.stdout.read(length))
            if "log" in message:
                self.logged.append(message)
            elif "levels_of" not in message:
                return message

    def open(self, request):
        self._opened += 1
        self.send(open=self._opened, request=request)
        message = self.receive()
        if "open_failed" in message:
            raise RuntimeError(message["text"])
        return Function(self.process.pid, message)


class Channel:
    """One channel of a function."""

    def __init__(self, pid, description):
        self._page = _map(pid, description["memory"], description["size"])
        self._request = os.open(f"/proc/{pid}/fd/{description['request']}", os.O_WRONLY)
        self._response = os.open(f"/proc/{pid}/fd/{description['response']}", os.O_RDWR)

    def call(self, operation, *arguments):
        """Returns the six results; waits asleep."""
        struct.pack_into("i", self._page, _OPERATION, operation)
        struct.pack_into(f"{len(arguments)}q", self._page, _ARGUMENTS, *arguments)
        self._set(_JAVA_SLEEPS, 1)
        number = self._get(_REQUEST) + 1
        self._set(_REQUEST, number)
        if self._get(_WORKER_SLEEPS):
            self._set(_WORKER_SLEEPS, 0)
            os.write(self._request, b"\0")
        while self._get(_RESPONSE) != number:
            os.read(self._response, 1)
        return struct.unpack_from("6q", self._page, _RESULTS)

    def text(self):
        length = self._get(_TEXT_LENGTH)
        return bytes(self._page[_TEXT : _TEXT + length]).decode()

    def ints(self, count):
        return struct.unpack_from(f"{count}i", self._page, _TEXT)

    def close(self):
        self._page.close()
        os.close(self._request)
        os.close(self._response)

    def _get(self, offset):
        return struct.unpack_from("i", self._page, offset)[0]

    def _set(self, offset, value):
        struct.pack_into("i", self._page, offset, value)


class Function:
    """An open function with one DOUBLE or STRING column on each side."""

    def __init__(self, pid, description):
        self.has_engine = description["has_engine"]
        self.calls = Channel(pid, description["call"])
        self.memory = Channel(pid, description["memory"])
        self._pid = pid

    def place(self, operation, *arguments):
        """Returns a mapping of the memory that a request is answered with, and its size."""
        status, _, descriptor, segment_size, offset, size = self.memory.call(operation, *arguments)
        if status != 0:
            raise RuntimeError(_message(self.memory)[1])
        return _map(self._pid, descriptor, segment_size), offset, size

    def layout(self, columns):
        count = self.memory.call(_LAYOUT, columns)[0]
        return self.memory.ints(count)

    def write_doubles(self, columns, values):
        self.memory.call(_RESERVE, columns, len(values))
        arena, offset, _ = self.place(_MEMORY, columns, -1)
        with contextlib.closing(arena):
            struct.pack_into(f"{len(values)}d", arena, offset + self.layout(columns)[2], *values)

    def read_doubles(self, columns, count):
        arena, offset, _ = self.place(_MEMORY, columns, -1)
        with contextlib.closing(arena):
            return struct.unpack_from(f"{count}d", arena, offset + self.layout(columns)[2])

    def grow(self, columns, column, capacity):
        mapping, _, size = self.place(_GROW, columns, column, capacity)
        mapping.close()
        return size

    def offsets(self, count):
        mapping, offset, _ = self.place(_OFFSETS)
        with contextlib.closing(mapping):
            return struct.unpack_from(f"{count}i", mapping, offset)

    def predict(self, row_number=1):
        """Returns the number of rows."""
        return self._rows(self.calls.call(_PREDICT, row_number))

    def predict_batch(self, slot, start, count, row_number=1):
        return self._rows(self.calls.call(_PREDICT_BATCH, slot, start, count, row_number))

    def start(self, slot, start, count, row_number):
        results = self.calls.call(_START, slot, start, count, row_number)
        if results[0] < 0:
            raise RuntimeError(_message(self.calls)[1], results[1])

    def wait(self, microseconds=-1):
        """Returns the number of coroutines that are done."""
        return self._rows(self.calls.call(_AWAIT, microseconds))

    def wake(self):
        self.memory.call(_WAKE)

    def numbers(self, count):
        mapping, offset, _ = self.place(_NUMBERS)
        with contextlib.closing(mapping):
            return struct.unpack_from(f"{count}q", mapping, offset)

    def reset(self, slot, rows):
        return self.calls.call(_RESET, slot, rows)[0] == 1

    def close(self):
        """Returns the text of a failure, or None."""
        status = self.calls.call(_CLOSE)[0]
        failure = None if status == 0 else _message(self.calls)[1]
        self.calls.close()
        self.memory.close()
        return failure

    def _rows(self, results):
        if results[0] < 0:
            classes, text = _message(self.calls)
            raise RuntimeError(text, results[1], classes)
        return results[0] & ~(3 << 29)


def _map(pid, descriptor, size):
    file = os.open(f"/proc/{pid}/fd/{descriptor}", os.O_RDWR)
    try:
        return mmap.mmap(file, size)
    finally:
        os.close(file)


def _message(channel):
    """Returns the names of the classes of the exception, and the text of the failure."""
    classes, _, text = channel.text().partition("\n")
    return classes, text
