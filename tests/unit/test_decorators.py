# SPDX-License-Identifier: Apache-2.0
"""Plain functions as models, opened and called as the JVM does."""
# ruff: noqa: D103

import dataclasses
import gc
import math
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from pyflink_ml_embedded import ModelError, Row, batch_predict_function, predict_function
from pyflink_ml_embedded._decorators import predict_class_of
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.loader import load_class
from pyflink_ml_embedded._runtime.open import close_function, open_function
from pyflink_ml_embedded._runtime.private_modules import PrivateModules

from .requests import make_request

MODELS = Path(__file__).parents[1] / "models"
PAYMENT = "amount DOUBLE NOT NULL, country STRING"
SCORE = "score DOUBLE, label STRING"


@pytest.fixture
def opened() -> Iterator[Callable[..., Any]]:
    """Returns a function that opens a function of decorated.py, and closes it after the test."""
    paths = []

    def opened(name: str, inputs: str = PAYMENT, outputs: str = SCORE, **changes: Any) -> Any:
        request = make_request(MODELS, inputs, outputs, python_class=f"decorated.{name}", **changes)
        paths.append(open_function(request))
        path = paths[-1]
        if "batch_size" not in changes:
            return lambda row: [tuple(result) for result in path(row)]
        return lambda rows: [tuple(row) for results in path.predict_batch(rows) for row in results]

    yield opened
    for path in paths:
        close_function(path)


@pytest.mark.parametrize(
    "name",
    [
        "by_parameter",
        "by_keyword",
        "other_order",
        "by_position",
        "variadic",
        "variadic_by_name",
        "row",
        "data_class",
        "keyword_class",
        "attrs_class",
        "named_tuple",
        "typed_dict",
        "pydantic_model",
        "as_tuple",
        "as_dict",
        "as_list",
        "as_iterator",
        "as_list_of_tuples",
        "awaited",
    ],
)
def test_each_form_of_parameters_and_results_predicts_a_row(opened, name):
    """The signature of a function that exists already need not change."""
    predict = opened(name)
    assert predict((3.0, "DE")) == [(1.5, "DE")]
    assert predict((3.0, None)) == [(1.5, None)]


@pytest.mark.parametrize(
    ("name", "column"), [("value", "any"), ("awaited_value", "any"), ("untyped_value", "score")]
)
def test_value_is_the_only_column(opened, name, column):
    """A hint has no name for it, so any is valid; a column list has one."""
    assert opened(name, outputs=f"{column} DOUBLE")((3.0, "DE")) == [(1.5,)]


def test_number_of_rows_is_that_of_the_results(opened):
    """None is a missing row where the result is a row, and NULL where it is a value."""
    assert opened("several_values", outputs="x DOUBLE")((4.0, "DE")) == [(2.0,), (1.0,)]
    assert opened("no_rows")((4.0, "DE")) == []
    assert opened("null", outputs="x DOUBLE")((4.0, "DE")) == [(None,)]


@pytest.mark.parametrize("name", ["doubled", "doubled_array"])
def test_hint_says_the_form_of_arrays(opened, name):
    """The class has the attribute array_format for this."""
    vector = "ARRAY<DOUBLE NOT NULL> NOT NULL"
    ((result,),) = opened(name, f"vector {vector}", f"v {vector}")(([1.0, 2.0],))
    assert list(result) == [2.0, 4.0]


def test_nested_rows_are_objects_too(opened):
    """An ARRAY or MAP of ROW, and one column that is a ROW among others."""
    payment = "ROW<amount DOUBLE NOT NULL, country STRING>"
    inputs = f"`order` ROW<payments ARRAY<{payment}>, by_name MAP<STRING, {payment}>>"
    predict = opened("nested", f"{inputs} NOT NULL, payment {payment}")
    order = ([(1.0, "DE"), (2.0, None)], {"a": (4.0, "FR")})
    assert predict((order, (8.0, "IT"))) == [(7.5, "4")]
    assert predict((([(1.0, "DE")], None), None)) == [(0.5, "1")]


