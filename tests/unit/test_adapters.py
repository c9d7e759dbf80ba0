# SPDX-License-Identifier: Apache-2.0
"""Code for Spark and Ray as models, opened and called as the JVM does."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyflink_ml_embedded import ModelError
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function
from pyflink_ml_embedded.adapters import (
    from_batch_callable,
    from_make_predict_fn,
    from_row_callable,
)

from .requests import make_request

MODELS = Path(__file__).parents[1] / "models"
NUMBERS = "a DOUBLE, b DOUBLE"
IMAGE = "image ARRAY<DOUBLE>, factor DOUBLE"


@pytest.fixture
def opened() -> Iterator[Callable[..., Any]]:
    """Returns a function that opens a class of adapted.py and returns what predicts batches."""
    paths = []

    def opened(name: str, inputs: str, outputs: str) -> Any:
        request = make_request(
            MODELS, inputs, outputs, python_class=f"adapted.{name}", batch_size=8
        )
        path = open_function(request)
        paths.append(path)
        return lambda rows: [tuple(row) for results in path.predict_batch(rows) for row in results]

    yield opened
    for path in paths:
        close_function(path)


def test_one_parameter_gets_all_columns_as_one_array(opened):
    """Spark's struct() and array() do so."""
    assert opened("Sum", NUMBERS, "total DOUBLE")([(1.0, 2.0), (3.0, 4.0)]) == [(3.0,), (7.0,)]


def test_each_parameter_gets_a_column_and_batches_are_cut(opened):
    """A model may have a limit that is smaller than the batch."""
    predict = opened("Product", NUMBERS, "product DOUBLE, `rows` BIGINT")
    assert predict([(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]) == [(2.0, 2), (12.0, 2), (30.0, 1)]


def test_list_of_dicts_is_rows(opened):
    """It is the third form that Spark takes."""
    predict = opened("Rows", NUMBERS, "product DOUBLE, `rows` BIGINT")
    assert predict([(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]) == [(2.0, 1), (12.0, 1), (30.0, 1)]


@pytest.mark.parametrize("name", ["Image", "SparseImage"])
def test_array_gets_its_shape_and_a_matrix_is_arrays(opened, name):
    """Tensors are flat in SQL."""
    predict = opened(name, IMAGE, "v ARRAY<DOUBLE>")
    image = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert predict([(image, 1.0), (image, 2.0)]) == [([5.0, 7.0, 9.0],), ([10.0, 14.0, 18.0],)]


def test_column_of_one_number_is_a_value(opened):
    """The last layer of a neural network has the shape (rows, 1)."""
    assert opened("Column", "x DOUBLE", "y DOUBLE")([(1.0,), (2.0,)]) == [(1.0,), (2.0,)]


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("Nothing", NUMBERS, "make_nothing returned NoneType. It must return the function that"),
        ("Sum", "a ARRAY<DOUBLE>, b DOUBLE", "has the parameters 'inputs', and INPUT .*'a', 'b'"),
        ("Product", "a DOUBLE", "returns has the parameters 'x1', 'x2', and INPUT has .* 'a'"),
        (
            "Image",
            "a DOUBLE, b DOUBLE",
            r"input_tensor_shapes has the shape .* column 'a', ",
        ),
        ("ScalarShape", IMAGE, r"shape \[1\] for column 'factor', which is DOUBLE"),
        ("BatchShape", IMAGE, r"shape \[-1, 2, 3\] .* without the dimension of the batch"),
    ],
)
def test_function_that_does_not_fit_input_is_refused(opened, name, inputs, message):
    """In Spark the first batch fails."""
    with pytest.raises(DescribedError, match=message):
        opened(name, inputs, "product DOUBLE")


@pytest.mark.parametrize(
    ("name", "image", "message"),
    [
        ("Image", [1.0], "column 'image': expected 6 elements, got ARRAYs of the lengths 1"),
        ("Image", None, "column 'image': NULL"),
        ("UnshapedImage", [1.0], "expected one length for all rows, got .* 1, 6"),
    ],
)
def test_array_of_another_length_is_refused(opened, name, image, message):
    """numpy's error does not name the column."""
    predict = opened(name, IMAGE, "v ARRAY<DOUBLE>")
    with pytest.raises(ValueError, match=message):
        predict([([0.0] * 6, 1.0), (image, 1.0)])


@pytest.mark.parametrize("name", ["Numpy", "Pandas", "Arrow", "Awaited", "ByRow", "AwaitedByRow"])
def test_callable_class_predicts(opened, name):
    """It is created once, with the arguments that Ray would pass."""
    assert opened(name, "x DOUBLE", "y DOUBLE")([(1.0,), (2.0,)]) == [(3.0,), (5.0,)]


def test_callable_of_rows_may_return_several(opened):
    """Ray's flat_map takes it."""
    assert opened("TwoRows", "x DOUBLE", "y DOUBLE")([(1.0,)]) == [(1.0,), (1.0,)]


class NoCall: ...


class Parts:
    def __call__(self, batch):
        yield batch


class Scale:
    def __init__(self, factor): ...
    def __call__(self, batch): ...


@pytest.mark.parametrize(
    ("adapt", "message"),
    [
        (lambda: from_make_predict_fn(None), "make_predict_fn is not a function"),
        (lambda: from_make_predict_fn(dict, batch_size=0), "batch_size is 0; it must be at least"),
        (lambda: from_batch_callable(len), "len is not a class. For a function use @predict_func"),
        (lambda: from_batch_callable(Parts), r"Parts\.__call__ has 'yield'.*Return all of them"),
        (lambda: from_batch_callable(NoCall), "NoCall has no method __call__"),
        (lambda: from_row_callable(Scale), r"Scale cannot be created: .*'factor'.*fn_constructor"),
        (lambda: from_batch_callable(Scale, batch_format="row"), "batch_format is 'row'; valid"),
    ],
)
def test_what_cannot_be_adapted_is_refused(adapt, message):
    """It is refused when its module is imported."""
    with pytest.raises(ModelError, match=message):
        adapt()
