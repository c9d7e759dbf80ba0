# SPDX-License-Identifier: Apache-2.0
"""Plain functions as models, in each form that parameters and results can have."""
# ruff: noqa: D103

import asyncio
import dataclasses
import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, NamedTuple, TypedDict

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pydantic

from pyflink_ml_embedded import Row, batch_predict_function, predict_function


@dataclasses.dataclass
class Payment:
    """A row of INPUT."""

    amount: float
    country: str | None


@dataclasses.dataclass
class KeywordPayment:
    currency: dataclasses.InitVar[str] = "EUR"
    _: dataclasses.KW_ONLY
    amount: float
    country: str | None


class TuplePayment(NamedTuple):
    amount: float
    country: str | None


class DictPayment(TypedDict):
    amount: float
    country: str | None


@attrs.define
class AttrsPayment:
    amount: float
    country: str | None


class ModelPayment(pydantic.BaseModel):
    amount: Annotated[float, pydantic.Field(alias="Amount in EUR", ge=0)]
    country: str | None


@dataclasses.dataclass
class Score:
    """A row of OUTPUT."""

    score: float
    label: str | None


class ModelScore(pydantic.BaseModel):
    score: float
    label: str | None


def _score(amount, country):
    return Score(amount / 2, country)


@predict_function
def by_parameter(amount: float, country: str | None) -> Score:
    return _score(amount, country)


@predict_function
def by_keyword(*, amount: float, country: str | None) -> Score:
    return _score(amount, country)


@predict_function(inputs="amount DOUBLE NOT NULL, country STRING")
def other_order(country, amount, digits=1) -> Score:
    return _score(round(amount, digits), country)


@predict_function(inputs="amount DOUBLE NOT NULL, country STRING")
def by_position(first, second, /) -> Score:
    return _score(first, second)


@predict_function(inputs="amount DOUBLE NOT NULL, country STRING")
def variadic(*args) -> Score:
    return _score(*args)


@predict_function(inputs="amount DOUBLE NOT NULL, country STRING")
def variadic_by_name(**columns) -> Score:
    return _score(**columns)


@predict_function(inputs="amount DOUBLE NOT NULL, country STRING")
def row(data: Row) -> Score:
    return _score(data.amount, data.country)


@predict_function
def data_class(payment: Payment) -> Score:
    assert type(payment) is Payment
    return _score(payment.amount, payment.country)


@predict_function
def keyword_class(payment: KeywordPayment) -> Score:
    assert type(payment) is KeywordPayment
    return _score(payment.amount, payment.country)


@predict_function
def attrs_class(payment: AttrsPayment) -> Score:
    assert type(payment) is AttrsPayment
    return _score(payment.amount, payment.country)


@predict_function
def named_tuple(payment: TuplePayment) -> Score:
    assert type(payment) is TuplePayment
    return _score(payment.amount, payment.country)


@predict_function
def typed_dict(payment: DictPayment) -> Score:
    return _score(payment["amount"], payment["country"])


@predict_function
def pydantic_model(payment: ModelPayment) -> ModelScore:
    assert type(payment) is ModelPayment
    return ModelScore(score=payment.amount / 2, label=payment.country)


@predict_function(inputs=Payment, outputs="score DOUBLE, label STRING")
def as_tuple(amount, country):
    return amount / 2, country


@predict_function(inputs=Payment, outputs=Score)
def as_dict(amount, country):
    return {"label": country, "score": amount / 2}


@predict_function
def as_list(payment: Payment) -> list[Score]:
    return [_score(payment.amount, payment.country)]


@predict_function
def as_iterator(payment: Payment) -> Iterator[Score]:
    yield _score(payment.amount, payment.country)


@predict_function(inputs=Payment, outputs="score DOUBLE, label STRING")
def as_list_of_tuples(amount, country) -> list[tuple]:
    return [(amount / 2, country)]


@predict_function
async def awaited(payment: Payment) -> Score:
    await asyncio.sleep(0)
    return _score(payment.amount, payment.country)


@predict_function
def value(amount: float, country: str | None) -> float:
    return amount / 2


@predict_function(inputs=Payment, outputs="score DOUBLE")
def untyped_value(amount, country):
    return amount / 2


@predict_function
async def awaited_value(payment: TuplePayment) -> float:
    await asyncio.sleep(0)
    return payment.amount / 2