@pytest.mark.parametrize("name", ["echo", "echo_batch"])
def test_values_of_every_type_pass_through_typed_rows(opened, name):
    """Rows and batches are converted by different code of C."""
    modules = PrivateModules.of(str(MODELS))
    columns = load_class(f"decorated.{name}", modules).declared_inputs
    modules.release()
    row = tuple(field.sample_value for field in columns)
    payment = (1.5, None)
    ((*values, found),) = opened(name, str(columns), str(columns))((*row[:-1], payment))
    assert tuple(values) == row[:-1]
    assert tuple(found) == payment


def test_class_of_a_function_can_be_pickled_for_pyflinks_worker():
    """as_udtf sends the class, whose name in the module is that of the function."""
    script = (
        "import cloudpickle, decorated, sys;"
        "sys.stdout.buffer.write(cloudpickle.dumps(decorated.data_class.predict_class))"
    )
    environment = {**os.environ, "PYTHONPATH": str(MODELS)}
    pickled = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True
    ).stdout
    script = (
        "import pickle, sys; from pyflink_ml_embedded import Row;"
        "print(pickle.load(sys.stdin.buffer)().predict(Row(amount=3.0, country='DE')))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        input=pickled,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert result.stdout == b"[Score(score=1.5, label='DE')]\n"


def test_rows_of_a_batch_are_predicted_one_by_one(opened):
    """The class and the option batch-size are independent."""
    predict_batch = opened("data_class", batch_size=2)
    assert predict_batch([(3.0, "DE"), (4.0, None)]) == [(1.5, "DE"), (2.0, None)]


@pytest.mark.parametrize(
    "name",
    [
        "arrow",
        "unhinted_frame",
        "frame",
        "record_batch",
        "table",
        "dict_of_arrays",
        "arrays",
        "series",
        "arrow_arrays",
        "objects",
        "rows",
        "awaited_objects",
    ],
)
def test_hint_says_the_form_of_a_batch(opened, name):
    """The class has the attribute batch_format for some of them."""
    predict_batch = opened(name, batch_size=4)
    assert predict_batch([(3.0, "DE"), (4.0, None)]) == [(1.5, "DE"), (2.0, None)]
    assert predict_batch([(5.0, "FR")]) == [(2.5, "FR")]


def test_batch_function_without_batch_size_gets_batches_of_one_row(opened):
    """The function and the option batch-size are independent."""
    assert opened("objects")((3.0, "DE")) == [(1.5, "DE")]


def test_elements_of_arrays_are_the_types_of_columns(opened):
    """NULL is NaN in floats, so these may be NULL."""
    predict_batch = opened("typed_arrays", "amount DOUBLE, `count` INT", "x DOUBLE", batch_size=4)
    (first,), (second,) = predict_batch([(3.0, 2), (None, 1)])
    assert first == 6.0
    assert math.isnan(second)


def test_one_array_for_several_columns_is_a_matrix(opened):
    """Models of numbers take one matrix."""
    predict_batch = opened("matrix", "a DOUBLE, b INT", "total DOUBLE", batch_size=4)
    assert predict_batch([(3.5, 2), (1.0, 1)]) == [(5.5,), (2.0,)]


def test_null_in_a_batch_is_that_of_its_row(opened):
    """The rows beside it are predicted."""
    predict_batch = opened("objects", "amount DOUBLE, country STRING", batch_size=4)
    with pytest.raises(ValueError, match=r"^column 'amount': NULL, and objects does not take None"):
        predict_batch([(1.0, "DE"), (None, "DE")])


@pytest.mark.parametrize("name", ["by_parameter", "data_class", "as_tuple", "awaited"])
def test_null_is_refused_where_the_hint_does_not_allow_none(opened, name):
    """INPUT is nullable where the columns of the table are, which is the default."""
    predict = opened(name, "amount DOUBLE, country STRING")
    assert predict((3.0, None)) == [(1.5, None)]
    with pytest.raises(ValueError, match=rf"^column 'amount': NULL, and {name} does not take None"):
        predict((None, "DE"))


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ("amount FLOAT, country STRING", SCORE, "data_class takes (`amount` DOUBLE NOT NULL, "),
        ("country STRING, amount DOUBLE", SCORE, "INPUT of the model is (`country` STRING, "),
        ("total DOUBLE, country STRING", SCORE, "change INPUT in CREATE MODEL"),
        ("amount DOUBLE", SCORE, "data_class takes"),
        (PAYMENT, "score DOUBLE, label INT", "data_class returns (`score` DOUBLE NOT NULL, "),
        (PAYMENT, "label STRING, score DOUBLE", "OUTPUT of the model is (`label` STRING, `sc"),
    ],
)
def test_columns_that_differ_are_refused_with_both_lists(opened, inputs, outputs, message):
    """Columns of one type would be swapped without an error."""
    with pytest.raises(DescribedError) as caught:
        opened("data_class", inputs, outputs)
    assert message in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_value_of_another_type_is_refused(opened):
    """Its name is free, and its type is not."""
    with pytest.raises(DescribedError, match=r"value returns \(DOUBLE NOT NULL\), and .*INT"):
        opened("value", outputs="x INT")


