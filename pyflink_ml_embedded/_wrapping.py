# SPDX-License-Identifier: Apache-2.0
"""Predict functions that wrap a user's function or class."""

from __future__ import annotations

from typing import Any


def make_class(wrapped: Any, *bases: type, **attributes: Any) -> type:
    """Returns a class with the name and the documentation of what it wraps, for messages.

    Args:
        wrapped: a function or class.
        bases: the base classes.
        attributes: the attributes.
    """
    name = getattr(wrapped, "__qualname__", type(wrapped).__qualname__)
    named = {"__doc__": wrapped.__doc__, "__module__": wrapped.__module__, "__qualname__": name}
    return type(name.rpartition(".")[2], bases, {**named, **attributes})
