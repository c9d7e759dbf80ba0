# SPDX-License-Identifier: Apache-2.0
"""Models from an MLflow registry are downloaded once."""

import fcntl
import os
import subprocess
import sys

import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import pytest

from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._runtime.open import close_function, open_function
from pyflink_ml_embedded.models.mlflow._registry import fetch_registered

from ..requests import make_request
from .models import IRIS_INPUT, opened, predicted


@pytest.fixture
def registry(tmp_path, monkeypatch, iris_directory):
    """Configures MLflow for a file store; returns its client and the URI of a run's model."""
    store = (tmp_path / "store").as_uri()
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    mlflow.set_tracking_uri(store)
    client = mlflow.MlflowClient()
    run = client.create_run(client.create_experiment("e", (tmp_path / "artifacts").as_uri()))
    client.log_artifacts(run.info.run_id, str(iris_directory), "model")
    client.create_registered_model("iris")
    for _ in range(2):
        client.create_model_version("iris", f"{run.info.artifact_uri}/model", run.info.run_id)
    client.set_registered_model_alias("iris", "best", "1")
    yield client, f"runs:/{run.info.run_id}/model"
    mlflow.set_tracking_uri(None)


@pytest.mark.parametrize("uri", ["models:/iris/2", "models:/iris@best", "runs"])
def test_registered_model_is_downloaded_once(registry, tmp_path, iris, uri, monkeypatch):
    """The cache directory then has a model that can be opened."""
    uri = registry[1] if uri == "runs" else uri
    directory = fetch_registered(uri, str(tmp_path / "cache"))
    assert os.path.dirname(directory) == str(tmp_path / "cache" / "mlflow")
    function = opened(directory, IRIS_INPUT, "label BIGINT")
    row = tuple(iris[0].to_numpy().tolist()[0])
    assert predicted(function, [row]) == [(iris[1].predict(iris[0])[0],)]
    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", None)
    assert fetch_registered(uri, str(tmp_path / "cache")) == directory


def test_model_of_a_registry_is_opened(registry, tmp_path):
    """The JVM leaves its URI to MLflow's client."""
    cache = tmp_path / "cache"
    files = {"origin": "models:/iris/2", "fetcher": "mlflow", "directory": str(cache)}
    model = open_function(make_request(cache, IRIS_INPUT, "label BIGINT", files=files))
    assert model.function.model_directory.startswith(str(cache))
    close_function(model)


def test_moved_alias_gives_the_new_version(registry, tmp_path):
    """Each open asks the server for the version of the alias."""
    first = fetch_registered("models:/iris@best", str(tmp_path / "cache"))
    registry[0].set_registered_model_alias("iris", "best", "2")
    second = fetch_registered("models:/iris@best", str(tmp_path / "cache"))
    assert first != second
    assert second == fetch_registered("models:/iris/2", str(tmp_path / "cache"))


FETCH = """
import fcntl, sys, mlflow.artifacts
from pyflink_ml_embedded.models.mlflow import _registry

download = mlflow.artifacts.download_artifacts

def counted(*arguments, **options):
    with open(sys.argv[2] + ".count", "a") as file:
        file.write("x")
    return download(*arguments, **options)

mlflow.artifacts.download_artifacts = counted
lock = fcntl.flock

def told(*arguments):
    print("locking", flush=True)
    lock(*arguments)

fcntl.flock = told
print(_registry.fetch_registered(sys.argv[1], sys.argv[2]))
"""


def test_processes_download_a_model_once(registry, tmp_path):
    """TaskManagers of a host start at the same time, and one has crashed during a download."""
    cache = tmp_path / "cache"
    directory = fetch_registered("models:/iris/1", str(cache))
    os.rename(directory, f"{directory}.partial")
    (tmp_path / "cache" / "mlflow" / f"{os.path.basename(directory)}.partial" / "MLmodel").unlink()
    command = [sys.executable, "-c", FETCH, "models:/iris/1", str(cache)]
    with open(f"{directory}.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for process in processes:
            assert process.stdout.readline() == "locking\n"
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert outputs == [f"{directory}\n"] * 2
    assert (tmp_path / "cache.count").read_text() == "x"
    assert sorted(os.listdir(cache / "mlflow")) == sorted(
        [os.path.basename(directory), f"{os.path.basename(directory)}.lock"]
    )


def test_unknown_registered_model_is_named(registry, tmp_path):
    """The message has the reason that the server gives."""
    with pytest.raises(
        ModelError, match=r"'models:/absent/1', which cannot be downloaded: .*absent"
    ):
        fetch_registered("models:/absent/1", str(tmp_path))


def test_error_of_download_without_mlflow_has_the_install_command(tmp_path, monkeypatch):
    """Only the URI of the model needs MLflow."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ModelError, match=r"pip install 'pyflink-ml-embedded\[mlflow\]'"):
        fetch_registered("models:/iris/1", str(tmp_path))
