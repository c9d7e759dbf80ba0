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
_of_nobody: list[Any] = []
"""The filters that were there before the first of these models was opened."""


@contextmanager
def error_filters_of(model: str) -> Iterator[None]:
    """Remembers which filters with the action ``error`` the code in this context adds."""
    before = _error_filters()
    with _lock:
        if not _models:
            _of_nobody[:] = before
        _models.setdefault(model, _Model()).functions += 1
    try:
        yield
    finally:
        with _lock:
            _models[model].filters += [new for new in _error_filters() if new not in before]


def release_error_filters(model: str) -> None:
    """Ends one use of ``error_filters_of``.

    The last one removes the model's filters, and those that no other open model has added in its
    context: ``predict`` may add filters too.
    """
    with _lock:
        _models[model].functions -= 1
        if _models[model].functions > 0:
            return
        del _models[model]
        kept = [*_of_nobody, *(entry for other in _models.values() for entry in other.filters)]
    if any(entry not in kept for entry in _error_filters()):
        warnings.filters = [
            entry for entry in warnings.filters if entry[0] != "error" or entry in kept
        ]
        warnings._filters_mutated()  # type: ignore[attr-defined]


def _error_filters() -> list[Any]:
    return [entry for entry in warnings.filters if entry[0] == "error"]
