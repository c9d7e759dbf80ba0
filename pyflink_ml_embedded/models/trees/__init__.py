# SPDX-License-Identifier: Apache-2.0
"""A predict function for boosted trees, run by LightGBM or XGBoost."""

from ._function import TreesPredictFunction

__all__ = ["TreesPredictFunction"]
