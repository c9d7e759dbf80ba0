# SPDX-License-Identifier: Apache-2.0
"""Jobs on a Flink cluster of several processes."""
