# SPDX-License-Identifier: Apache-2.0
"""The options of MlflowPredictFunction: model-config.* and predict-method."""

import mlflow.pyfunc
import pytest
from mlflow.types import ColSpec

from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from ..requests import make_request
from .models import Echo, opened, paths, predicted, save_python
from .test_loading import write_old_layout

CONFIG = {"name": "x", "limit": 3, "rate": 0.5, "flag": True, "stop": ["a"], "other": None}


class Configured(mlflow.pyfunc.PythonModel):
    """Predicts its configuration."""

    def predict(self, context, model_input, params=None):
        return [repr(sorted(context.model_config.items()))] * len(model_input)


def configured(path, **properties):
    """Returns the configuration that a model has with these properties."""
    save_python(path, Configured(), [ColSpec("double", "x")], model_config=CONFIG)
    function = opened(path, "x DOUBLE", "y STRING", **properties)
    return predicted(function, [(1.0,)])[0][0]


def test_properties_change_the_configuration(tmp_path):
    """Values have the types of the saved ones, which load_model would take from a dict."""
    given = {
        "model-config.name": "1",
        "model-config.limit": "7",
        "model-config.rate": "2",
        "model-config.flag": "false",
        "model-config.stop": '["b", "c"]',
    }
    expected = {"name": "1", "limit": 7, "rate": 2.0, "flag": False, "stop": ["b", "c"]}
    assert configured(tmp_path / "m", **given) == repr(sorted({**CONFIG, **expected}.items()))
    assert configured(tmp_path / "n") == repr(sorted(CONFIG.items()))


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"model-config.limit": "x"}, "'properties.model-config.limit' is 'x'; it must be JSON of"),
        ({"model-config.limit": "true"}, "of the type of the saved value, 3"),
        ({"model-config.flag": "1"}, "of the type of the saved value, true"),
        ({"model-config.limits": "1"}, "unknown option 'properties.model-config.limits'"),
    ],
)
def test_wrong_configuration_is_refused(tmp_path, properties, message):
    """MLflow ignores unknown keys with a warning."""
    with pytest.raises(ModelError) as caught:
        configured(tmp_path / "m", **properties)
    assert message in str(caught.value)


def test_own_loader_gets_the_configuration(tmp_path):
    """It is the second argument, as in MLflow."""
    write_old_layout(tmp_path / "m")
    (tmp_path / "m" / "code" / "loader.py").write_text(
        "class Model:\n"
        "    def __init__(self, config):\n"
        "        self.config = config\n\n"
        "    def predict(self, frame):\n"
        "        return [str(self.config)] * len(frame)\n\n\n"
        "def _load_pyfunc(path, config):\n"
        "    return Model(config)\n"
    )
    text = (tmp_path / "m" / "MLmodel").read_text()
    text = text.replace("    code: code\n", "    code: code\n    config:\n      limit: 3\n")
    (tmp_path / "m" / "MLmodel").write_text(text)
    properties = {"model-config.limit": "4"}
    model = open_function(make_request(tmp_path / "m", "x DOUBLE", "y STRING", properties))
    assert tuple(*model((1.0,))) == ("{'limit': 4}",)
    close_function(model)


class Streaming(mlflow.pyfunc.PythonModel):
    """Predicts a text, or a stream of its words."""

    def predict(self, context, model_input, params=None):
        return model_input["text"].tolist()

    def predict_stream(self, context, model_input, params=None):
        for number, word in enumerate(model_input["text"].split()):
            yield {"word": word, "number": number}


@pytest.mark.parametrize("rows", [1, 3])
def test_chunks_of_a_stream_are_rows(tmp_path, rows):
    """Each chunk belongs to its row, in a batch as well."""
    save_python(tmp_path / "m", Streaming(), [ColSpec("string", "text")])
    function = opened(
        tmp_path / "m",
        "text STRING",
        "word STRING, number INT",
        **{"predict-method": "predict_stream"},
    )
    texts = [("a b c",), ("",), ("d",)][:rows]
    expected = [[("a", 0), ("b", 1), ("c", 2)], [], [("d", 0)]][:rows]
    by_row, by_batch = paths(function)
    assert [[tuple(row) for row in by_row(text)] for text in texts] == expected
    given = by_batch.predict_batch(texts)
    assert [[tuple(row) for row in results] for results in given] == expected


def test_model_without_a_stream_is_refused(tmp_path):
    """The first row would be too late."""
    save_python(tmp_path / "m", Echo(lambda data, _: data), [ColSpec("double", "x")])
    with pytest.raises(ModelError, match="has no method 'predict_stream'"):
        opened(tmp_path / "m", "x DOUBLE", "y DOUBLE", **{"predict-method": "predict_stream"})
