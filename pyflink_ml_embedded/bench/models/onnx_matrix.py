# SPDX-License-Identifier: Apache-2.0
"""An ONNX file with one input matrix and one output matrix."""

from pyflink_ml_embedded.models.onnx import OnnxPredictFunction


class OnnxMatrix(OnnxPredictFunction):
    """The function of the package, in a module that all workloads can name."""
