# SPDX-License-Identifier: Apache-2.0
"""How columns are matched with names."""

from __future__ import annotations

import pytest

from pyflink_ml_embedded._names import NamesMismatch, match_names


def test_names_are_matched_in_any_order() -> None:
    """The order of columns says nothing if the names match."""
    assert match_names(["score", "label"], ["label", "score"]) == [1, 0]


def test_names_that_are_left_over_are_ignored() -> None:
    """A model may have more outputs than the OUTPUT has columns."""
    assert match_names(["score"], ["label", "score"]) == [1]


def test_names_match_without_case() -> None:
    """SQL is often written in another letter case than Python."""
    assert match_names(["Right", "LEFT"], ["left", "right"]) == [1, 0]


def test_an_equal_name_comes_before_another_letter_case() -> None:
    """Names that differ only by case remain distinct."""
    assert match_names(["x", "X"], ["X", "x"]) == [1, 0]
    assert match_names(["x"], ["X", "x"]) == [1]


def test_no_match_at_all_means_by_position() -> None:
    """Names such as float_input or 0 have no meaning for the columns."""
    assert match_names(["a", "b"], ["left", "right"]) is None
    assert match_names(["a", "b"], [0, 1]) is None


def test_names_without_positions_must_all_match() -> None:
    """The inputs of a signature have meaningful names, whose order may be another."""
    with pytest.raises(NamesMismatch, match=r"column 'a'.*; columns are matched by name$"):
        match_names(["a", "b"], ["left", "right"], by_position=False)
    assert match_names(["Right", "left"], ["left", "right"], by_position=False) == [1, 0]


@pytest.mark.parametrize(
    ("columns", "names", "message"),
    [
        (["right", "lef"], ["left", "right"], "column 'lef'; the nearest is 'left'"),
        (["score", "LABLE"], ["label", "score"], "column 'LABLE'; the nearest is 'label'"),
        (["x", "q"], ["x", "amount"], "column 'q' (left over: 'amount')"),
        (["x", "y"], ["x"], "no name matches column 'y'"),
    ],
)
def test_names_that_almost_match_are_refused(
    columns: list[str], names: list[str], message: str
) -> None:
    """By position, two of these columns could be swapped without an error."""
    with pytest.raises(NamesMismatch) as error:
        match_names(columns, names)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("columns", "names"),
    [(["x"], ["x", "x"]), (["Id"], ["ID", "id"]), (["Id", "ID"], ["id", "other"])],
)
def test_a_name_that_matches_twice_is_refused(columns: list[str], names: list[str]) -> None:
    """A guess between two columns may be wrong."""
    with pytest.raises(NamesMismatch, match=r"several names|both match"):
        match_names(columns, names)
