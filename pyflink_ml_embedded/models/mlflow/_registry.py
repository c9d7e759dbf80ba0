# SPDX-License-Identifier: Apache-2.0
"""Downloads models from an MLflow registry or tracking server, once for each host."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

from ..._exceptions import ModelError
from ._loaders import import_mlflow


def fetch_registered(uri: str, cache_directory: str) -> str:
    """Returns the directory of a model on this host, and downloads the model if it is missing.

    The server is the one that MLflow is configured for (``MLFLOW_TRACKING_URI``,
    ``MLFLOW_REGISTRY_URI``). Each call asks it for the version of an alias or stage.

    Args:
        uri: ``models:/name/version``, ``models:/name@alias`` or ``runs:/id/path``.
        cache_directory: the directory below which downloads are kept, in ``mlflow/``. Processes
            that need the same model at the same time download it once.

    Raises:
        ModelError: MLflow is not installed, or the model cannot be found or downloaded.
    """
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import_mlflow("mlflow.artifacts")
    try:
        resolved, source = _resolve(uri)
        return _download_once(resolved, source, os.path.join(cache_directory, "mlflow"))
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"option 'model-directory-path' is '{uri}', which cannot be downloaded: "
            f"{type(error).__name__}: {error}"
        ) from error


def _resolve(uri: str) -> tuple[str, str]:
    """Returns the URI with an alias or stage resolved to a version, and the source of its files."""
    client = import_mlflow("mlflow").MlflowClient()
    if uri.startswith("runs:/"):
        run, _, path = uri.removeprefix("runs:/").strip("/").partition("/")
        return uri, f"{client.get_run(run).info.artifact_uri}/{path}"
    parse = import_mlflow("mlflow.store.artifact.utils.models").get_model_name_and_version
    name, *version = parse(client, uri)
    if not version:  # the id of a model that is not registered
        return uri, uri
    made = client.get_model_version(name, version[0])
    source = client.get_model_version_download_uri(name, version[0])
    return f"models:/{name}/{version[0]}", f"{source} {made.creation_timestamp}"


def _download_once(uri: str, source: str, cache: str) -> str:
    mlflow: Any = import_mlflow("mlflow")
    server = f"{mlflow.get_registry_uri()} {mlflow.get_tracking_uri()}"
    key = hashlib.sha256(f"{server} {uri} {source}".encode()).hexdigest()[:32]
    target = os.path.join(cache, key)
    if os.path.isdir(target):
        return target
    os.makedirs(cache, exist_ok=True)
    with _locked(f"{target}.lock"):
        if not os.path.isdir(target):
            partial = f"{target}.partial"  # exists if a process ended during a download
            shutil.rmtree(partial, ignore_errors=True)
            os.mkdir(partial)
            try:
                os.rename(mlflow.artifacts.download_artifacts(uri, dst_path=partial), target)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return target


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
        yield
