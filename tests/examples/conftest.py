# SPDX-License-Identifier: Apache-2.0
"""The examples in a directory of the test."""

import pytest

from .checkout import Checkout, make_checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy of the examples."""
    return make_checkout(tmp_path_factory.mktemp("checkout"))
