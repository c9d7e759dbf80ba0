# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/functions-and-adapters.md predict what the page says."""

import re
from pathlib import Path

import pytest

from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

PAGE = (Path(__file__).parents[2] / "docs" / "functions-and-adapters.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
PAYMENT = "amount DOUBLE, country STRING"
EXAMPLES = [
    ("score", PAYMENT, "score DOUBLE", (80.0, "DE"), (0.5,)),
    ("score", PAYMENT, "score DOUBLE, suspicious BOOLEAN", (50.0, None), (0.5, False)),
    (
        "score",
        "amount DECIMAL(10, 2), country STRING",
        "label STRING, score DOUBLE",
        (50, "DE"),
        ("usual", 0.5),
    ),
    ("total", "amount DOUBLE, `count` BIGINT", "total DOUBLE", (1.5, 2), (3.0,)),
    ("Score", "a DOUBLE, b DOUBLE", "score DOUBLE", (2.0, 4.0), (2.0,)),
    ("Scaled", "x DOUBLE", "scaled DOUBLE", (1.5,), (3.0,)),
]


def test_each_block_has_an_example() -> None:
    """A block that nothing runs may not work."""
    assert len(BLOCKS) == len(EXAMPLES)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_block_works_as_a_model(tmp_path: Path, number: int) -> None:
    """Readers copy a block into a file of their model's directory."""
    name, inputs, outputs, row, result = EXAMPLES[number]
    (tmp_path / "model.py").write_text(BLOCKS[number])
    predict = open_function(make_request(tmp_path, inputs, outputs, python_class=f"model.{name}"))
    assert [tuple(predicted) for predicted in predict(row)] == [result]
    close_function(predict)
