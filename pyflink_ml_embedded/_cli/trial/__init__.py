# SPDX-License-Identifier: Apache-2.0
"""Tries a model with rows on both paths and compares the results."""
