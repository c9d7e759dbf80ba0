# SPDX-License-Identifier: Apache-2.0
"""Saves a model of MLflow in this directory. Replace it by your own training."""

import shutil
import tempfile
from pathlib import Path

import mlflow.pyfunc
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

directory = Path(__file__).parent
signature = ModelSignature(
    inputs=Schema([ColSpec("double", "amount"), ColSpec("string", "country")]),
    outputs=Schema([ColSpec("double", "score")]),
)
with tempfile.TemporaryDirectory() as name:
    saved = Path(name, "saved")
    mlflow.pyfunc.save_model(
        saved,
        python_model=str(directory / "scorer.py"),  # the code itself, not a pickle of it
        signature=signature,
        pip_requirements=["pandas"],
    )
    shutil.copytree(saved, directory, dirs_exist_ok=True)
