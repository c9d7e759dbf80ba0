# SPDX-License-Identifier: Apache-2.0
"""SQL types: read from every form that Flink and users write, and described to native code."""

import datetime
from decimal import Decimal

import pytest
from pyflink.java_gateway import get_gateway

from pyflink_ml_embedded import Field, Schema
from pyflink_ml_embedded._schema import describe_column
from pyflink_ml_embedded._type_parser import parse_type
from pyflink_ml_embedded._types import Child, SqlType

INT = SqlType("INT")
STRING = SqlType("VARCHAR")
EPOCH = datetime.datetime(1970, 1, 1)
FORMS = [
    ("int", "INT"),
    ("Array < Int not  null >", "ARRAY<INT NOT NULL>"),
    ("INTEGER", "INT"),
    ("INT NULL", "INT"),
    ("DOUBLE PRECISION NOT NULL", "DOUBLE NOT NULL"),
    ("DECIMAL", "DECIMAL(10, 0)"),
    ("DECIMAL(5)", "DECIMAL(5, 0)"),
    ("NUMERIC(5,2)", "DECIMAL(5, 2)"),
    ("DEC", "DECIMAL(10, 0)"),
    ("CHAR", "CHAR(1)"),
    ("VARCHAR", "VARCHAR(1)"),
    ("VARCHAR(2147483647)", "STRING"),
    ("BINARY", "BINARY(1)"),
    ("VARBINARY(2147483647)", "BYTES"),
    ("TIME", "TIME(0)"),
    ("TIME(3) WITHOUT TIME ZONE", "TIME(3)"),
    ("TIMESTAMP", "TIMESTAMP(6)"),
    ("TIMESTAMP(3) WITHOUT TIME ZONE", "TIMESTAMP(3)"),
    ("TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL", "TIMESTAMP_LTZ(3) NOT NULL"),
    ("TIMESTAMP_LTZ", "TIMESTAMP_LTZ(6)"),
    ("INT NOT NULL ARRAY", "ARRAY<INT NOT NULL>"),
    ("INT MULTISET NOT NULL", "MULTISET<INT> NOT NULL"),
    ("ROW(a INT, b STRING)", "ROW<`a` INT, `b` STRING>"),
    ("ROW()", "ROW<>"),
]


@pytest.mark.parametrize(
    ("text", "sql_type"),
    [
        *((name, SqlType(name)) for name in ("BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT")),
        *((name, SqlType(name)) for name in ("FLOAT", "DOUBLE", "DATE")),
        ("DECIMAL(10, 2)", SqlType("DECIMAL", precision=10, scale=2)),
        ("CHAR(3)", SqlType("CHAR", length=3)),
        ("VARCHAR(3)", SqlType("VARCHAR", length=3)),
        ("STRING", SqlType("VARCHAR")),
        ("BINARY(3)", SqlType("BINARY", length=3)),
        ("VARBINARY(3)", SqlType("VARBINARY", length=3)),
        ("BYTES", SqlType("VARBINARY")),
        ("TIME(3)", SqlType("TIME", precision=3)),
        ("TIMESTAMP(3)", SqlType("TIMESTAMP", precision=3)),
        ("TIMESTAMP_LTZ(6)", SqlType("TIMESTAMP_LTZ", precision=6)),
        ("ARRAY<INT>", SqlType("ARRAY", children=(Child("item", INT),))),
        ("MULTISET<INT>", SqlType("MULTISET", children=(Child("item", INT),))),
        ("MAP<STRING, INT>", SqlType("MAP", children=(Child("key", STRING), Child("value", INT)))),
        ("ROW<`a` INT>", SqlType("ROW", children=(Child("a", INT),))),
        ("ROW<>", SqlType("ROW")),
    ],
)
def test_each_type_is_read_and_written_as_flink_writes_it(text, sql_type):
    """Messages of native code quote the text, which Java writes for columns of a job."""
    assert parse_type(text) == sql_type
    assert parse_type(f"{text} NOT NULL").nullable is False
    assert (str(sql_type), str(parse_type(f"{text} NOT NULL"))) == (text, f"{text} NOT NULL")


@pytest.mark.parametrize(("text", "flink_text"), FORMS)
def test_other_forms_mean_the_same_type(text, flink_text):
    """Users write column lists for as_udtf, as_udf and tests by hand."""
    assert str(parse_type(text)) == flink_text
    assert parse_type(text) == parse_type(flink_text)


