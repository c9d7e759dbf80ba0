# SPDX-License-Identifier: Apache-2.0
"""The same rows through PyFlink, through this provider, and through Flink alone."""
