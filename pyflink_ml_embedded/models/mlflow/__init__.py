# SPDX-License-Identifier: Apache-2.0
"""A predict function for MLflow models with the flavor python_function."""

from ._function import MlflowPredictFunction

__all__ = ["MlflowPredictFunction"]
