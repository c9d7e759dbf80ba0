# SPDX-License-Identifier: Apache-2.0
"""Schemas: read from FLIP-552's JSON and from SQL, used as pyflink's RowType is."""

import pickle

import pytest

from pyflink_ml_embedded import Field, Schema

JSON = {
    "field_count": 2,
    "field_0": {"name": "amount", "type": "DECIMAL(10, 2) NOT NULL", "index": 0},
    "field_1": {"name": "country", "type": "STRING", "index": 1},
}
SCHEMA = Schema([Field("amount", "DECIMAL(10, 2) NOT NULL"), Field("country", "STRING")])


def test_json_of_flip_552_is_read_and_written():
    """Both directions are the form that the Java provider writes."""
    assert Schema.from_json(JSON) == SCHEMA
    assert SCHEMA.to_json() == JSON


def test_fields_keep_their_order_beyond_ten():
    """``field_10`` sorts before ``field_2`` as text."""
    schema = Schema(Field(f"c{index}", "INT") for index in range(12))
    assert Schema.from_json(schema.to_json()).names == [f"c{index}" for index in range(12)]


@pytest.mark.parametrize(
    ("sql_type", "nullable"),
    [
        ("INT", True),
        ("INT NOT NULL", False),
        ("int not  null", False),
        ("ROW<a INT NOT NULL>", True),
    ],
)
def test_nullability_is_that_of_the_type(sql_type, nullable):
    """NOT NULL inside a type does not apply to the column."""
    assert Field("a", sql_type).nullable is nullable


def test_schema_offers_what_a_row_type_offers():
    """Functions written for FLIP-552 use these names."""
    assert SCHEMA.names == SCHEMA.field_names() == ["amount", "country"]
    assert SCHEMA.field_types() == ["DECIMAL(10, 2) NOT NULL", "STRING"]
    assert [field.name for field in SCHEMA] == [field.name for field in SCHEMA.fields]
    assert SCHEMA["country"] is SCHEMA[1] is SCHEMA.fields[1]
    assert SCHEMA[1:] == Schema([Field("country", "STRING")])
    assert len(SCHEMA) == 2


def test_unknown_column_is_named_with_the_known_ones():
    """A typo should be found without a debugger."""
    with pytest.raises(KeyError, match="no column 'amout'; the columns are: amount, country"):
        SCHEMA["amout"]


def test_schema_does_not_change_with_what_it_returns():
    """It is shared by a function and its context."""
    SCHEMA.names.append("x")
    SCHEMA.fields.clear()
    assert SCHEMA.names == ["amount", "country"]


def test_schema_is_hashable_and_pickles():
    """PyFlink pickles functions that may hold one."""
    assert pickle.loads(pickle.dumps(SCHEMA)) == SCHEMA
    assert hash(pickle.loads(pickle.dumps(SCHEMA))) == hash(SCHEMA)


def test_repr_evaluates_to_an_equal_schema():
    """Error messages show it as SQL."""
    assert str(SCHEMA) == "`amount` DECIMAL(10, 2) NOT NULL, `country` STRING"
    assert eval(repr(SCHEMA)) == SCHEMA


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        ("a INT", [Field("a", "INT")]),
        ("a DECIMAL(10, 2), b INT", [Field("a", "DECIMAL(10, 2)"), Field("b", "INT")]),
        ("a ROW<x INT, y MAP<INT, INT>>,b INT", None),
        ("`a, b` INT NOT NULL", [Field("a, b", "INT NOT NULL")]),
        ("`a``b` INT", [Field("a`b", "INT")]),
        ("\n  a\tINT,\n  b STRING\n", [Field("a", "INT"), Field("b", "STRING")]),
        ("größe DOUBLE", [Field("größe", "DOUBLE")]),
    ],
)
def test_column_lists_of_sql_are_parsed(columns, fields):
    """Types and quoted names may contain commas."""
    if fields is None:
        fields = [Field("a", "ROW<x INT, y MAP<INT, INT>>"), Field("b", "INT")]
    assert Schema.parse(columns).fields == fields


@pytest.mark.parametrize("columns", ["", "a", "a INT,", "a INT,,b INT", "`a INT", "a-b INT"])
def test_text_that_is_not_a_column_list_is_rejected(columns):
    """The message quotes the whole list."""
    with pytest.raises(ValueError, match="is not a column"):
        Schema.parse(columns)
