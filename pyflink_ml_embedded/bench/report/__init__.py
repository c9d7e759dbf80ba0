# SPDX-License-Identifier: Apache-2.0
"""Shows results: a report, and a comparison of two results directories."""
