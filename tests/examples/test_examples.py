# SPDX-License-Identifier: Apache-2.0
"""The examples of plain Python classes; their scripts share one Flink."""

import json
from pathlib import Path

import pytest

from .checkout import Checkout

_EXAMPLES = ("fraud", "dead-letter")


@pytest.fixture(scope="module")
def printed(checkout: Checkout) -> dict[str, set[str]]:
    """What the last script of each example prints."""
    return checkout.run_all(*_EXAMPLES)


@pytest.mark.parametrize("example", _EXAMPLES)
def test_example_prints_what_its_readme_shows(
    example: str, checkout: Checkout, printed: dict[str, set[str]]
) -> None:
    """Readers compare the two."""
    assert checkout.shown_rows(example) <= printed[example]


@pytest.mark.usefixtures("printed")
def test_dead_letters_have_their_error(checkout: Checkout) -> None:
    """An error without its traceback does not lead to the line that raised it."""
    errors = {
        row["id"]: row["error"]
        for row in _rows(checkout.directory("dead-letter") / "output" / "dead_letters")
    }
    assert errors.keys() == {4, 5}
    assert "ConnectionError: the service is busy" in errors[4]
    assert "LookupError: the service does not know the currency" in errors[5]
    assert all("exchange.py" in error for error in errors.values())


def _rows(directory: Path) -> list[dict[str, str]]:
    lines = "".join(file.read_text() for file in directory.glob("part-*"))
    return [json.loads(line) for line in lines.splitlines()]
