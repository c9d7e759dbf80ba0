# SPDX-License-Identifier: Apache-2.0
"""Models that the command ``new`` writes."""

from pathlib import Path

from pyflink_ml_embedded import cli
from pyflink_ml_embedded._cli.script import split_statements


def new_model(directory: Path, kind: str) -> list[str]:
    """Writes a model of a kind and returns its statements."""
    assert cli.main(["new", str(directory), "--kind", kind]) == 0
    statements = split_statements((directory / "model.sql").read_text())
    return [*statements, "DROP TEMPORARY VIEW samples"]
