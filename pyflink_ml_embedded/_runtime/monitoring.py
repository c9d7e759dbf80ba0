# SPDX-License-Identifier: Apache-2.0
"""Starts what watches an open function, as its model's options ask for it."""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import ExitStack

from .._native import OpenFunction
from .request import OpenRequest

_MAX_NAME = 100


def start_monitoring(request: OpenRequest, opened: OpenFunction, resources: ExitStack) -> None:
    """Starts what the request asks for; closing the resources ends it.

    Args:
        request: the request that the function was opened by.
        opened: the function.
        resources: those of the function.
    """
    monitoring = request.monitoring
    if monitoring is None:
        return
    where = f"subtask {request.subtask_index}"
    if monitoring.slow_predict_ms is not None:
        from .slow_calls import SlowCalls

        slow_calls = SlowCalls(opened, monitoring.slow_predict_ms / 1000, where)
        slow_calls.start()
        resources.callback(slow_calls.stop)
    name = _file_name(request.model, request.subtask_index, monitoring.attempt)
    if monitoring.profile_directory is not None:
        from .profiles import Profile

        path = os.path.join(monitoring.profile_directory, f"{name}.speedscope.json")
        profile = Profile(opened, path, f"{request.model}, {where}")
        profile.start()
        resources.callback(profile.stop)
    if monitoring.tap_directory is not None:
        from .tap import Tap  # needs pyarrow, which row functions do without

        path = os.path.join(monitoring.tap_directory, name)
        tap = Tap(request.model, path, monitoring.tap_ratio, monitoring.version)
        opened.set_tap(tap, tap.rows_to_first())
        resources.callback(tap.write)


def _file_name(model: str, subtask_index: int, attempt: int) -> str:
    """Returns the beginning of the names of files, which no other open function has."""
    safe = re.sub(r"[^\w.-]", "_", model)[-_MAX_NAME:].lstrip(".")
    opened = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    return f"{safe}-subtask{subtask_index}-attempt{attempt}-{opened}-{secrets.token_hex(3)}"
