# SPDX-License-Identifier: Apache-2.0
"""Predict functions as user-defined functions of PyFlink."""
