# SPDX-License-Identifier: Apache-2.0
"""Columns of results are matched with OUTPUT by name, and never by a guess."""

import dataclasses

import numpy as np
import pandas as pd
import pydantic
import pytest
from mlflow.types import ColSpec

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import ModelError

from .models import Echo, opened, paths, predicted, save_python


@dataclasses.dataclass
class Scored:
    """A result with fields."""

    score: float
    label: str


class ScoredModel(pydantic.BaseModel):
    """A result with fields, as models with type hints return it."""

    score: float
    label: str


def returning(tmp_path, result, outputs, **properties):
    """Returns a function whose model returns ``result(number of rows)``."""
    save_python(tmp_path / "m", Echo(lambda data, _: result(len(data))), [ColSpec("long", "a")])
    return opened(tmp_path / "m", "a BIGINT", outputs, **properties)


FORMS = [
    lambda n: pd.DataFrame({"score": [0.5] * n, "label": ["x"] * n}),
    lambda n: {"score": np.full(n, 0.5), "label": ["x"] * n},
    lambda n: [{"score": 0.5, "label": "x"} for _ in range(n)],
    lambda n: [Scored(0.5, "x") for _ in range(n)],
    lambda n: [ScoredModel(score=0.5, label="x") for _ in range(n)],
    lambda n: np.array([(0.5, "x")] * n, [("score", "f8"), ("label", "U1")]),
]


@pytest.mark.parametrize("result", FORMS)
def test_names_match_without_case_and_in_any_order(tmp_path, result):
    """The order of OUTPUT says nothing if its names match."""
    function = returning(tmp_path, result, "LABEL STRING, Score DOUBLE")
    assert predicted(function, [(0,)]) == [("x", 0.5)]
    _, by_batch = paths(function)
    assert [tuple(*rows) for rows in by_batch.predict_batch([(0,)] * 2)] == [("x", 0.5)] * 2


@pytest.mark.parametrize("result", FORMS)
@pytest.mark.parametrize("rows", [1, 2])
def test_names_that_almost_match_are_refused(tmp_path, result, rows):
    """By position, the label would be taken for the score where the types allow it."""
    function = returning(tmp_path, result, "label STRING, scor DOUBLE")
    _, by_batch = paths(function)
    with pytest.raises(ConversionError, match="column 'scor'; the nearest is 'score'"):
        by_batch.predict_batch([(0,)] * rows)


def test_names_of_one_row_are_not_ignored(tmp_path):
    """A Series may be a row of a DataFrame."""
    result = lambda n: pd.DataFrame({"b": [1.0], "a": [2.0]}).iloc[0]  # noqa: E731
    assert predicted(returning(tmp_path, result, "a DOUBLE, b DOUBLE"), [(0,)]) == [(2.0, 1.0)]


def test_numbers_as_names_match_text(tmp_path):
    """pandas numbers the columns of a matrix."""
    result = lambda n: pd.DataFrame(np.arange(3.0 * n).reshape(n, 3))  # noqa: E731
    function = returning(tmp_path, result, "`2` DOUBLE, `0` DOUBLE")
    assert predicted(function, [(0,)]) == [(2.0, 0.0)]


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize(
    "result",
    [
        lambda n: [np.arange(2.0)] * n,
        lambda n: [np.arange(float(n))] * 2,
        lambda n: [pd.Series(np.arange(2.0))] * n,
    ],
)
def test_list_of_arrays_is_refused_for_every_number_of_rows(tmp_path, result, rows):
    """Two arrays of two values are rows or columns, so other sizes are refused too."""
    _, by_batch = paths(returning(tmp_path, result, "y DOUBLE, z DOUBLE"))
    with pytest.raises(ConversionError, match=r"rows or columns .return a DataFrame|of shape"):
        by_batch.predict_batch([(0,)] * rows)


@pytest.mark.parametrize(
    ("outputs", "result"),
    [
        ("y DOUBLE, z DOUBLE", lambda n: [[1.0] * n, [2.0] * n]),
        ("y DOUBLE, z DOUBLE", lambda n: np.ones((2, n))),
        ("y DOUBLE, z DOUBLE", lambda n: pd.DataFrame(np.ones((2, n)))),
        ("y DOUBLE, z DOUBLE", lambda n: {row: [1.0, 2.0] for row in range(n)}),
        ("y ARRAY<DOUBLE>", lambda n: [np.ones(n), np.ones(n)]),
    ],
)
def test_columns_in_place_of_rows_stay_refused_in_parts_of_the_batch(tmp_path, outputs, result):
    """A part with as many rows as columns would be transposed."""
    _, by_batch = paths(returning(tmp_path, result, outputs))
    for rows in (4, 2, 2):
        with pytest.raises(ConversionError):
            by_batch.predict_batch([(0,)] * rows)


@pytest.mark.parametrize(
    "result",
    [lambda n: [[1.0] * n, [2.0] * n], lambda n: ([1.0] * n, [2.0] * n)],
)
def test_list_of_lists_has_rows(tmp_path, result):
    """A list has one item for each row, whatever their number is."""
    _, by_batch = paths(returning(tmp_path, result, "y DOUBLE, z DOUBLE"))
    for rows in (1, 3):
        with pytest.raises(ConversionError, match=f"a list of rows with {rows} values"):
            by_batch.predict_batch([(0,)] * rows)


