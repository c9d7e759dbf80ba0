# SPDX-License-Identifier: Apache-2.0
"""A predict function for text models of Hugging Face transformers."""

from ._function import TransformersPredictFunction

__all__ = ["TransformersPredictFunction"]
