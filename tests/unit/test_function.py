# SPDX-License-Identifier: Apache-2.0
"""PredictFunction and PredictContext, as subclasses use them."""

import json

import pytest

from pyflink_ml_embedded import ModelError, PredictContext, PredictFunction, Row, Schema

CONFIG = json.dumps(
    {
        "model_directory_path": "/models/fraud",
        "python_class_name": "fraud.FraudModel",
        "properties": {"threshold": "0.7"},
        "input_schema": Schema.parse("amount DOUBLE").to_json(),
        "output_schema": Schema.parse("score DOUBLE").to_json(),
    }
)


class Flip552Model(PredictFunction):
    """Written as FLIP-552's examples are."""

    def open(self, context):
        super().open(context)
        self.threshold = float(self.init_properties.get("threshold", 0.5))

    def predict(self, data: Row) -> list[Row]:
        return [Row(data[0] * self.threshold)]


class ModelWithConstructor(PredictFunction):
    """Has a constructor that does not call the base class's."""

    def __init__(self):
        self.own = 1

    def predict(self, data):
        return None


def test_function_of_flip_552_runs_unchanged():
    """Source compatibility is promised."""
    function = Flip552Model()
    function.set_model_config(CONFIG)
    function.open(None)
    assert function.predict(Row(2.0)) == [Row(1.4)]
    function.close()


@pytest.mark.parametrize("make", [Flip552Model, ModelWithConstructor])
def test_attributes_are_set_by_the_configuration(make):
    """They must be there without super().__init__()."""
    function = make()
    function.set_model_config(CONFIG)
    assert function.model_config_json == CONFIG
    assert function.model_directory == "/models/fraud"
    assert function.init_properties == {"threshold": "0.7"}
    assert function.input_schema.names == ["amount"]
    assert function.output_schema.names == ["score"]


def test_configuration_of_one_object_is_not_seen_by_another():
    """The defaults are attributes of the class."""
    configured, other = Flip552Model(), Flip552Model()
    configured.set_model_config(CONFIG)
    assert not hasattr(other, "init_properties")


@pytest.mark.parametrize(
    "attribute",
    ["model_config_json", "model_directory", "init_properties", "input_schema", "output_schema"],
)
def test_attribute_that_is_read_in_the_constructor_is_reported(attribute):
    """None would fail later: 'NoneType' object is not subscriptable."""

    class Early(Flip552Model):
        def __init__(self):
            getattr(self, attribute).upper()

    with pytest.raises(ModelError, match=rf"Early\.{attribute} is not set yet.* read it in open"):
        Early()


def test_function_without_schemas_has_no_sample_row():
    """A class may override ``set_model_config`` for the form of another provider."""
    assert Flip552Model().warm_up_row() is None


def test_missing_property_is_named_as_its_option():
    """The KeyError says neither where the key belongs nor which ones there are."""
    function = Flip552Model()
    function.set_model_config(CONFIG)
    message = (
        r"option 'properties\.limit' is not set, .* Set are: 'properties\.threshold'\. "
        r"Add 'properties\.limit' = .* or read it with \.get\('limit', default\)"
    )
    with pytest.raises(ModelError, match=message):
        function.init_properties["limit"]
    with pytest.raises(KeyError):
        function.init_properties["limit"]


def test_sparse_configuration_is_accepted():
    """Another provider may have neither directory nor properties."""
    function = ModelWithConstructor()
    function.set_model_config("{}")
    assert function.model_directory is None
    assert function.init_properties == {}


def test_class_without_predict_cannot_be_instantiated():
    """The error is raised before the first row."""

    class Incomplete(PredictFunction):
        pass

    with pytest.raises(TypeError, match="predict"):
        Incomplete()


def test_context_answers_like_a_function_context():
    """Code of a PyFlink function uses these names."""
    schema = Schema.parse("a INT")
    context = PredictContext("m", None, {"threshold": "0.7"}, schema, schema, 1, 4)
    assert context.get_index_of_this_subtask() == context.subtask_index == 1
    assert context.get_number_of_parallel_subtasks() == context.parallelism == 4
    assert context.get_job_parameter("threshold", "0") == "0.7"
    assert context.get_job_parameter("absent", "0") == "0"
