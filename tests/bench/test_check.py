# SPDX-License-Identifier: Apache-2.0
"""A contender whose results differ from the model's is not timed."""

from decimal import Decimal

import numpy as np
import pytest

from pyflink_ml_embedded.bench.measure.check import WrongResultError, check


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([(1.0, "a")], [(1.0 + 1e-7, "a")]),
        ([(None, None)], [(None, None)]),
        ([([1.0, 2.0],)], [([1.0, 2.0 + 1e-7],)]),
        ([(bytearray(b"x"), Decimal("1.50"))], [(b"x", Decimal("1.50"))]),
        ([(float("nan"),)], [(float("nan"),)]),
    ],
)
def test_same_results_pass(found, expected):
    """Contenders return different types, with a FLOAT's precision."""
    check(found, expected, ["a", "b"][: len(found[0])])


@pytest.mark.parametrize(
    ("found", "expected", "column"),
    [
        ([(1.0, "a"), (2.0, "b")], [(1.0, "a"), (2.001, "b")], "a"),
        ([(1.0, "a"), (2.0, "b")], [(1.0, "a"), (2.0, "c")], "b"),
        ([(1.0,), (None,)], [(1.0,), (2.0,)], "a"),
        ([([1.0],), ([1.0],)], [([1.0],), ([1.0, 2.0],)], "a"),
        ([(1,), (2**60,)], [(1,), (2**60 + 1,)], "a"),
    ],
)
def test_other_result_is_named_by_row_and_column_without_its_value(found, expected, column):
    """Wrong results must not be timed, and the rows may be confidential."""
    with pytest.raises(WrongResultError) as error:
        check(found, expected, ["a", "b"][: len(found[0])])
    assert str(error.value) == f"column '{column}', row 1 differs from the model's result"


def test_missing_rows_are_an_error():
    """A contender that drops rows would be faster."""
    with pytest.raises(WrongResultError, match="1 results, expected 2"):
        check([(1,)], [(1,), (1,)], ["a"])


def test_numpy_scalars_compare():
    """The loop's results come from native code, and PyFlink's from pickles."""
    check([(np.float32(0.1),)], [(0.1,)], ["a"])
