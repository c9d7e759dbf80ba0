# SPDX-License-Identifier: Apache-2.0
"""Arguments of Python become the options of CREATE MODEL, and one text of it."""

import datetime
import os
import sys
import types
from abc import ABC, abstractmethod
from pathlib import Path

import pytest

from pyflink_ml_embedded import Schema
from pyflink_ml_embedded._table.java_model import JavaModel, MissingModel
from pyflink_ml_embedded._table.options import model_options
from pyflink_ml_embedded._table.statement import create_statement


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"batch_size": 64}, "batch-size", "64"),
        ({"batch-size": "64"}, "batch-size", "64"),
        ({"warm_up": True}, "warm-up", "true"),
        ({"tap_ratio": 0.5}, "tap-ratio", "0.5"),
        ({"tap_directory": Path("/tap")}, "tap-directory", "/tap"),
        ({"predict_timeout": datetime.timedelta(seconds=2)}, "predict-timeout", "2000 ms"),
        ({"properties": {"my_limit": 3}}, "properties.my_limit", "3"),
        ({"python": {"executable": "/venv/bin/python"}}, "python.executable", "/venv/bin/python"),
        ({"properties.my_limit": "3"}, "properties.my_limit", "3"),
    ],
)
def test_argument_is_an_option(given, name, value):
    """Names of properties are those of the class, which may have underscores."""
    assert model_options("/models/m", given)[name] == value


def test_none_leaves_an_option_out():
    """A caller can pass on an argument that may be None."""
    assert set(model_options("/m", {"batch_size": None, "properties": {"a": None}})) == {
        "provider",
        "model-directory-path",
    }


@pytest.mark.parametrize(
    ("directory", "option"),
    [
        ("models/m", os.path.abspath("models/m")),
        (Path("/models/m"), "/models/m"),
        ("s3://bucket/m.tar.gz", "s3://bucket/m.tar.gz"),
        ("models:/fraud@champion", "models:/fraud@champion"),
    ],
)
def test_relative_directory_is_one_of_this_process(directory, option):
    """A TaskManager has another working directory."""
    assert model_options(directory, {})["model-directory-path"] == option


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"batch_size": [64]}, TypeError, "'batch-size' is a list; it must be a str, bool, int"),
        ({"provider": "openai"}, ValueError, "'provider' is given twice"),
        (
            {"properties": {"a": 1}, "properties.a": 2},
            ValueError,
            "'properties.a' is given twice",
        ),
    ],
)
def test_value_that_no_option_has_is_refused(given, error, message):
    """The error is raised where the user wrote it, and not where a query is planned."""
    with pytest.raises(error, match=message):
        model_options("/m", given)


def test_statement_quotes_names_and_values():
    """It would otherwise end at a quote in a path."""
    statement = create_statement(
        "`c`.`d`.`m`",
        Schema.parse("`a ``b` BIGINT NOT NULL, c DECIMAL(3, 1)"),
        Schema.parse("y ROW<z STRING>"),
        {"properties.text": "it's"},
        temporary=True,
        if_not_exists=True,
        comment="don't",
    )
    assert statement == (
        "CREATE TEMPORARY MODEL IF NOT EXISTS `c`.`d`.`m`\n"
        "INPUT (`a ``b` BIGINT NOT NULL, `c` DECIMAL(3, 1))\n"
        "OUTPUT (`y` ROW<z STRING>)\n"
        "COMMENT 'don''t'\n"
        "WITH (\n"
        "  'properties.text' = 'it''s'\n"
        ")"
    )


def test_model_of_flink_2_1_says_how_to_predict():
    """Its Java has no class for models."""
    model = JavaModel(MissingModel("2.1.3"))
    with pytest.raises(
        NotImplementedError,
        match=r"PyFlink 2.1.3 has no models in its Table API, which came with 2.2. .*ML_PREDICT",
    ):
        model.get_resolved_input_schema()


class StandIn(ABC):
    """The interface of ``pyflink.dataframe.ModelProvider`` in PyFlink 2.4."""

    @abstractmethod
    def provider_identifier(self):
        """Returns the identifier of a factory."""

    @abstractmethod
    def to_options(self):
        """Returns options as texts."""

    def model_option_key(self):
        """Returns the option that has the name of a model."""
        return "model"


@pytest.fixture
def dataframe(monkeypatch):
    """Returns the module that is imported with this function, in place of PyFlink's."""

    def dataframe(**attributes):
        module = types.ModuleType("pyflink.dataframe")
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, "pyflink.dataframe", module)
        monkeypatch.delitem(sys.modules, "pyflink_ml_embedded.dataframe", raising=False)
        import pyflink_ml_embedded.dataframe

        return pyflink_ml_embedded.dataframe

    yield dataframe
    sys.modules.pop("pyflink_ml_embedded.dataframe", None)


def test_provider_of_the_dataframe_api_has_the_options(dataframe):
    """PyFlink adds the provider's identifier, and sets the key to another model."""
    provider = dataframe(ModelProvider=StandIn).GenericPythonProvider("/m", batch_size=8)
    assert isinstance(provider, StandIn)
    assert provider.provider_identifier() == "generic-python"
    assert provider.to_options() == {"model-directory-path": "/m", "batch-size": "8"}
    provider.to_options().clear()
    assert provider.to_options()[provider.model_option_key()] == "/m"


def test_provider_needs_the_dataframe_api(dataframe):
    """The message says what to use instead."""
    with pytest.raises(ImportError, match=r"pyflink.dataframe.ModelProvider is missing.* Create"):
        dataframe()
