# SPDX-License-Identifier: Apache-2.0
"""Finds the columns of INPUT and OUTPUT in a model's files, without a JVM."""

from .schema import ModelSchema, infer_schema

__all__ = ["ModelSchema", "infer_schema"]
