"""Predict functions for MLflow models of the flavor python_function."""

from ._function import MlflowPredictFunction

__all__ = ["MlflowPredictFunction"]
