# SPDX-License-Identifier: Apache-2.0
"""Limits ``sys.setrecursionlimit`` to what the stack of a thread has room for."""

from __future__ import annotations

import functools
import logging
import sys
import threading

from .. import _native

_log = logging.getLogger(__name__)

_set_limit = sys.setrecursionlimit
_reported: set[int] = set()


def install() -> None:
    """Replaces ``sys.setrecursionlimit``, which from 3.12 on does not concern the stack."""
    if sys.version_info < (3, 12):
        setattr(sys, "setrecursionlimit", _set_recursion_limit)  # noqa: B010


@functools.wraps(_set_limit)
def _set_recursion_limit(limit: int, /) -> None:
    levels = _native.set_recursion_limit(_set_limit, limit)
    if 0 < levels < limit and limit not in _reported:
        _reported.add(limit)
        _log.warning(
            "sys.setrecursionlimit(%d): the stack of the thread '%s' has room for %d levels, so "
            "RecursionError is raised there at that depth. Set the model's option 'python-thread' "
            "to true, so that it predicts on a thread with a larger stack, or "
            "'env.java.opts.taskmanager: -Xss16m' in Flink's configuration for all threads.",
            limit,
            threading.current_thread().name,
            levels,
        )
