# SPDX-License-Identifier: Apache-2.0
"""Compares this provider with the other ways to run a Python model in Flink."""
