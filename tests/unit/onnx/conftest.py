# SPDX-License-Identifier: Apache-2.0
"""How the tests open ONNX models."""

from functools import partial

import pytest

from .models import open_function


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a model, given as bytes, for these columns."""
    return partial(open_function, tmp_path)
