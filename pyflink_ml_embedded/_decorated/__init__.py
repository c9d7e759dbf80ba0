# SPDX-License-Identifier: Apache-2.0
"""Predict functions that are made of plain functions."""
