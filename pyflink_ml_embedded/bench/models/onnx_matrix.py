# SPDX-License-Identifier: Apache-2.0
"""An ONNX file with one matrix in and one out."""

from pyflink_ml_embedded.models.onnx import OnnxPredictFunction


class OnnxMatrix(OnnxPredictFunction):
    """The package's own function, in a module of the model directory as all workloads have it."""