@pytest.mark.parametrize(
    ("outputs", "result", "expected"),
    [
        ("tags ARRAY<STRING>, id STRING", {"id": "x", "tags": ["a", "b"]}, (["a", "b"], "x")),
        ("tags ARRAY<STRING>, id STRING", {"id": "x", "tags": []}, ([], "x")),
        ("id STRING", {"id": "x", "choices": [{"text": "a"}]}, ("x",)),
        ("tags ARRAY<STRING>", {"tags": ["a"]}, (["a"],)),
        ("tags ARRAY<STRING>", {"tags": [["a"]]}, (["a"],)),
        ("v ARRAY<DOUBLE>", {"v": np.ones(2)}, ([1.0, 1.0],)),
        ("v ARRAY<DOUBLE>", {"v": np.ones((1, 2))}, ([1.0, 1.0],)),
        ("y BIGINT, z STRING", {"y": [1], "z": ["s"]}, (1, "s")),
        ("v ARRAY<DOUBLE>", np.ones(2), ([1.0, 1.0],)),
    ],
)
def test_dict_of_one_row_may_have_lists(tmp_path, outputs, result, expected):
    """Chat models return such dicts; the types of OUTPUT say what a list is."""
    assert predicted(returning(tmp_path, lambda n: result, outputs), [(0,)]) == [expected]


@pytest.mark.parametrize(
    ("outputs", "result"),
    [
        ("tags ARRAY<STRING>, id STRING", {"id": ["x"], "tags": ["a"]}),
        ("tags ARRAY<STRING>", {"tags": [None]}),
    ],
)
def test_dict_that_could_be_a_row_or_columns_is_refused(tmp_path, outputs, result):
    """One of the two readings would be a wrong value."""
    by_row, _ = paths(returning(tmp_path, lambda n: result, outputs))
    with pytest.raises(ConversionError, match="cannot be told apart"):
        by_row((0,))


@pytest.mark.parametrize(
    "result",
    [
        lambda n: pd.DataFrame({"y": [1.0, 2.0, 3.0]}),
        lambda n: [{"y": 1.0}, {"y": 2.0}, {"y": 3.0}],
        lambda n: np.array([[1.0], [2.0], [3.0]]),
    ],
)
def test_one_row_may_have_several_results(tmp_path, result):
    """A forecast has several; in a batch nothing says which row they belong to."""
    function = returning(tmp_path, result, "y DOUBLE")
    by_row, by_batch = paths(function)
    assert [tuple(row) for row in by_row((0,))] == [(1.0,), (2.0,), (3.0,)]
    for rows in (1, 2):
        with pytest.raises(ConversionError, match=f"3 results for {rows} rows.*'batch-size'"):
            by_batch.predict_batch([(0,)] * rows)


@pytest.mark.parametrize("result", [lambda n: [], lambda n: pd.DataFrame({"y": []})])
def test_one_row_may_have_no_result(tmp_path, result):
    """The row is then dropped."""
    by_row, _ = paths(returning(tmp_path, result, "y DOUBLE"))
    assert list(by_row((0,))) == []


@pytest.mark.parametrize("result", [[1.0, 2.0], np.ones(2), pd.Series([1.0, 2.0])])
def test_values_for_one_row_are_not_multiplied(tmp_path, result):
    """They may have been meant as one ARRAY."""
    by_row, _ = paths(returning(tmp_path, lambda n: result, "y DOUBLE"))
    with pytest.raises(ConversionError, match=r"2 values for one row: return \[values\]"):
        by_row((0,))


WIDE = pd.DataFrame({"s": ["x"], "d": [0.5], "i": [7], "j": [8], "b": [True]})


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ("y BIGINT", 7),
        ("y DOUBLE", 0.5),
        ("y STRING", "x"),
        ("y BOOLEAN", True),
        ("y ARRAY<BIGINT>", [7, 8]),
        ("y ARRAY<DOUBLE>", [0.5, 7.0, 8.0]),
        ("y ARRAY<STRING>", ["x"]),
    ],
)
@pytest.mark.parametrize(
    "form", [lambda f: f, lambda f: f.to_dict("list"), lambda f: f.to_dict("records")]
)
def test_columns_are_chosen_by_type_as_spark_udf_does(tmp_path, outputs, expected, form):
    """MLflow's users know this rule from the argument result_type."""
    function = returning(tmp_path, lambda n: form(WIDE), outputs, **{"result-columns": "type"})
    assert predicted(function, [(0,)]) == [(expected,)]


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ("j BIGINT", "the leftmost column of its type is 'i', but 'j' has its name"),
        ("y TINYINT", "no column of the type TINYINT"),
    ],
)
def test_choice_by_type_that_contradicts_is_refused(tmp_path, outputs, message):
    """The user meant something else."""
    function = returning(tmp_path, lambda n: WIDE, outputs, **{"result-columns": "type"})
    by_row, _ = paths(function)
    with pytest.raises(ConversionError, match=message):
        by_row((0,))


def test_choice_by_type_stays_the_same(tmp_path):
    """An integer column with a missing value has floats, and another column would be chosen."""
    frames = iter([WIDE, WIDE.assign(i=[float("nan")])])
    function = returning(tmp_path, lambda n: WIDE, "y BIGINT", **{"result-columns": "type"})
    function._runner._calls._predict = lambda data, params: next(frames)
    by_row, _ = paths(function)
    assert tuple(*by_row((0,))) == (7,)
    with pytest.raises(ConversionError, match="they were 'i' in an earlier result"):
        by_row((0,))


@pytest.mark.parametrize(
    ("outputs", "properties", "message"),
    [
        ("y BIGINT, z BIGINT", {"result-columns": "type"}, "needs one column of OUTPUT"),
        ("y DATE", {"result-columns": "type"}, "and 'y' is DATE"),
        ("y BIGINT", {"result-columns": "left"}, "valid values are: name, type"),
    ],
)
def test_choice_by_type_needs_a_type(tmp_path, outputs, properties, message):
    """It is checked when the model is opened."""
    with pytest.raises(ModelError, match=message):
        returning(tmp_path, lambda n: WIDE, outputs, **properties)
