# SPDX-License-Identifier: Apache-2.0
"""A predict function for ONNX files, run by onnxruntime."""

from ._function import OnnxPredictFunction

__all__ = ["OnnxPredictFunction"]
