# SPDX-License-Identifier: Apache-2.0
"""Errors that mean a lack of memory, of the host or of a GPU."""

from __future__ import annotations

import contextlib
import gc
import sys
import traceback

# Classes of torch: that of today, and that of torch up to 2.4.
_TORCH_CLASSES = {("torch", "OutOfMemoryError"), ("torch.cuda", "OutOfMemoryError")}
# What torch raises as a plain RuntimeError: for the CPU, and for GPUs of other vendors.
_TORCH_MESSAGES = ("out of memory", "DefaultCPUAllocator: can't allocate memory")
_GPUS = ("cuda", "xpu", "mps")


def is_memory_error(error: BaseException) -> bool:
    """Returns whether memory was not enough. Never raises."""
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, RuntimeError) or "torch" not in sys.modules:
        return False
    if any((base.__module__, base.__qualname__) in _TORCH_CLASSES for base in type(error).__mro__):
        return True
    with contextlib.suppress(Exception):  # of the error's __str__
        message = str(error) if type(error) is RuntimeError else ""
        return any(text in message for text in _TORCH_MESSAGES)
    return False


def free_memory(error: BaseException) -> None:
    """Frees what the frames of an error keep, and the memory that torch keeps for reuse."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        traceback.clear_frames(current.__traceback__)
        current = current.__cause__ or current.__context__
    gc.collect()
    torch = sys.modules.get("torch")
    for name in _GPUS:
        gpu = getattr(torch, name, None)
        if gpu is not None and _is_used(gpu):
            with contextlib.suppress(Exception):  # a GPU that has failed reports it at each call
                gpu.empty_cache()


def _is_used(gpu: object) -> bool:
    """Returns whether the process uses the GPU; torch.mps has no such function."""
    is_initialized = getattr(gpu, "is_initialized", None) or getattr(gpu, "is_available", None)
    return is_initialized is not None and bool(is_initialized())
