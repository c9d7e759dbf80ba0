# SPDX-License-Identifier: Apache-2.0
"""Which parts of the benchmark know each other."""

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


@pytest.mark.parametrize("room", ["measure", "report"])
def test_room_knows_only_itself_and_what_both_share(room):
    """A report can be written where nothing can be measured, and the other way round."""
    files = list((BENCH / room).glob("*.py"))
    assert files
    for file in files:
        others = {name for name in siblings(file) if not name.startswith(room)}
        assert others <= SHARED, file
