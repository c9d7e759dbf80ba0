# SPDX-License-Identifier: Apache-2.0
"""The examples do what their READMEs say, on a real Flink."""
