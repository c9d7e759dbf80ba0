# SPDX-License-Identifier: Apache-2.0
"""The form of a result follows from its types, and means the same for any number of rows."""

from __future__ import annotations

import array
import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs
import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pydantic
import pytest
from pyflink.common import Row as PyFlinkRow

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._batch.results import ResultWriter
from pyflink_ml_embedded._native import Columns

from .columns import column
from .test_batch_results import values_of
from .test_types import UTC, same

TWO = [column("label", "BIGINT"), column("score", "DOUBLE")]
LABELS, SCORES = np.array([3, 1, 2]), np.array([0.5, 0.25, 1.0])
EXPECTED = [(3, 0.5), (1, 0.25), (2, 1.0)]


class Named(NamedTuple):
    score: Any
    label: Any


def written(result: Any, rows: int, *fields: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Returns the rows of a result."""
    columns = Columns(fields)
    assert ResultWriter(columns).write(result, rows) is None
    return [tuple(row) for row in columns.rows()]


@pytest.mark.parametrize(
    "result",
    [
        (LABELS, SCORES),
        [LABELS, SCORES],
        [LABELS.tolist(), SCORES],
        (LABELS, tuple(SCORES.tolist())),
        Named(SCORES, LABELS),
        MappingProxyType({"score": SCORES.tolist(), "label": LABELS.tolist()}),
        list(zip(LABELS.tolist(), SCORES, strict=True)),
        [list(row) for row in zip(LABELS, SCORES, strict=True)],
        [Row(score=b, label=a) for a, b in zip(LABELS, SCORES, strict=True)],
        [PyFlinkRow(score=float(b), label=int(a)) for a, b in zip(LABELS, SCORES, strict=True)],
        [{"score": b, "label": a} for a, b in zip(LABELS, SCORES, strict=True)],
        {"label": LABELS, "score": SCORES},
        {"score": SCORES, "label": LABELS.astype("i4")},
        pa.record_batch({"label": LABELS, "score": SCORES}),
        pa.record_batch({"score": SCORES, "label": LABELS}),
        pa.record_batch({"x": LABELS, "y": SCORES}),
        pa.table({"score": SCORES.astype("f4"), "label": LABELS.astype("u1")}),
        pa.concat_tables([pa.table({"label": LABELS[i:i + 1], "score": SCORES[i:i + 1]})
                          for i in range(3)]),
        [pa.array(LABELS), pa.chunked_array([SCORES[:1], SCORES[1:]])],
        pd.DataFrame({"score": SCORES, "label": LABELS}),
        pd.DataFrame({"SCORE": SCORES, "Label": LABELS}),
        pa.record_batch({"Score": SCORES, "LABEL": LABELS}),
        {"Score": SCORES, "label": LABELS},
        pd.DataFrame({0: LABELS, 1: SCORES}),
        pd.DataFrame({"label": pd.array(LABELS), "score": SCORES}, index=[7, 8, 9]),
        (pd.Series(LABELS), pd.Series(SCORES, dtype="Float32")),
    ],
    ids=lambda result: type(result).__name__,
)  # fmt: skip
def test_every_shape_of_a_result_gives_the_same_rows(result: Any) -> None:
    """Users return results in the form that their library produces."""
    assert same(written(result, 3, *TWO), EXPECTED)


def test_matrix_has_a_column_for_each_of_the_output() -> None:
    """predict_proba returns such a matrix."""
    matrix = np.array([[0.25, 0.75], [1.0, 0.0]])
    fields = [column("a", "DOUBLE"), column("b", "FLOAT")]
    assert written(matrix, 2, *fields) == [(0.25, 0.75), (1.0, 0.0)]
    assert written(matrix.T.copy().T, 2, *fields) == [(0.25, 0.75), (1.0, 0.0)]
    assert written(matrix[:, :1], 2, fields[0]) == [(0.25,), (1.0,)]
    assert written(matrix, 2, column("y", "ARRAY<DOUBLE>")) == [([0.25, 0.75],), ([1.0, 0.0],)]


@pytest.mark.parametrize(
    ("sql_type", "result", "expected"),
    [
        ("DOUBLE", SCORES[:2], [0.5, 0.25]),
        ("DOUBLE", [SCORES[:2]], [0.5, 0.25]),
        ("DOUBLE", [0.5, None], [0.5, None]),
        ("STRING", ["a", "b"], ["a", "b"]),
        ("STRING", [("a",), ["b"]], ["a", "b"]),
        ("DOUBLE", [np.array(0.5), np.float32(0.25)], [0.5, 0.25]),
        ("DOUBLE", array.array("d", [0.5, 0.25]), [0.5, 0.25]),
        ("DOUBLE", SCORES[:2, None], [0.5, 0.25]),
        ("STRING", pd.Series(["a", None]), ["a", None]),
        ("STRING", pd.Series(["a", None], dtype="category"), ["a", None]),
        ("STRING", pa.array(["a", None], pa.large_string()), ["a", None]),
        ("STRING", pa.array(["a", None], pa.string_view()), ["a", None]),
        ("STRING", pa.array(["a", None]).dictionary_encode(), ["a", None]),
        ("INT", pd.Series([1, None], dtype="Int64"), [1, None]),
        ("INT", pd.Series([np.nan, np.nan]), [None, None]),
        ("DOUBLE", pd.Series([1, None], dtype="Float64"), [1.0, None]),
        ("DOUBLE", pd.Series([1.0, np.nan]), [1.0, np.nan]),
        ("BOOLEAN", pd.Series([True, pd.NA], dtype="boolean"), [True, None]),
        ("TIMESTAMP(6)", pd.Series([pd.Timestamp(0), pd.NaT]), [dt.datetime(1970, 1, 1), None]),
        ("TIMESTAMP(3)", pa.array([0, 1999], pa.timestamp("us")),
         [dt.datetime(1970, 1, 1), dt.datetime(1970, 1, 1, 0, 0, 0, 1000)]),
        ("TIMESTAMP_LTZ(3)", pa.array([0, None], pa.timestamp("s", "Europe/Berlin")),
         [dt.datetime(1970, 1, 1, tzinfo=UTC), None]),
        ("DATE", pa.array([0, None], pa.date64()), [dt.date(1970, 1, 1), None]),
        ("DECIMAL(10, 2)", pa.array([3, None]), [Decimal("3.00"), None]),
        ("DECIMAL(10, 2)", pa.array([Decimal("1.5"), None], pa.decimal256(40, 1)),
         [Decimal("1.50"), None]),
        ("FLOAT", pa.array([0.1, np.inf]), [float(np.float32(0.1)), np.inf]),
        ("DOUBLE", pa.array([None, None]), [None, None]),
        ("ARRAY<FLOAT>", np.eye(2), [[1.0, 0.0], [0.0, 1.0]]),
        ("ARRAY<FLOAT>", pa.array([[1.0], [2.0]], pa.list_(pa.float64(), 1)), [[1.0], [2.0]]),
        ("ARRAY<FLOAT>", pa.array([[1.0], None], pa.large_list(pa.float32())), [[1.0], None]),
        ("ARRAY<INT NOT NULL>", pa.array([[1], []], pa.list_(pa.field("x", "i4", False))),
         [[1], []]),
        ("ARRAY<DOUBLE>", [SCORES[:1], SCORES[:2]], [[0.5], [0.5, 0.25]]),
        ("ROW<a INT, b STRING>", pa.array([{"b": "x", "a": 1}, None]),
         [Row(a=1, b="x"), None]),
        ("MAP<STRING, INT>", pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
         [{"a": 1}, None]),
    ],
)  # fmt: skip
def test_one_array_is_enough_for_one_column(sql_type: str, result: Any, expected: Any) -> None:
    """Of any library, cast where nothing is lost, else by the rules of rows."""
    assert same(written(result, 2, column("y", sql_type)), [(value,) for value in expected])


def test_array_in_a_list_is_a_value_or_the_column_by_its_dimensions() -> None:
    """With one row and one ARRAY column, both have length 1."""
    field = column("y", "ARRAY<DOUBLE>")
    assert written([SCORES], 1, field) == [(SCORES.tolist(),)]
    assert written([SCORES, SCORES[:1], None], 3, field)[1:] == [([0.5],), (None,)]
    assert written([SCORES.reshape(1, 3)], 1, field) == [(SCORES.tolist(),)]
    assert written([pa.array(SCORES)], 1, field) == [(SCORES.tolist(),)]
    assert written([pa.array([SCORES])], 1, field) == [(SCORES.tolist(),)]
    assert written([pd.Series(SCORES)], 1, field) == [(SCORES.tolist(),)]
    assert written([SCORES], 3, column("y", "DOUBLE")) == [(0.5,), (0.25,), (1.0,)]
    nested = column("y", "ARRAY<ARRAY<DOUBLE>>")
    assert written([np.eye(2)], 1, nested) == [(np.eye(2).tolist(),)]
    assert written([np.eye(2)[None]], 1, nested) == [(np.eye(2).tolist(),)]


SIZES = range(1, 6)


@attrs.define
class Attributes:
    a: Any
    b: Any


@dataclass
class Data:
    a: Any
    b: Any


class Pydantic(pydantic.BaseModel):
    a: float
    b: float


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize(
    "kind",
    [
        *(tuple, list, lambda row: dict(zip("ab", row, strict=True))),
        *(lambda row, kind=kind: kind(a=row[0], b=row[1])
          for kind in (Attributes, Data, Pydantic, Row, PyFlinkRow)),
    ],
)  # fmt: skip
def test_list_of_rows_is_rows_at_every_size(kind: Callable[[Any], Any], rows: int) -> None:
    """As many rows as OUTPUT has columns must not be taken for columns."""
    fields = [column("a", "DOUBLE"), column("b", "DOUBLE")]
    pairs = [(float(i), i * 10.0) for i in range(rows)]
    result = [kind(pair) for pair in pairs]
    assert written(result, rows, *fields) == pairs
    columns = Columns(fields)
    offsets = ResultWriter(columns).write((result, [0] * rows), 2)
    assert offsets is not None
    assert (offsets.tolist(), [tuple(row) for row in columns.rows()]) == ([rows, rows], pairs)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize(
    ("sql_types", "result_of"),
    [
        ("DOUBLE, DOUBLE", lambda rows: tuple((1.0, 2.0) for _ in range(rows))),
        ("DOUBLE, DOUBLE", lambda rows: ([1.0] * rows, [2.0] * rows)),
        ("DOUBLE, DOUBLE, DOUBLE", lambda rows: ([1.0] * rows, [2.0] * rows, [3.0] * rows)),
        ("DOUBLE, DOUBLE", lambda rows: [1.0] * rows),
        ("DOUBLE", lambda rows: tuple([1.0] * max(rows, 3))),
        ("DOUBLE", lambda rows: ([1.0] * rows,)),
        ("ARRAY<DOUBLE>", lambda rows: [[1.0]] * rows),
        ("ARRAY<DOUBLE>", lambda rows: [[None]] * rows),
        ("ARRAY<ARRAY<INT>>", lambda rows: [[[]]] * rows),
        ("ARRAY<DOUBLE>, BIGINT", lambda rows: ([(1.0, 2)] * rows, np.zeros(rows, int))),
        ("ARRAY<DOUBLE>, BIGINT", lambda rows: ([SCORES] * rows, np.zeros(rows, int))),
        ("ROW<a INT>, BIGINT", lambda rows: ([{"a": 1}] * rows, list(range(rows)))),
    ],
)  # fmt: skip
def test_what_could_be_rows_or_columns_is_refused_at_every_size(
    sql_types: str, result_of: Callable[[int], Any], rows: int
) -> None:
    """The length of one batch must not decide, because the next batch has another."""
    fields = [column(f"c{i}", sql_type) for i, sql_type in enumerate(sql_types.split(", "))]
    with pytest.raises(ConversionError):
        written(result_of(rows), rows, *fields)


@pytest.mark.parametrize(
    "result_of",
    [
        lambda pairs: [np.array(pair) for pair in pairs],
        lambda pairs: tuple(pd.Series(pair) for pair in pairs),
        lambda pairs: np.array(pairs).T,
        lambda pairs: pd.DataFrame(np.array(pairs).T),
    ],
)
def test_one_array_for_each_row_stays_refused_in_parts_of_the_batch(
    result_of: Callable[[list[Any]], Any],
) -> None:
    """A part with as many rows as OUTPUT has columns would be transposed."""
    pairs = [(float(i), i * 10.0) for i in range(4)]
    writer = ResultWriter(Columns([column("a", "DOUBLE"), column("b", "DOUBLE")]))
    for part in (pairs, pairs[:2], pairs[2:]):
        with pytest.raises(ConversionError, match="one array for each of the 2 columns"):
            writer.write(result_of(part), len(part))
    assert writer.write({"a": SCORES[:2], "b": SCORES[:2]}, 2) is None


@pytest.mark.parametrize(
    ("sql_types", "result_of"),
    [
        ("DOUBLE, DOUBLE", lambda rows: [[1.0] * rows, [2.0] * rows]),
        ("DOUBLE, DOUBLE", lambda rows: [(1.0,) * rows, (2.0,) * rows]),
        ("ARRAY<DOUBLE>", lambda rows: [np.ones(rows), np.ones(rows)]),
        ("ARRAY<DOUBLE>", lambda rows: np.ones((2, rows))),
        ("ARRAY<DOUBLE>", lambda rows: {"c0": np.ones((2, rows))}),
    ],
)
def test_lists_by_column_stay_refused_in_parts_of_the_batch(
    sql_types: str, result_of: Callable[[int], Any]
) -> None:
    """A part with as many rows as columns would be transposed."""
    fields = [column(f"c{i}", sql_type) for i, sql_type in enumerate(sql_types.split(", "))]
    writer = ResultWriter(Columns(fields))
    for rows in (4, 2, 2):
        with pytest.raises(ConversionError):
            writer.write(result_of(rows), rows)


def test_list_beside_an_array_is_a_column() -> None:
    """A row is never an array, so both are columns, also where the second could be row indices."""
    fields = [column("a", "STRING"), column("b", "BIGINT")]
    assert written((["x", None], np.array([0, 1])), 2, *fields) == [("x", 0), (None, 1)]
    assert written([["x"], np.array([0])], 1, *fields) == [("x", 0)]


def test_refused_result_is_answered_with_what_to_return() -> None:
    """Users must not have to search the documentation."""
    with pytest.raises(ConversionError) as error:
        written(([1, 2], [0.5, 0.25]), 2, *TWO)
    assert str(error.value) == (
        "predict_batch returned a tuple of list, which could be columns or rows; expected one "
        "array for each of the 2 columns of the model's OUTPUT (label, score). Return a dict of "
        "columns, {'label': values, ...}, or a list of tuples, the rows"
    )
    with pytest.raises(ConversionError) as error:
        written([[1, 2]], 2, column("y", "INT"))
    assert str(error.value) == (
        "predict_batch returned 1 values for 2 rows; lists in a list are rows. Return "
        "{'y': values}, or [(value,) for value in values]"
    )


@pytest.mark.parametrize(
    "make",
    [lambda a, b: pd.DataFrame({"p_ok_": b, "p_fraud": a}),
     lambda a, b: pa.table({"p_ok_": b, "p_fraud": a}),
     lambda a, b: {"p_ok_": b, "p_fraud": a}],
)  # fmt: skip
def test_names_that_almost_match_are_refused_with_the_nearest(make: Callable[..., Any]) -> None:
    """In order, the two columns would be swapped."""
    fields = [column("p_fraud", "DOUBLE"), column("p_ok", "DOUBLE")]
    with pytest.raises(ConversionError) as error:
        written(make(SCORES, 1 - SCORES), 3, *fields)
    assert "no name matches column 'p_ok'; the nearest is 'p_ok_'" in str(error.value)


def test_dict_is_never_matched_in_order() -> None:
    """The order of a dict has no meaning to most users."""
    with pytest.raises(ConversionError, match="returned a dict with 'x', 'y'; expected one array"):
        written({"x": LABELS, "y": SCORES}, 3, *TWO)


@pytest.mark.parametrize(
    ("sql_type", "result", "message"),
    [
        ("INT", pa.array([1.5]), "column 'y', result 1: expected INT, got float"),
        ("INT", pa.array([2**40]), "column 'y', result 1: int out of range of INT"),
        ("FLOAT", pa.array([0.5, 1e39])[1:], "column 'y', result 1: number out of range of FLOAT"),
        ("TIMESTAMP_LTZ(3)", pa.array([0], pa.timestamp("s")), "needs a datetime with tzinfo"),
        ("TIMESTAMP(3)", pa.array([0], pa.timestamp("s", "UTC")), "tzinfo cannot be a TIMESTAMP"),
        ("ARRAY<FLOAT>", pa.array([[0.5, 1e39]]), "'y[]', result 1: number out of range of FLOAT"),
        ("MAP<STRING, INT>", pa.array([[("a", 2**40)]], pa.map_("string", "int64")),
         "column 'y.value', result 1: int out of range of INT"),
        ("DOUBLE", None, "predict_batch returned None; expected an array for the model's OUTPUT"),
        ("DOUBLE", {"x": SCORES}, "returned a dict with 'x'; expected an array for the model's"),
        ("DOUBLE", pa.record_batch({"a": SCORES, "b": SCORES}), "returned columns 'a', 'b'; exp"),
        ("DOUBLE", np.ones((1, 2)), "returned a numpy.ndarray of shape (1, 2); expected"),
        ("DOUBLE", 0.5, "column 'y': expected an array of values, such as"),
    ],
)  # fmt: skip
def test_result_that_is_not_expected_is_refused(sql_type: str, result: Any, message: str) -> None:
    """The message describes the expected result and contains no values."""
    with pytest.raises(ConversionError) as error:
        written(result, 1, column("y", sql_type))
    assert message in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    "result",
    [None, SCORES, [LABELS, SCORES, SCORES], {"label": LABELS}, np.ones((3, 3)),
     {"label": LABELS, "score": SCORES, "more": SCORES}, pa.record_batch({"label": LABELS}), 5],
    ids=lambda result: type(result).__name__,
)  # fmt: skip
def test_wrong_columns_are_answered_with_the_names_of_the_output(result: Any) -> None:
    """The user must see which column is missing."""
    with pytest.raises(ConversionError, match=r"predict_batch returned .*\(label, score\)"):
        written(result, 3, *TWO)


@pytest.mark.parametrize(
    "results",
    [
        {"label": LABELS, "score": SCORES},
        (LABELS, SCORES),
        [LABELS, SCORES],
        pa.table({"label": LABELS, "score": SCORES}),
        pd.DataFrame({"label": LABELS, "score": SCORES}),
        np.column_stack([LABELS, SCORES]),
    ],
    ids=lambda result: type(result).__name__,
)
def test_pair_says_which_row_each_result_belongs_to(results: Any) -> None:
    """A row may have no result or several."""
    fields = TWO if not isinstance(results, np.ndarray) else [column("a", "DOUBLE"), TWO[1]]
    columns = Columns(fields)
    offsets = ResultWriter(columns).write((results, [1, 1, 4]), 6)
    assert offsets is not None
    assert (offsets.dtype, offsets.tolist()) == (np.int32, [0, 2, 2, 2, 3, 3])
    assert same(
        [tuple(map(float, row)) for row in columns.rows()], [(float(a), b) for a, b in EXPECTED]
    )


@pytest.mark.parametrize(
    "indices", [[0, 2], np.array([0, 2], "u8"), pa.array([0, 2]), pd.Series([0, 2])]
)
def test_row_indices_may_be_any_array_of_integers(indices: Any) -> None:
    """As numpy.repeat or nonzero give them."""
    columns = Columns([column("y", "STRING")])
    offsets = ResultWriter(columns).write((["a", "b"], indices), 3)
    assert offsets is not None
    assert (offsets.tolist(), values_of(columns)) == ([1, 1, 2], ["a", "b"])
    offsets = ResultWriter(columns).write(([], []), 3)
    assert offsets is not None
    assert (offsets.tolist(), values_of(columns)) == ([0, 0, 0], [])


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([0, 2, 1], "row_indices must be ascending: sort the results"),
        ([0, 1, 3], "row_indices must be from 0 to 2, for a batch of 3 rows"),
        ([-1, 0, 1], "row_indices must be from 0 to 2"),
        ([0, 1], "column 'y': predict_batch returned 3 values for 2 row indices"),
        ([0.0, 1.0, 2.0], "expected one integer for each result"),
        ([True, False, True], "expected one integer for each result"),
        (["a", "b", "c"], "expected one integer for each result"),
        (None, "expected one integer for each result"),
        ([[0, 1, 2]], "expected one integer for each result"),
    ],
)
def test_row_indices_that_make_no_sense_are_refused(indices: Any, message: str) -> None:
    """Results would be assigned to wrong rows, or to no row."""
    with pytest.raises(ConversionError) as error:
        written((SCORES, indices), 3, column("y", "DOUBLE"))
    assert message in str(error.value)


def test_embeddings_beside_a_score_are_two_columns_not_a_pair() -> None:
    """The first item is a matrix in both."""
    fields = [column("e", "ARRAY<FLOAT>"), column("row", "BIGINT")]
    assert written((np.eye(2), np.arange(2)), 2, *fields) == [([1.0, 0.0], 0), ([0.0, 1.0], 1)]


POLARS_VALUES = {
    "BIGINT": [2**53 + 1, None],
    "DOUBLE": [0.5, None],
    "STRING": ["a text that is longer than twelve bytes", None],
    "BOOLEAN": [True, None],
    "DATE": [dt.date(2024, 2, 29), None],
    "TIMESTAMP(6)": [dt.datetime(2024, 2, 29, 1), None],
    "DECIMAL(38, 2)": [Decimal("1.25"), None],
    "ARRAY<BIGINT>": [[2**53 + 1, None], None],
    "ROW<a BIGINT>": [{"a": None}, None],
}


@pytest.mark.parametrize("sql_type", POLARS_VALUES)
def test_null_of_polars_is_null(sql_type: str) -> None:
    """Its arrays of numpy have NaN for NULL, and rounded integers beside it."""
    values = POLARS_VALUES[sql_type]
    series = polars.Series("y", values)
    field, other = column("y", sql_type), column("z", "INT")
    expected = [(Row(**value) if isinstance(value, dict) else value,) for value in values]
    assert same(written({"y": series}, 2, field), expected)
    assert same(written(series, 2, field), expected)
    assert same(written([series], 2, field), expected)
    frame = polars.DataFrame({"z": [1, None], "y": series})
    both = [(*row, number) for row, number in zip(expected, [1, None], strict=True)]
    assert same(written(frame, 2, field, other), both)
    assert same(written((series, polars.Series([1, None])), 2, field, other), both)
    columns = Columns([field, other])
    offsets = ResultWriter(columns).write((frame, polars.Series([1, 1])), 2)
    assert offsets is not None
    assert offsets.tolist() == [0, 2]


def test_categories_of_polars_are_texts() -> None:
    """They are exported as dictionaries of string views."""
    series = polars.Series("y", ["a", "b", None, "a"], dtype=polars.Categorical)
    expected = [("a",), ("b",), (None,), ("a",)]
    assert written(series, 4, column("y", "STRING")) == expected


class Exported:
    """A table or array of an unknown library, which has only the protocol."""

    def __init__(self, exported: Any, is_stream: bool) -> None:
        name = "__arrow_c_stream__" if is_stream else "__arrow_c_array__"
        setattr(type(self), name, lambda self, requested_schema=None: getattr(exported, name)())


@pytest.mark.parametrize("is_stream", [False, True])
def test_table_of_an_unknown_library_is_imported_by_its_capsules(is_stream: bool) -> None:
    """duckdb, ibis, nanoarrow and others have these methods."""
    batch = pa.record_batch({"score": [None, 0.5], "Label": [2**53 + 1, None]})
    kind = type("Exported", (Exported,), {})
    table = kind(batch if not is_stream else pa.table(batch), is_stream)
    assert same(written(table, 2, *TWO), [(2**53 + 1, None), (None, 0.5)])


def test_two_columns_of_one_name_are_refused() -> None:
    """One of them would be lost."""
    twice = pa.table([LABELS, SCORES], ["label", "label"])
    kind = type("Exported", (Exported,), {})
    for table in (twice, twice.to_pandas(), kind(twice, True)):
        with pytest.raises(ConversionError, match="column 'label' matches several names"):
            written(table, 3, *TWO)
        with pytest.raises(ConversionError, match="returned columns 'label', 'label'"):
            written(table, 3, TWO[0])


def test_failed_export_is_an_error_that_names_the_class() -> None:
    """Any class may define the method."""

    class Broken:
        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
            raise ZeroDivisionError

    for result in (Broken(), {"y": Broken()}):
        with pytest.raises(ConversionError, match="Broken cannot be imported as Arrow") as error:
            written(result, 1, column("y", "INT"))
        assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_missing_values_of_pandas_are_null_in_each_of_its_arrays() -> None:
    """Their arrays of numpy have NaN instead."""
    for values in (pd.array([1, None], "Int64"), pd.Index(pd.array([1, None], "Int64"))):
        assert same(written({"y": values}, 2, column("y", "DOUBLE")), [(1.0,), (None,)])
    mixed = pd.Series([1.0, np.nan, None, pd.NA], dtype=object)
    expected = [(1.0,), (np.nan,), (None,), (None,)]
    assert same(written(mixed, 4, column("y", "DOUBLE")), expected)


def test_large_libraries_are_imported_only_where_they_are_used() -> None:
    """pyarrow and pandas take half a second and many megabytes of each TaskManager."""
    script = """
import sys
import pyflink_ml_embedded._runtime.open
assert not {"numpy", "pandas", "pyarrow"} & set(sys.modules)
import numpy
from pyflink_ml_embedded._batch.results import ResultWriter
from pyflink_ml_embedded._native import Columns, feature_matrix
field = {"name": "y", "type": "DOUBLE", "nullable": True, "arrow": "g"}
ResultWriter(Columns([field])).write(numpy.ones(3), 3)
ResultWriter(Columns([field])).write({"y": [1.0]}, 1)
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
