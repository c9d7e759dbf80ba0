"""Predict functions for models of Hugging Face transformers that read text."""

from ._function import TransformersPredictFunction

__all__ = ["TransformersPredictFunction"]