FUTURE = """
from __future__ import annotations
from dataclasses import dataclass
import helper
from pyflink_ml_embedded import predict_function

@dataclass
class Order:
    payments: list[helper.Payment]

@predict_function
def total(order: Order) -> helper.Total:
    return helper.Total(total=sum(payment.amount for payment in order.payments))
"""
HELPER = """
from __future__ import annotations
import pydantic

class Payment(pydantic.BaseModel):
    amount: float

class Total(pydantic.BaseModel):
    total: float
"""


def test_hints_that_are_texts_are_read_in_the_models_own_modules(write):
    """The modules of a model have private names, and two models may have the same ones."""
    directory = write(model=FUTURE, helper=HELPER)
    columns = ("payments ARRAY<ROW<amount DOUBLE>>", "total DOUBLE")
    path = open_function(make_request(directory, *columns, python_class="model.total"))
    assert [tuple(row) for row in path(([(1.0,), (2.0,)],))] == [(3.0,)]
    close_function(path)


@pytest.mark.parametrize("name", ["data_class", "objects"])
def test_closed_function_leaves_nothing(name):
    """The function, its class and its module refer to each other."""
    path = open_function(make_request(MODELS, PAYMENT, SCORE, python_class=f"decorated.{name}"))
    path((3.0, "DE"))
    function_class = weakref.ref(type(path.function))
    close_function(path)
    gc.collect()
    assert function_class() is None


def test_error_has_the_frames_of_the_function_only(opened):
    """The code that calls it is of no use to its author."""
    predict = opened("failing", "amount DOUBLE", "x DOUBLE")
    with pytest.raises(ValueError, match="no score") as caught:
        predict((1.0,))
    files = [entry.path.name for entry in caught.traceback]
    assert files[-1] == "decorated.py"


def test_function_without_decorator_is_refused(opened):
    """The message has the line that is missing."""
    with pytest.raises(DescribedError, match="write '@predict_function' above 'def not_decorated'"):
        opened("not_decorated")
    with pytest.raises(DescribedError, match=r"no class 'scor'; its Predict.* by_keyword, by_p"):
        opened("scor")


def test_decorated_function_stays_a_plain_function():
    """Unit tests of a user call it."""

    def score(amount: float) -> float:
        """Scores."""
        return amount / 2

    decorated = predict_function(score)
    assert decorated is score
    assert decorated(3.0) == 1.5
    assert predict_class_of(decorated).__doc__ == "Scores."
    assert predict_class_of(len) is None