@predict_function
def several_values(payment: Payment) -> Iterator[float]:
    yield payment.amount / 2
    yield payment.amount / 4


@predict_function
def no_rows(payment: Payment) -> Score | None:
    return None


@predict_function
def null(payment: Payment) -> float | None:
    return None


@predict_function
def doubled(vector: list[float]) -> list[float]:
    return [2 * x for x in vector]


@predict_function
def doubled_array(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    assert type(vector) is np.ndarray
    return 2 * vector


@dataclasses.dataclass
class Order:
    payments: list[Payment]
    by_name: dict[str, TuplePayment] | None


@predict_function
def nested(order: Order, payment: Payment | None) -> Score:
    assert all(type(inner) is Payment for inner in order.payments)
    payments = [*order.payments, *(order.by_name or {}).values(), *([payment] if payment else [])]
    return _score(sum(inner.amount for inner in payments), str(len(payments)))


@predict_function
def failing(amount: float) -> float:
    raise ValueError("no score")


def not_decorated(amount: float) -> float:
    return amount


@dataclasses.dataclass
class AllTypes:
    """A field of each type that a hint can be."""

    flag: bool
    count: int
    ratio: np.float32
    text: str
    data: bytes
    day: datetime.date
    clock: datetime.time
    moment: datetime.datetime
    price: Annotated[Decimal, "DECIMAL(10, 2)"]
    zoned: Annotated[datetime.datetime, "TIMESTAMP_LTZ(3)"]
    labels: list[str | None]
    weights: dict[str, float]
    payment: Payment | None


@predict_function
def echo(row: AllTypes) -> AllTypes:
    return row


# Batches


@batch_predict_function
def echo_batch(rows: list[AllTypes]) -> list[AllTypes]:
    return rows


@batch_predict_function(inputs=Payment, outputs=Score)
def arrow(batch):
    assert type(batch) is pa.RecordBatch
    return [pc.divide(batch["amount"], 2.0), batch["country"]]


@batch_predict_function(inputs=Payment, outputs=Score, batch_format="pandas")
def unhinted_frame(batch):
    return {"score": batch["amount"] / 2, "label": batch["country"]}


@batch_predict_function(inputs=Payment, outputs=Score)
def frame(batch: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"label": batch["country"], "score": batch["amount"] / 2})


@batch_predict_function(inputs=Payment, outputs=Score)
def record_batch(batch: pa.RecordBatch):
    return arrow(batch)


@batch_predict_function(inputs=Payment, outputs=Score)
def table(batch: pa.Table) -> pa.Table:
    assert type(batch) is pa.Table
    return batch.set_column(0, "amount", pc.divide(batch["amount"], 2.0)).rename_columns(
        ["score", "label"]
    )


@batch_predict_function(inputs=Payment, outputs=Score)
def dict_of_arrays(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {"score": batch["amount"] / 2, "label": batch["country"]}


@batch_predict_function(inputs=Payment, outputs=Score)
def arrays(country: np.ndarray, amount: np.ndarray) -> dict[str, np.ndarray]:
    return {"score": amount / 2, "label": country}


@batch_predict_function(inputs=Payment, outputs=Score)
def series(amount: pd.Series, *, country: pd.Series) -> dict[str, pd.Series]:
    return {"score": amount / 2, "label": country}


@batch_predict_function(inputs=Payment, outputs=Score)
def arrow_arrays(first: pa.Array, second: pa.Array):
    return [pc.divide(first, 2.0), second]


@batch_predict_function
def objects(payments: list[Payment]) -> list[Score]:
    assert all(type(payment) is Payment for payment in payments)
    return [_score(payment.amount, payment.country) for payment in payments]


@batch_predict_function(inputs=Payment, outputs=Score)
def rows(payments: list[Row]):
    return [(payment.amount / 2, payment["country"]) for payment in payments]


@batch_predict_function
async def awaited_objects(payments: list[ModelPayment]) -> list[ModelScore]:
    await asyncio.sleep(0)
    return [pydantic_model(payment) for payment in payments]


@batch_predict_function
def typed_arrays(
    amount: npt.NDArray[np.float64], count: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    return amount * count


@batch_predict_function(inputs="a DOUBLE, b INT", outputs="total DOUBLE")
def matrix(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    assert features.dtype == np.float32
    return features.sum(axis=1)
