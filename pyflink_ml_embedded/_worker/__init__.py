# SPDX-License-Identifier: Apache-2.0
"""The process of a model with ``execution-mode`` ``process``, which the JVM starts."""
