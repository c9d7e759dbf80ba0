# SPDX-License-Identifier: Apache-2.0
"""Finds the predict function for the files of a model directory."""

from __future__ import annotations

import os

from .._exceptions import ModelError
from .._names import listed
from ..models._tree_files import tree_files

_MODELS = "pyflink_ml_embedded.models"
MLFLOW = f"{_MODELS}.mlflow.MlflowPredictFunction"
ONNX = f"{_MODELS}.onnx.OnnxPredictFunction"
TRANSFORMERS = f"{_MODELS}.transformers.TransformersPredictFunction"
TREES = f"{_MODELS}.trees.TreesPredictFunction"
_WEIGHTS = (".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json")
_SHOWN = 20


def find_class(directory: str | None) -> str:
    """Returns the class for a model without the option ``python-predict-class``.

    The files at the top of the directory decide. An ``MLmodel`` is MLflow's. A ``config.json`` or
    ``modules.json`` belongs to transformers if there are weights or no ONNX file, because optimum
    also writes one beside its ONNX files. Files of LightGBM and XGBoost are found by how they
    begin, whatever their names are.

    Raises:
        ModelError: the format of the files is not known, or there are several formats.
    """
    if directory is None:
        raise ModelError("set the option 'python-predict-class', or 'model-directory-path'")
    names = sorted(os.listdir(directory))
    has_onnx = any(name.endswith(".onnx") for name in names)
    has_weights = "modules.json" in names or any(name.endswith(_WEIGHTS) for name in names)
    if "MLmodel" in names:
        return MLFLOW
    if ("config.json" in names or "modules.json" in names) and (has_weights or not has_onnx):
        return TRANSFORMERS
    trees = tree_files(directory)
    if has_onnx and trees:
        raise ModelError(
            f"'{directory}' has *.onnx, and also {listed(list(trees))} ({trees[next(iter(trees))]}"
            f"): set the option 'python-predict-class' to '{ONNX}' or '{TREES}'"
        )
    if has_onnx:
        return ONNX
    if trees:
        return TREES
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    raise ModelError(
        f"'{directory}' has no MLmodel (MLflow), no config.json (Hugging Face transformers), no "
        "*.onnx, and no model file of LightGBM or XGBoost; it has: "
        f"{', '.join(names[:_SHOWN]) or 'nothing'}{more}. To use your own class, set the option "
        "'python-predict-class'"
    )
