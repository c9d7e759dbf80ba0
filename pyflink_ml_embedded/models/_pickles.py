# SPDX-License-Identifier: Apache-2.0
"""Refuses models that are loaded from pickles, where these are not allowed."""

from __future__ import annotations

from .._exceptions import ModelError


def require_pickles(allowed: bool, what: str, instead: str) -> None:
    """Refuses a pickle, before anything of it is read.

    Args:
        allowed: whether pickles are allowed.
        what: the model or its file, and how it is saved.
        instead: how else it can be saved.

    Raises:
        ModelError: pickles are not allowed.
    """
    if not allowed:
        raise ModelError(
            f"{what}, which can run any code when it is loaded, and the option 'allow-pickle', or "
            f"'ml.generic-python.allow-pickle' in Flink's configuration, is 'false'. {instead}"
        )
