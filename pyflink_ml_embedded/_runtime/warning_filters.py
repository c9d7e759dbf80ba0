# SPDX-License-Identifier: Apache-2.0
"""Removes the filters by which a closed model had turned warnings into errors.

Up to Python 3.12 the filters belong to the process, so they reach other models while both are open.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class _Model:
    functions: int = 0
    filters: list[Any] = field(default_factory=list)


_lock = threading.Lock()
_models: dict[str, _Model] = {}


@contextmanager
def error_filters_of(model: str) -> Iterator[None]:
    """Remembers which filters with the action ``error`` the code in this context adds."""
    before = _error_filters()
    with _lock:
        _models.setdefault(model, _Model()).functions += 1
    try:
        yield
    finally:
        with _lock:
            _models[model].filters += [new for new in _error_filters() if new not in before]


def release_error_filters(model: str) -> None:
    """Ends one use of ``error_filters_of``; the last one removes the model's filters."""
    with _lock:
        _models[model].functions -= 1
        if _models[model].functions > 0:
            return
        added = _models.pop(model).filters
    if added:
        warnings.filters = [entry for entry in warnings.filters if entry not in added]
        warnings._filters_mutated()  # type: ignore[attr-defined]


def _error_filters() -> list[Any]:
    return [entry for entry in warnings.filters if entry[0] == "error"]
