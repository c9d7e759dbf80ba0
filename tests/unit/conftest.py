# SPDX-License-Identifier: Apache-2.0
"""What all unit tests need."""

import gc
import os
import textwrap

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read by the first import of mlflow


@pytest.fixture(scope="module", autouse=True)
def quick_collections():
    """Leaves the objects of torch and other libraries out of the collection of each close."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def write(tmp_path):
    """Returns a function that writes files below a directory and returns its path."""

    def write(directory="model", **files):
        for name, text in files.items():
            path = tmp_path / directory / (name.replace("__in__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        return str(tmp_path / directory)

    return write
