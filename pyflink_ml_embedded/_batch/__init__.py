# SPDX-License-Identifier: Apache-2.0
"""Batch functions: how they are called, and how their results are written."""