def no_parameter() -> float:
    return 1.0


def no_hint(amount) -> float:
    return amount


def default(amount: float, factor: float = 2.0) -> float:
    return amount


def no_result_hint(amount: float):
    return amount


def no_type(amount: Any) -> float:
    return amount


def both_forms(a: list[float], b: npt.NDArray[np.float64]) -> float:
    return 0.0


def takes_row(data: Row) -> float:
    return 0.0


async def generator(amount: float) -> float:
    yield amount


@dataclasses.dataclass
class Computed:
    amount: float = dataclasses.field(init=False)


def computed(data: Computed) -> float:
    return 0.0


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (no_parameter, {}, "no_parameter has no parameters: it takes the columns of INPUT"),
        (no_hint, {}, r"parameter 'amount' of no_hint does not say its type: .* inputs='\.\.\.'"),
        (default, {}, "parameter 'factor' of default has a default, so it may be a column or not"),
        (no_result_hint, {}, "no_result_hint does not say what it returns: .*'-> float'"),
        (no_type, {}, "parameter 'amount' of no_type: the hint Any does not say a SQL type"),
        (both_forms, {}, "both_forms has hints for lists and for arrays of numpy"),
        (takes_row, {}, "takes_row takes a Row, which does not say its columns"),
        (computed, {}, "Computed cannot be created of its fields 'amount': got an unexpected"),
        (generator, {}, "generator has both 'async def' and 'yield'"),
        (no_hint, {"inputs": "amount"}, "inputs: 'amount' in 'amount' is not a column"),
        (no_hint, {"inputs": "amount DUBLE"}, "inputs: type 'DUBLE' cannot be read"),
        (
            no_hint,
            {"inputs": "a INT, b INT"},
            r"the parameters of no_hint are .*are 'a', 'b'",
        ),
        (default, {"inputs": "amount INT, b INT"}, "Give each column a parameter of its name"),
        (computed, {"inputs": "total INT"}, "fields of Computed are 'amount', .* are 'total'"),
        (Computed, {}, "predict_function is for functions, not for Computed: write it above 'def'"),
        (no_hint, {"inputs": [1]}, "inputs is list; valid are a column list as in CREATE MODEL"),
    ],
)
def test_function_whose_columns_are_not_clear_is_refused(function, arguments, message):
    """It is refused when its module is imported, in the user's own tests too."""
    with pytest.raises(ModelError, match=message):
        predict_function(**arguments)(function)


def unhinted(batch):
    return batch


def frame(batch: pd.DataFrame):
    return batch


def mixed(a: pd.Series, b: np.ndarray):
    return a


def unhinted_columns(a, b):
    return a


def bare_array(a: np.ndarray):
    return a


def text(batch: str):
    return batch


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (unhinted, {}, "unhinted takes a batch whose columns its hint does not say"),
        (frame, {"inputs": "a INT"}, "frame does not say the columns of its results"),
        (frame, {"inputs": "a INT", "outputs": "a INT", "batch_format": "arrow"}, "say another"),
        (mixed, {"inputs": "a INT, b INT"}, r"parameters of mixed are .*Valid for a batch are"),
        (unhinted_columns, {"inputs": "a INT, b INT"}, r"of unhinted_columns are \(a, b\)\. Valid"),
        (bare_array, {}, r"parameter 'a' of bare_array .*: write NDArray\[numpy\.float64\]"),
        (bare_array, {"inputs": "a INT, b STRING"}, "'a', 'b' in one parameter, .* be a matrix"),
        (text, {"inputs": "a INT"}, r"parameters of text are \(batch: str\)"),
    ],
)
def test_batch_function_whose_form_is_not_clear_is_refused(function, arguments, message):
    """Each form that is valid is in the message."""
    with pytest.raises(ModelError, match=message):
        batch_predict_function(**arguments)(function)
