# SPDX-License-Identifier: Apache-2.0
"""Plain functions as models, in each form that parameters and results can have."""
# ruff: noqa: D103

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Annotated, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt
import pydantic

from pyflink_ml_embedded import Row, predict_function


@dataclasses.dataclass
class Payment:
    """A row of INPUT."""

    amount: float
    country: str | None


@dataclasses.dataclass(kw_only=True)
class KeywordPayment:
    amount: float
    country: str | None


class TuplePayment(NamedTuple):
    amount: float
    country: str | None


class DictPayment(TypedDict):
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
