# SPDX-License-Identifier: Apache-2.0
"""Processes that a model starts find the modules of its directory, which no path leads to."""

import os
import pickle
import subprocess
import sys

import pytest

from pyflink_ml_embedded._runtime import open_directories
from pyflink_ml_embedded._runtime.loader import load_class
from pyflink_ml_embedded._runtime.private_modules import PrivateModules

MODEL = """
import helper
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def predict(self, data):
        return [helper.NAME]
"""
UNPICKLE = "import pickle, sys; print(pickle.load(sys.stdin.buffer)().predict(None))"


@pytest.fixture(autouse=True)
def shared(monkeypatch):
    """Shares the directories of open models, as in the JVM."""
    monkeypatch.setenv("PYFLINK_ML_EMBEDDED_MODELS", "")
    monkeypatch.setattr(open_directories, "_descriptor", None)
    open_directories.share()
    yield
    os.close(open_directories._descriptor)


@pytest.fixture
def modules(tmp_path):
    """Opens a directory with two modules."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "helper.py").write_text("NAME = 'of this model'")
    modules = PrivateModules.of(str(tmp_path))
    yield modules
    modules.release()


def unpickle(data):
    """Unpickles a class in a new process and predicts with it; returns the process."""
    return subprocess.run(
        [sys.executable, "-c", UNPICKLE], check=False, capture_output=True, input=data, timeout=300
    )


def test_worker_imports_the_modules_of_an_open_model(modules):
    """Whichever library starts the worker, a pickle has the name of the module."""
    worker = unpickle(pickle.dumps(load_class("model.Model", modules)))
    assert worker.stdout == b"['of this model']\n", worker.stderr


def test_worker_does_not_find_a_model_that_has_closed(tmp_path):
    """Its files may be gone."""
    (tmp_path / "model.py").write_text(MODEL.replace("import helper", ""))
    modules = PrivateModules.of(str(tmp_path))
    data = pickle.dumps(load_class("model.Model", modules))
    modules.release()
    worker = unpickle(data)
    assert worker.returncode == 1
    assert b"ModuleNotFoundError: No module named 'pyflink_ml_embedded._models.m" in worker.stderr


def test_python_without_memfd_shares_a_nameless_file(monkeypatch, modules):
    """Some distributions build Python for an old glibc."""
    monkeypatch.delattr(os, "memfd_create")
    open_directories.update({"name": (["/directory"], None)})
    assert open_directories.paths_of("name") == [["/directory"], None]
    assert open_directories.paths_of("other") is None
