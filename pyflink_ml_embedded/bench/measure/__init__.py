# SPDX-License-Identifier: Apache-2.0
"""Runs the contenders and keeps what was measured of them."""
