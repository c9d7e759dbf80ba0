# SPDX-License-Identifier: Apache-2.0
"""What all unit tests need."""

import gc
import os

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read by the first import of mlflow


@pytest.fixture(scope="module", autouse=True)
def quick_collections():
    """Leaves the objects of torch and other libraries out of the collection of each close."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