def test_forms_are_read_as_flink_reads_them():
    """The columns of as_udtf and as_udf are read here and by Flink."""
    jvm = get_gateway().jvm
    parse = jvm.org.apache.flink.table.types.logical.utils.LogicalTypeParser.parse
    class_loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    read = [(text, parse(text, class_loader).asSummaryString()) for text, _ in FORMS]
    assert read == FORMS


@pytest.mark.parametrize(
    ("text", "flink_text"),
    [
        ("TIMESTAMP(3) *ROWTIME*", "TIMESTAMP(3)"),
        ("TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL", "TIMESTAMP_LTZ(3) NOT NULL"),
    ],
)
def test_time_attribute_is_read_as_its_type(text, flink_text):
    """Flink marks the time attributes of a table in their types."""
    assert str(parse_type(text)) == flink_text


@pytest.mark.parametrize(
    "text",
    [
        "ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL",
        "MAP<STRING NOT NULL, ARRAY<ROW<`a` DECIMAL(10, 2), `b` MAP<INT, BYTES>>>>",
        "ROW<`a, b` INT NOT NULL, `c>` ARRAY<INT>, `d``e` TIMESTAMP_LTZ(3), `INT` ROW<`x` DATE>>",
        "MULTISET<ROW<`größe` CHAR(3)>>",
    ],
)
def test_nested_types_survive_reading_and_writing(text):
    """Commas and brackets in quoted names do not end a field."""
    assert str(parse_type(text)) == text


def test_comments_of_fields_are_skipped():
    """Flink writes them into the types of ROWs, with any characters."""
    text = "ROW<`a` INT NOT NULL 'it''s, > 3', b ROW<c INT '...'> ''>"
    assert str(parse_type(text)) == "ROW<`a` INT NOT NULL, `b` ROW<`c` INT>>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "type '' cannot be read: found the end, expected a type; valid are BOOLEAN, TINYINT"),
        ("INTT", "found 'INTT' at character 1, expected a type; valid are BOOLEAN, .*, MAP"),
        ("ARRAY<INTT>", "type 'ARRAY<INTT>' cannot be read: found 'INTT' at character 7"),
        ("INTERVAL DAY", "found 'INTERVAL' at character 1"),
        ("RAW('a.B', 'AA==')", "found 'RAW' at character 1"),
        ("`INT`", "found '`INT`' at character 1, expected a type"),
        ("INT(3)", r"found '\(' at character 4, expected the end"),
        ("INT NOT", "found 'NOT' at character 5, expected the end"),
        ("INT NOT NULL NOT NULL", "found 'NOT' at character 14, expected the end"),
        ("ARRAY", "found the end, expected '<'"),
        ("ARRAY<INT", "found the end, expected '>'"),
        ("ARRAY<INT>>", "found '>' at character 11, expected the end"),
        ("ARRAY<INT, INT>", "found ',' at character 10, expected '>'"),
        ("MAP<INT>", "found '>' at character 8, expected ','"),
        ("ROW<INT>", "found '>' at character 8, expected a type"),
        ("ROW<a INT, >", "found '>' at character 12, expected the name of a field"),
        ("ROW<a INT b INT>", "found 'b' at character 11, expected ','"),
        ("ROW<a INT)", r"found '\)' at character 10, expected ','"),
        ("ROW<`a INT>", "found '`' at character 5, expected the name of a field"),
        ("DECIMAL()", r"found '\)' at character 9, expected the precision of DECIMAL, from 1"),
        ("DECIMAL(0)", "found '0' at character 9, expected the precision of DECIMAL, from 1 to 38"),
        ("DECIMAL(39)", "found '39' at character 9"),
        ("DECIMAL(3, 4)", "found '4' at character 12, expected the scale of DECIMAL, from 0 to 3"),
        ("DECIMAL(3, 2, 1)", r"found ',' at character 13, expected '\)'"),
        ("CHAR(0)", "expected the length of CHAR, from 1 to 2147483647"),
        ("VARCHAR(2147483648)", "expected the length of VARCHAR, from 1 to 2147483647"),
        ("TIMESTAMP(10)", "expected the precision of TIMESTAMP, from 0 to 9"),
        ("TIME(-1)", "found '-' at character 6, expected the precision of TIME, from 0 to 9"),
        ("TIMESTAMP(3) WITH TIME ZONE", "found 'WITH' at character 14, expected the end"),
    ],
)
def test_error_names_type_position_and_what_is_valid(text, message):
    """A typo in a long column list should be found at once."""
    with pytest.raises(ValueError, match=message):
        parse_type(text)


