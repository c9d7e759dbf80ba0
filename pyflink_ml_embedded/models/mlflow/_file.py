# SPDX-License-Identifier: Apache-2.0
"""Reads the file MLmodel of an MLflow model."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._exceptions import ModelError
from .._requirements import path_inside, require_directory

FILE_NAME = "MLmodel"
_FLAVOR = "python_function"
# Settings of flavors that MLflow joins to the directory.
_PATHS = ("code", "data", "model_path", "pickled_model")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The contents of an ``MLmodel``.

    Attributes:
        directory: the directory of the file.
        python_function: the settings of the flavor ``python_function``.
        flavors: the settings of all flavors by name.
        inputs: the inputs of the signature, as MLflow writes them; None without a signature.
        outputs: the outputs of the signature, in the same form.
        params: the params of the signature, as MLflow writes them; empty without a signature.
        from_type_hint: whether MLflow inferred the inputs from the type hint of ``predict``.
        example: where and how the input example is saved; None without an example.
    """

    directory: str
    python_function: Mapping[str, Any]
    flavors: Mapping[str, Any]
    inputs: Sequence[Mapping[str, Any]] | None
    outputs: Sequence[Mapping[str, Any]] | None
    params: Sequence[Mapping[str, Any]]
    from_type_hint: bool
    example: Mapping[str, Any] | None

    @property
    def is_sklearn(self) -> bool:
        """Whether the model is an estimator of scikit-learn, loaded without MLflow."""
        return bool(self.python_function["loader_module"] == "mlflow.sklearn")

    @property
    def is_onnx(self) -> bool:
        """Whether the model is an ONNX file."""
        return bool(self.python_function["loader_module"] == "mlflow.onnx")

    @property
    def is_streamable(self) -> bool:
        """Whether the model has the method ``predict_stream``."""
        return self.needs_mlflow and bool(self.python_function.get("streamable"))

    @property
    def needs_mlflow(self) -> bool:
        """Whether MLflow loads the model, and checks its inputs."""
        loader = str(self.python_function["loader_module"])
        return loader.partition(".")[0] == "mlflow" and not self.is_sklearn

    @property
    def path(self) -> str:
        """The path of the file."""
        return os.path.join(self.directory, FILE_NAME)

    def path_of(self, name: str) -> str:
        """Returns the path of a file or directory of the model.

        Raises:
            ModelError: it is outside of the model's directory.
        """
        return path_inside(self.directory, name, self.path)


def read_model_file(directory: str | None) -> ModelFile:
    """Reads the ``MLmodel`` of a model directory.

    Raises:
        ModelError: the file is missing, or it does not describe a ``python_function``.
    """
    directory = require_directory(directory, "MlflowPredictFunction")
    path = os.path.join(directory, FILE_NAME)
    if not os.path.isfile(path):
        has = ", ".join(sorted(os.listdir(directory))) or "no file"
        raise ModelError(f"'{directory}' has no file '{FILE_NAME}'; it has: {has}")
    content = read_yaml(path)
    flavors = content.get("flavors")
    if not isinstance(flavors, Mapping) or not isinstance(flavors.get(_FLAVOR), Mapping):
        has = ", ".join(map(str, flavors)) if isinstance(flavors, Mapping) else "none"
        raise ModelError(
            f"'{path}' has no flavor '{_FLAVOR}', which MlflowPredictFunction needs; it has: "
            f"{has}. If the file is incomplete, copy the model again"
        )
    if "loader_module" not in flavors[_FLAVOR]:
        raise ModelError(
            f"flavor '{_FLAVOR}' in '{path}' has no 'loader_module', so the file is incomplete: "
            "copy the model again"
        )
    for settings in flavors.values():
        for key in _PATHS:
            if isinstance(settings, Mapping) and isinstance(settings.get(key), str):
                path_inside(directory, settings[key], path)
    signature = content.get("signature") or {}
    return ModelFile(
        directory=directory,
        python_function=flavors[_FLAVOR],
        flavors=flavors,
        inputs=_from_json(path, signature, "inputs"),
        outputs=_from_json(path, signature, "outputs"),
        params=_from_json(path, signature, "params") or (),
        from_type_hint=bool(content.get("is_signature_from_type_hint")),
        example=content.get("saved_input_example_info"),
    )


def read_yaml(path: str) -> Mapping[str, Any]:
    """Reads a YAML file that holds a mapping.

    Raises:
        ModelError: the file is not valid YAML, or does not hold a mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        with open(path, encoding="utf-8") as file:
            content = YAML(typ="safe").load(file)
    except (YAMLError, UnicodeDecodeError) as error:
        raise ModelError(f"'{path}' is not valid YAML: {error}") from None
    if not isinstance(content, Mapping):
        raise ModelError(f"'{path}' is empty or incomplete: copy the model again")
    return content


def _from_json(path: str, signature: Mapping[str, Any], key: str) -> Any:
    given = signature.get(key)
    if given is None:
        return None
    try:
        specs = json.loads(given)
    except (TypeError, ValueError):
        specs = None
    if not isinstance(specs, list) or not all(isinstance(spec, Mapping) for spec in specs):
        raise ModelError(
            f"the {key} of the signature in '{path}' are not a JSON array, so the file is damaged: "
            "copy the model again"
        )
    return specs
