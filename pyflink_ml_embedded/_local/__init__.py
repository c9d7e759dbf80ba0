# SPDX-License-Identifier: Apache-2.0
"""Models that run in this process, without Flink: the commands that try them, and tests."""
