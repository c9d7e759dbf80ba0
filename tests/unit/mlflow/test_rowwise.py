# SPDX-License-Identifier: Apache-2.0
"""Models that take texts instead of a DataFrame predict the texts, and not names of columns."""

import mlflow.pyfunc
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pyflink_ml_embedded import ConversionError

from .models import opened, paths, predicted, save_sklearn

TEXTS = ["good film", "bad text", "good text", "bad film"]
LABELS = ["pos", "neg", "pos", "neg"]
ROWS = [("bad film",), ("good film",), ("good",), ("bad",)]


def texts_pipeline():
    """Returns a pipeline that takes a list of texts."""
    return make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)


def frame_pipeline(*columns):
    """Returns a pipeline that selects columns of a DataFrame."""
    select = ColumnTransformer([(name, TfidfVectorizer(), name) for name in columns])
    frame = pd.DataFrame(dict.fromkeys(columns, TEXTS))
    return make_pipeline(select, LogisticRegression()).fit(frame, LABELS)


@pytest.mark.parametrize("pipeline", [texts_pipeline, lambda: frame_pipeline("text")])
@pytest.mark.parametrize("signature", [None, infer_signature(pd.DataFrame({"text": TEXTS}))])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_pipelines_of_both_kinds_predict_the_texts(tmp_path, pipeline, signature, size):
    """Iterated as a mapping, a DataFrame gives the name of the column, 'text', for one row."""
    save_sklearn(tmp_path / "m", pipeline(), signature=signature)
    expected = ["neg", "pos", "pos", "neg"][:size]
    function = opened(tmp_path / "m", "text STRING", "label STRING")
    assert [label for (label,) in predicted(function, ROWS[:size])] == expected
    function = opened(tmp_path / "m", "text STRING", "label STRING")
    _, by_batch = paths(function)
    given = [tuple(row) for rows in by_batch.predict_batch(ROWS[:size]) for row in rows]
    assert given == [(label,) for label in expected]


def test_texts_may_be_a_series(tmp_path):
    """A pipeline that was trained with a column of a DataFrame uses its methods."""
    lower = FunctionTransformer(lambda texts: texts.str.lower())
    model = make_pipeline(lower, TfidfVectorizer(lowercase=False), LogisticRegression())
    save_sklearn(tmp_path / "m", model.fit(pd.Series(TEXTS), LABELS))
    function = opened(tmp_path / "m", "text STRING", "label STRING")
    assert predicted(function, [("BAD film",), ("Good",)]) == [("neg",), ("pos",)]


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_texts_of_several_columns_are_refused(tmp_path, rows):
    """With two columns, a batch of two rows would have two wrong results."""
    save_sklearn(tmp_path / "m", texts_pipeline())
    _, by_batch = paths(opened(tmp_path / "m", "bad STRING, good STRING", "label STRING"))
    with pytest.raises(ConversionError, match="predicts the names of the columns"):
        by_batch.predict_batch([("good", "good")] * rows)


def test_null_as_first_text_is_the_error_of_its_row(tmp_path):
    """The vectorizer refuses it, and the model still takes the texts of the next row."""
    save_sklearn(tmp_path / "m", texts_pipeline())
    by_row, _ = paths(opened(tmp_path / "m", "text STRING", "label STRING"))
    with pytest.raises(AttributeError, match="NoneType"):
        by_row((None,))
    assert tuple(*by_row(("bad film",))) == ("neg",)


def test_columns_of_text_are_predicted_as_a_frame(tmp_path):
    """ColumnTransformer selects columns of a DataFrame by name."""
    save_sklearn(tmp_path / "m", frame_pipeline("title", "body"))
    function = opened(tmp_path / "m", "title STRING, body STRING", "label STRING")
    assert predicted(function, [("bad", "bad film"), ("good", "x")]) == [("neg",), ("pos",)]


class Wrapped(mlflow.pyfunc.PythonModel):
    """A model that passes its input on."""

    def __init__(self, pipeline, select):
        self.pipeline, self.select = pipeline, select

    def predict(self, context, model_input, params=None):
        return self.pipeline.predict(self.select(model_input))


@pytest.mark.parametrize("select", [lambda data: data, lambda data: data["text"]])
def test_python_model_without_signature_predicts_the_texts(tmp_path, select):
    """Its author may have tested it with a list of texts."""
    model = Wrapped(texts_pipeline(), select)
    mlflow.pyfunc.save_model(str(tmp_path / "m"), python_model=model, pip_requirements=[])
    function = opened(tmp_path / "m", "text STRING", "label STRING")
    assert predicted(function, ROWS) == [("neg",), ("pos",), ("pos",), ("neg",)]


def test_python_model_for_single_requests_gets_its_frame(tmp_path):
    """It has one result for each call, and is not a model of texts."""

    class Single(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return [model_input["text"].iloc[0].upper()]

    mlflow.pyfunc.save_model(str(tmp_path / "m"), python_model=Single(), pip_requirements=[])
    function = opened(tmp_path / "m", "text STRING", "label STRING")
    by_row, _ = paths(function)
    assert [tuple(*by_row((text,))) for text in ("a", "b")] == [("A",), ("B",)]
