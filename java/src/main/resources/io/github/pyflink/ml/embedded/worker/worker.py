# SPDX-License-Identifier: Apache-2.0
"""Starts a worker process; the JVM passes this script to Python with the jar's version."""

# ruff: noqa: E402
import sys

sys.path[:] = [path for path in sys.path if path]  # without '', the JVM's working directory

import json
import os
import struct


def _fail(reason: str) -> None:
    text = json.dumps({"failed": reason}).encode()
    os.write(1, struct.pack(">I", len(text)) + text)


def _start(version: str) -> None:
    if sys.version_info < (3, 10):  # noqa: UP036
        found = ".".join(map(str, sys.version_info[:3]))
        _fail(
            f"'{sys.executable}' is Python {found}, which is too old: "
            "set 'python.executable' to a Python 3.10 or later"
        )
        return
    try:
        from pyflink_ml_embedded._worker.main import run
    except ImportError as error:
        _fail(
            f"'{sys.executable}' cannot import pyflink-ml-embedded ({error}): "
            f"run: {sys.executable} -m pip install pyflink-ml-embedded=={version}"
        )
        return
    run(version)


_start(sys.argv[1])