@pytest.mark.parametrize(
    ("text", "arrow_format"),
    [
        ("DECIMAL(38, 38)", "d:38,38"),
        ("TIME(9)", "ttm"),
        ("TIMESTAMP(0)", "tsm:"),
        ("TIMESTAMP(3)", "tsm:"),
        ("TIMESTAMP(4)", "tsu:"),
        ("TIMESTAMP(6)", "tsu:"),
        ("TIMESTAMP(7)", "tsn:"),
        ("TIMESTAMP_LTZ(9)", "tsn:UTC"),
    ],
)
def test_arrow_format_depends_on_the_precision(text, arrow_format):
    """The narrowest unit that holds the precision has the widest range."""
    assert Field("a", text).arrow_format == arrow_format


def test_description_of_a_column_is_that_of_java():
    """Native code reads one form, whoever writes it."""
    assert describe_column("m", "MAP<CHAR(2) NOT NULL, TIME> NOT NULL") == {
        "name": "m",
        "type": "MAP<CHAR(2) NOT NULL, TIME(0)> NOT NULL",
        "nullable": False,
        "arrow": "+m",
        "children": [
            {
                "name": "entries",
                "type": "ROW<`key` CHAR(2) NOT NULL, `value` TIME(0)> NOT NULL",
                "nullable": False,
                "arrow": "+s",
                "children": [
                    {
                        "name": "key",
                        "type": "CHAR(2) NOT NULL",
                        "nullable": False,
                        "arrow": "u",
                        "length": 2,
                    },
                    {
                        "name": "value",
                        "type": "TIME(0)",
                        "nullable": True,
                        "arrow": "ttm",
                        "precision": 0,
                    },
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "children"),
    [
        ("ARRAY<INT>", [("item", "INT")]),
        ("ROW<a INT, b STRING NOT NULL>", [("a", "INT"), ("b", "STRING NOT NULL")]),
        ("ROW<>", []),
        ("MULTISET<INT>", [("entries", "ROW<`key` INT, `value` INT NOT NULL> NOT NULL")]),
    ],
)
def test_children_are_described_in_the_form_of_arrow(text, children):
    """A MULTISET is a MAP of counts."""
    described = describe_column("x", text)["children"]
    assert [(child["name"], child["type"]) for child in described] == children


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        ("BOOLEAN", False),
        ("BIGINT NOT NULL", 0),
        ("FLOAT", 0.0),
        ("DECIMAL(10, 2)", Decimal(0)),
        ("CHAR(3)", "a"),
        ("BYTES", b"\0"),
        ("DATE", EPOCH.date()),
        ("TIME(3)", EPOCH.time()),
        ("TIMESTAMP(9)", EPOCH),
        ("TIMESTAMP_LTZ(3)", EPOCH.replace(tzinfo=datetime.timezone.utc)),
        ("ARRAY<ARRAY<INT>>", [[0]]),
        ("MAP<STRING, ARRAY<DOUBLE>>", {"a": [0.0]}),
        ("MULTISET<STRING>", {"a": 0}),
        ("ROW<x INT, y ROW<z STRING>>", (0, ("a",))),
    ],
)
def test_sample_value_has_the_type_of_the_column(text, sample):
    """The warm-up predicts it, and most models rarely get NULL or empty values."""
    value = Field("a", text).sample_value
    assert value == sample
    assert type(value) is type(sample)


def test_field_of_any_type_can_be_kept_and_shown():
    """Java refuses other types with its own message, so that a Schema need not."""
    schema = Schema.parse("a INT, b INTERVAL DAY(3) TO SECOND(6) NOT NULL")
    assert Schema.from_json(schema.to_json()) == schema
    assert eval(repr(schema)) == schema
    assert schema["b"].type == "INTERVAL DAY(3) TO SECOND(6) NOT NULL"
    with pytest.raises(ValueError, match=r"type 'INTERVAL DAY.*: found 'INTERVAL' at character 1"):
        _ = schema["b"].nullable
