# SPDX-License-Identifier: Apache-2.0
"""The imports between the parts of the benchmark."""

import ast
from pathlib import Path

import pytest

import pyflink_ml_embedded.bench

BENCH = Path(pyflink_ml_embedded.bench.__file__).parent
SHARED = {"contenders", "results_format"}


def siblings(file):
    """Yields the modules of bench that a file imports, as paths below bench."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            above = file.parents[node.level - 1]
            if above.is_relative_to(BENCH):
                at = above.relative_to(BENCH).parts
                yield "/".join((*at, *(node.module or "").split(".")))


@pytest.mark.parametrize("part", ["measure", "report"])
def test_part_imports_only_itself_and_the_shared_modules(part):
    """Reporting must not need the dependencies of measuring, nor the other way round."""
    files = list((BENCH / part).glob("*.py"))
    assert files
    for file in files:
        others = {name for name in siblings(file) if not name.startswith(part)}
        assert others <= SHARED, file
