# SPDX-License-Identifier: Apache-2.0
"""What ``pyflink-ml-embedded doctor`` examines."""
