# SPDX-License-Identifier: Apache-2.0
"""Runs the contenders and stores the measurements."""
