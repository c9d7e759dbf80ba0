# SPDX-License-Identifier: Apache-2.0
"""Runs the statements of fraud.sql on the cluster that `flink run` names."""

from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment

tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
script = Path(__file__).with_name("fraud.sql").read_text()
for statement in filter(str.strip, script.split(";")):
    tables.execute_sql(statement).print()
