# SPDX-License-Identifier: Apache-2.0
"""The classes that docs/moving.md shows run, with the code of other systems that they wrap."""

import re
from pathlib import Path

import pytest

from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

_PAGE = (Path(__file__).parents[2] / "docs" / "moving.md").read_text()
_SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", _PAGE, re.M | re.S))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Beam imports
@pytest.mark.parametrize(
    ("section", "factor", "wraps"),
    [
        ("FLIP-552's proofs of concept", 2, False),
        ("A PyFlink UDF", 2, False),
        ("A pandas UDF of PyFlink", 1, False),
        ("Spark's predict_batch_udf", 1, True),
        ("Beam's RunInference", 1, True),
    ],
)
def test_class_of_a_section_predicts_as_the_code_before_it(
    tmp_path: Path, section: str, factor: float, wraps: bool
) -> None:
    """Readers copy these lines instead of their own."""
    before, here = re.findall(r"^```python\n(.*?)^```$", _SECTIONS[section], re.M | re.S)
    (tmp_path / "price.py").write_text(before + here if wraps else here)
    properties = {"factor": str(factor)}
    columns = ("size DOUBLE, age DOUBLE", "price DOUBLE")
    request = make_request(tmp_path, *columns, properties, python_class="price.Price", batch_size=4)
    opened = open_function(request)
    try:
        results = opened.predict_batch([(10.0, 5.0), (1.0, 0.0)])
    finally:
        close_function(opened)
    assert [row.price for (row,) in results] == [25.0 * factor, 3.0 * factor]
