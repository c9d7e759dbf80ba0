# SPDX-License-Identifier: Apache-2.0
"""Finds the C library that LightGBM or XGBoost has loaded, and a booster in it."""

from __future__ import annotations

import ctypes
from types import ModuleType
from typing import Any

from ._model import NativeBooster, Settings


def native_booster(
    module: ModuleType, booster: Any, handle: Any, settings: Settings, end_iteration: int
) -> NativeBooster | str:
    """Returns what C needs to predict with a booster, or why it cannot.

    Args:
        module: the module that has loaded the library by ctypes.
        booster: the booster.
        handle: the booster in the library, if it has one that is known.
        settings: the properties.
        end_iteration: the last iteration that predicts plus one; 0 for all.
    """
    library = getattr(module, "_LIB", None)
    if not isinstance(library, ctypes.CDLL) or not isinstance(handle, ctypes.c_void_p):
        return f"this version of {module.__name__} does not show its C library"
    if handle.value is None:
        return "the booster has no handle"
    return NativeBooster(
        path=library._name,
        booster=booster,
        handle=handle.value,
        is_raw=settings.output == "raw",
        end_iteration=end_iteration,
        threads=settings.threads,
    )
