# SPDX-License-Identifier: Apache-2.0
"""Imports the installed package and boots it. The JVM runs this in the interpreter of PemJa."""

# ruff: noqa: E402
import sys

sys.path[:] = [path for path in sys.path if path]  # without '', the JVM's working directory

import json
import os
import traceback


def start(probe_json: str, log_file: str) -> str | None:
    """Boots this CPython as the probed executable, and binds the natives of the calling thread.

    Args:
        probe_json: the output of ``probe.py``.
        log_file: the file of the JVM's log, or empty if it has none.

    Returns:
        The reason of a failure, or None.
    """
    try:
        _start(probe_json, log_file)
    except BaseException as error:
        expected = type(error).__module__.startswith("pyflink_ml_embedded")
        return str(error) if expected else traceback.format_exc()
    return None


def _start(probe_json: str, log_file: str) -> None:
    probe = json.loads(probe_json)
    # PemJa needed its directory on the path to start, where it precedes the standard library.
    sys.path.remove(os.path.dirname(probe["pemja_path"]))
    sys.path.insert(0, os.path.dirname(probe["package_path"]))
    try:
        from pyflink_ml_embedded._runtime.boot import boot
    finally:
        del sys.path[0]
    boot(probe_json, log_file)
