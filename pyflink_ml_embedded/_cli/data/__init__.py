# SPDX-License-Identifier: Apache-2.0
"""Files of rows: CSV, JSON and Parquet."""
