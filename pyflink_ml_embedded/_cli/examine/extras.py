# SPDX-License-Identifier: Apache-2.0
"""Finds which formats of models this Python has the libraries for."""

from __future__ import annotations

from .finding import Finding
from .versions import installed

__all__ = ["EXTRAS", "examine_extras"]

# The package without which models of the extra cannot run.
EXTRAS = {
    "onnx": "onnxruntime",
    "mlflow": "mlflow-skinny",
    "transformers": "transformers",
    "lightgbm": "lightgbm",
    "xgboost": "xgboost-cpu",
}
# Packages with the same modules.
_ALSO = {"mlflow": "mlflow", "xgboost": "xgboost", "onnx": "onnxruntime-gpu"}


def examine_extras() -> Finding:
    """Finds which extras for models are installed, with their versions."""
    found = {
        extra: installed(package) or installed(_ALSO.get(extra, package))
        for extra, package in EXTRAS.items()
    }
    present = [f"{extra} {version}" for extra, version in found.items() if version]
    missing = [extra for extra, version in found.items() if not version]
    text = f"has {', '.join(present)}" if present else ""
    if missing:
        text += f"{'; ' if present else ''}without {', '.join(missing)}"
    return Finding("extras", text, optional=not present)
