# SPDX-License-Identifier: Apache-2.0
"""Warnings that a model turns into errors are warnings again after its close."""

import warnings

import pytest

from pyflink_ml_embedded import Row
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

MODEL = """
import warnings
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def open(self, context):
        if context.properties.get("in_predict"):
            return
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="kept")
        if context.properties.get("fails"):
            raise OSError

    def predict(self, data):
        if self.init_properties.get("in_predict"):
            warnings.simplefilter("error", ResourceWarning)
            return [0.0]
        warnings.warn("old")
        return [1.0]
"""


@pytest.fixture(autouse=True)
def own_filters():
    """Keeps the filters of the test run."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        yield


def make(directory, model="fraud", **properties):
    """Returns the request to open the model of this name."""
    (directory / "model.py").write_text(MODEL)
    return make_request(
        directory, "x DOUBLE", "y DOUBLE", properties, model=model, python_class="model.Model"
    )


def actions():
    """Returns the actions of the present filters."""
    return [entry[0] for entry in warnings.filters]


def test_filter_is_in_force_until_the_last_function_of_the_model_closes(tmp_path):
    """The second function finds the filter of the first."""
    first, second = (open_function(make(tmp_path)) for _ in range(2))
    close_function(first)
    with pytest.raises(UserWarning, match="old"):
        second(Row(1.0))
    close_function(second)
    assert actions() == ["ignore"]  # libraries add such filters when they are imported, once


def test_filter_of_another_model_stays(tmp_path):
    """Both have asked for it."""
    warnings.simplefilter("error", ResourceWarning)
    close_function(open_function(make(tmp_path)))
    assert actions() == ["ignore", "error"]


def test_filter_that_predict_has_added_is_removed(tmp_path):
    """A library may be imported there for the first time."""
    opened = open_function(make(tmp_path, in_predict="yes"))
    opened(Row(1.0))
    assert actions() == ["error"]
    close_function(opened)
    assert actions() == []


def test_filter_of_another_open_model_stays(tmp_path):
    """It has asked for it, and predicts on."""
    other = open_function(make(tmp_path, model="other"))
    close_function(open_function(make(tmp_path)))
    assert actions() == ["ignore", "error"]
    close_function(other)
    assert actions() == ["ignore"]


def test_failed_open_leaves_no_filter(tmp_path):
    """Its model never closes."""
    with pytest.raises(DescribedError):
        open_function(make(tmp_path, fails="yes"))
    assert actions() == ["ignore"]
