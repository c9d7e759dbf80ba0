# SPDX-License-Identifier: Apache-2.0
"""The columns of classes with type hints."""

import collections
import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, NewType, Optional, TypedDict

import attrs
import numpy as np
import numpy.typing as npt
import pydantic
import pytest
from native.columns import open_function

from pyflink_ml_embedded import ModelError, Schema
from pyflink_ml_embedded._hints import columns_from_hint
from pyflink_ml_embedded._schema import describe_column

UserId = NewType("UserId", int)


class Point(NamedTuple):
    x: float
    y: float | None


@dataclasses.dataclass
class Node:
    value: int
    following: "Node | None"


@dataclasses.dataclass
class TypeChecking:
    value: "Missing"  # noqa: F821


class Some(TypedDict, total=False):
    value: int


def with_field(hint: Any) -> type:
    """Returns a dataclass with one field."""
    return dataclasses.make_dataclass("Payment", [("value", hint)])


@pytest.mark.parametrize(
    ("hint", "sql_type"),
    [
        (bool, "BOOLEAN NOT NULL"),
        (int, "BIGINT NOT NULL"),
        (float, "DOUBLE NOT NULL"),
        (str, "STRING NOT NULL"),
        (bytes, "BYTES NOT NULL"),
        (datetime.date, "DATE NOT NULL"),
        (datetime.time, "TIME(0) NOT NULL"),
        (datetime.datetime, "TIMESTAMP(6) NOT NULL"),
        (UserId, "BIGINT NOT NULL"),
        (float | None, "DOUBLE"),
        (Optional[float], "DOUBLE"),  # noqa: UP045
        (list[float], "ARRAY<DOUBLE NOT NULL> NOT NULL"),
        (Sequence[float | None] | None, "ARRAY<DOUBLE>"),
        (dict[str, int], "MAP<STRING NOT NULL, BIGINT NOT NULL> NOT NULL"),
        (Mapping[str, list[int]], "MAP<STRING NOT NULL, ARRAY<BIGINT NOT NULL> NOT NULL> NOT NULL"),
        (Point, "ROW<`x` DOUBLE NOT NULL, `y` DOUBLE> NOT NULL"),
        (list[Point] | None, "ARRAY<ROW<`x` DOUBLE NOT NULL, `y` DOUBLE> NOT NULL>"),
        (np.bool_, "BOOLEAN NOT NULL"),
        (np.int8, "TINYINT NOT NULL"),
        (np.int16, "SMALLINT NOT NULL"),
        (np.int32, "INT NOT NULL"),
        (np.int64, "BIGINT NOT NULL"),
        (np.float32, "FLOAT NOT NULL"),
        (np.float64, "DOUBLE NOT NULL"),
        (np.str_, "STRING NOT NULL"),
        (npt.NDArray[np.float32], "ARRAY<FLOAT NOT NULL> NOT NULL"),
        (Annotated[Decimal, "DECIMAL(10, 2)"], "DECIMAL(10, 2) NOT NULL"),
        (Annotated[Decimal | None, "DECIMAL(10, 2)"], "DECIMAL(10, 2)"),
        (Annotated[Decimal, "decimal(10, 2) not null"] | None, "DECIMAL(10, 2)"),
        (Annotated[float, 3, "FLOAT"], "FLOAT NOT NULL"),
        (Annotated[Any, "MULTISET<STRING>"], "MULTISET<STRING> NOT NULL"),
        (Annotated[float, 3], "DOUBLE NOT NULL"),
    ],
    ids=str,
)
def test_hint_has_one_sql_type_that_the_runtime_takes(hint, sql_type):
    """What create_model writes must be what a function can be opened with."""
    columns = columns_from_hint(with_field(hint))
    assert columns == f"`value` {sql_type}"
    fields = [describe_column(field.name, field.type) for field in Schema.parse(columns)]
    row = Schema.parse(columns).sample_row
    assert len(open_function(lambda row: [row], fields, fields)(row)) == 1


@dataclasses.dataclass
class DataClass:
    amount: float
    country: str | None


class Tuple(NamedTuple):
    amount: float
    country: str | None = None


class Dict(TypedDict):
    amount: float
    country: str | None


@attrs.define
class Attrs:
    amount: float
    country: str | None


class Model(pydantic.BaseModel):
    amount: Annotated[float, pydantic.Field(gt=0)]
    country: str | None = pydantic.Field(None, max_length=2)

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> float:
        return 2 * self.amount


class TextModel(pydantic.BaseModel):
    country: Annotated[str, "CHAR(2)"]


@pytest.mark.parametrize("record_class", [DataClass, Tuple, Dict, Attrs, Model])
def test_fields_of_each_kind_of_class_are_columns(record_class):
    """A user keeps the classes that the application already has."""
    assert columns_from_hint(record_class) == "`amount` DOUBLE NOT NULL, `country` STRING"


def test_pydantic_field_gives_its_sql_type():
    """pydantic takes Annotated apart."""
    assert columns_from_hint(TextModel) == "`country` CHAR(2) NOT NULL"


@pytest.mark.parametrize(
    ("hint", "message"),
    [
        (float, "float has no fields with hints: give a dataclass"),
        (dict[str, int], r"dict\[str, int\] has no fields with hints"),
        (with_field(Decimal), "field 'value' of Payment: the hint Decimal .* Annotated.*DECIMAL"),
        (with_field(list), "field 'value' of Payment: the hint list does not say the type of its"),
        (with_field(int | str), r"hint int \| str has no fields or several classes"),
        (with_field(Any), "the hint Any does not say a SQL type. Valid are bool, int"),
        (with_field(np.uint8), "the hint uint8 does not say a SQL type"),
        (with_field(set[int]), r"the hint set\[int\] does not say a SQL type"),
        (with_field(np.ndarray), "the hint ndarray does not say a SQL type"),
        (
            with_field(Annotated[int, "DOUBLE"]),
            "DOUBLE is of the class float .* not int",
        ),
        (with_field(Annotated[int, "INTT"]), "field 'value' of Payment, .* 'INTT' cannot be read"),
        (with_field(list[with_field(Any)]), "field 'value' of Payment: the hint Any"),
        (Node, "Node contains itself"),
        (TypeChecking, "hints of TypeChecking cannot be read: name 'Missing' is not defined"),
        (Some, r"Some: the keys \['value'\] may be missing"),
        (collections.namedtuple("Bare", "value"), "field 'value' of Bare has no type hint"),
    ],
    ids=str,
)
def test_hint_without_one_sql_type_is_refused(hint, message):
    """A guess would be wrong for some rows only."""
    with pytest.raises(ModelError, match=message):
        columns_from_hint(hint)
