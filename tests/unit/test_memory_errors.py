# SPDX-License-Identifier: Apache-2.0
"""Errors that mean a lack of memory are known, and what they keep is freed."""

import weakref

import numpy as np
import pytest
import torch

from pyflink_ml_embedded._runtime.describe import describe_classes
from pyflink_ml_embedded._runtime.memory_errors import is_memory_error


class Kept:
    """Stands for a tensor."""


def raised(function):
    """Returns what the function raises, with its traceback."""
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def raise_cuda_error():
    """Raises what torch does where a GPU's memory is not enough."""
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def raise_mps_error():
    """Raises what torch does on a Mac, without a class for it."""
    raise RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)")


@pytest.mark.parametrize(
    "function",
    [
        lambda: np.empty(1 << 60, np.int8),
        lambda: torch.empty(1 << 60, dtype=torch.int8),
        raise_cuda_error,
        raise_mps_error,
    ],
    ids=["numpy", "torch on the CPU", "CUDA", "MPS"],
)
def test_lack_of_memory_is_a_memory_error_for_java(function):
    """Java halves the batch by this name, whatever raised the error."""
    assert "MemoryError" in describe_classes(raised(function)).split(",")


def test_other_errors_of_torch_are_not():
    """Smaller batches would not help."""
    error = raised(lambda: torch.ones(2) @ torch.ones(3))

    assert not is_memory_error(error)
    assert describe_classes(error) == "RuntimeError,Exception,BaseException"


def test_error_that_cannot_be_shown_is_not():
    """Its text decides, and the text is code of a user."""

    class Unprintable(RuntimeError):
        def __str__(self):
            raise ValueError

    assert not is_memory_error(Unprintable())


def test_what_the_frames_of_the_error_keep_is_freed():
    """Else the next try would have no more memory than the first."""
    kept = []

    def predict():
        tensor = Kept()
        kept.append(weakref.ref(tensor))
        try:
            raise_cuda_error()
        except RuntimeError as error:
            raise MemoryError from error

    error = raised(predict)
    assert kept[0]() is not None
    describe_classes(error)

    assert kept[0]() is None


def test_cache_of_torch_is_emptied(monkeypatch):
    """Memory that torch keeps for blocks of another size is not enough for this one."""
    emptied = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append("cuda"))

    describe_classes(raised(raise_cuda_error))

    assert emptied == ["cuda"]
