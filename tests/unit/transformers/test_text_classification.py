# SPDX-License-Identifier: Apache-2.0
"""Labels of a text are those of transformers' own pipeline."""

import math
import textwrap

import pytest
import torch
import transformers

from pyflink_ml_embedded._exceptions import DescribedError

from .reference import RANKED, TEXTS, pipeline, ranked, values, weights_of


@pytest.mark.parametrize("text", TEXTS)
def test_row_is_classified_as_the_pipeline_does(opened, classifier, text):
    """The scores are the same, bit for bit, also for an empty text."""
    path = opened(classifier, "text STRING", RANKED)
    expected = ranked(pipeline("text-classification", classifier)(text, top_k=None))
    assert values(path([text])) == [expected]
    best = pipeline("text-classification", classifier)(text)[0]
    assert [expected[0], expected[1]] == [best["label"], best["score"]]


def test_batch_is_classified_as_the_pipeline_does(opened, classifier):
    """One call of the model takes all rows, padded to one length."""
    path = opened(classifier, "text STRING", RANKED, batch_size=8)
    found = pipeline("text-classification", classifier)(TEXTS, top_k=None, batch_size=len(TEXTS))
    expected = [ranked(one) for one in found]
    assert [values(rows) for rows in path.predict_batch([[text] for text in TEXTS])] == [
        [row] for row in expected
    ]
    one_by_one = opened(classifier, "text STRING", RANKED)
    for text, row in zip(TEXTS, expected, strict=True):
        ((label, score, _, scores),) = one_by_one([text])
        assert label == row[0]
        assert [score, *scores] == pytest.approx([row[1], *row[3]], abs=1e-5)


def test_batch_is_one_call_of_the_model(opened, classifier):
    """Otherwise a batch would not be faster than single rows."""
    path = opened(classifier, "text STRING", "label STRING", batch_size=8)
    shapes = []
    weights_of(path).register_forward_hook(lambda *call: shapes.append(call[2].logits.shape))
    path.predict_batch([[text] for text in TEXTS])
    assert shapes == [(len(TEXTS), 3)]


def test_columns_are_filled_by_name(opened, classifier):
    """Columns have any order and letter case; a column named like a label has its score."""
    outputs = "positive FLOAT, Score DOUBLE, NEGATIVE DOUBLE NOT NULL"
    found = pipeline("text-classification", classifier)(TEXTS[0], top_k=None)
    scores = {one["label"]: one["score"] for one in found}
    (row,) = opened(classifier, "text STRING", outputs)([TEXTS[0]])
    assert list(row) == [scores["POSITIVE"], max(scores.values()), scores["NEGATIVE"]]


@pytest.mark.parametrize("label", ["score", "other"])
def test_name_of_two_results_is_refused(opened, save, label):
    """A column would get one of them by chance."""
    directory = save("BertForSequenceClassification", (label, "other"))
    with pytest.raises(DescribedError, match=rf"several results have the name '{label}'"):
        opened(directory, "text STRING", f"{label} DOUBLE")
    assert len(opened(directory, "text STRING", "label STRING")([TEXTS[0]])) == 1


def test_top_k_bounds_labels_and_scores(opened, classifier):
    """The property is the pipeline's argument of that name."""
    path = opened(classifier, "text STRING", "labels ARRAY<STRING>, scores ARRAY<FLOAT>", top_k="2")
    found = pipeline("text-classification", classifier)(TEXTS[0], top_k=2)
    assert values(path([TEXTS[0]])) == [ranked(found)[2:]]


@pytest.mark.parametrize(
    ("inputs", "row"),
    [
        ("text STRING, text_pair STRING", ("a film", "was good")),
        ("text_pair STRING, text STRING", ("was good", "a film")),
        ("Text_Pair STRING, TEXT STRING", ("was good", "a film")),
        ("title STRING, body VARCHAR(100)", ("a film", "was good")),
    ],
)
def test_second_text_belongs_to_the_first(opened, classifier, inputs, row):
    """Columns are matched by the pipeline's names, otherwise by position."""
    pair = {"text": "a film", "text_pair": "was good"}
    expected = ranked(pipeline("text-classification", classifier)(pair, top_k=None))
    assert values(opened(classifier, inputs, RANKED)(row)) == [expected]
    batch = opened(classifier, inputs, RANKED, batch_size=2).predict_batch([row, row])
    assert [label for ((label, *_),) in batch] == [expected[0]] * 2


def test_nli_model_classifies_texts_unless_asked(opened, nli):
    """The architecture of the model is that of a classifier."""
    path = opened(nli, "text STRING, text_pair STRING", "entailment DOUBLE")
    pair = {"text": "a film", "text_pair": "a bad film"}
    found = pipeline("text-classification", nli)(pair, top_k=None)
    (row,) = path(["a film", "a bad film"])
    assert row[0] == next(one["score"] for one in found if one["label"] == "entailment")


def test_nan_is_passed_on(opened, classifier, copy):
    """NaN is a result of the model like any other."""
    directory = copy(classifier)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(directory)
    with torch.no_grad():
        model.classifier.bias.fill_(math.nan)
    model.save_pretrained(directory)
    ((score,),) = opened(directory, "text STRING", "score DOUBLE")([TEXTS[0]])
    assert math.isnan(score)


SENTIMENT = """
    from typing import List

    from pyflink_ml_embedded import PredictFunction, Row


    class HuggingFaceSentimentPredictFunction(PredictFunction):
        def open(self, context):
            super().open(context)
            from transformers import pipeline

            self.threshold = float(self.init_properties.get("threshold", 0.5))
            self.classifier = pipeline("sentiment-analysis", model=self.model_directory)

        def predict(self, data: Row) -> List[Row]:
            text = data[0] if len(data) > 0 else ""
            result = self.classifier(text)[0]
            sentiment = result["label"]
            if result["score"] < self.threshold:
                sentiment = "UNSURE"
            return [Row(sentiment, result["score"])]
"""


@pytest.mark.parametrize(("threshold", "unsure"), [("0.0", False), ("1.1", True)])
def test_sentiment_example_of_flip_552_runs(opened, classifier, copy, threshold, unsure):
    """Users can run the class of FLIP-552 unchanged with a local directory."""
    directory = copy(classifier)
    (directory / "sentiment.py").write_text(textwrap.dedent(SENTIMENT))
    path = opened(
        directory,
        "text STRING",
        "sentiment STRING, confidence DOUBLE",
        python_class="sentiment.HuggingFaceSentimentPredictFunction",
        threshold=threshold,
    )
    expected = pipeline("text-classification", classifier)(TEXTS[0])[0]
    label = "UNSURE" if unsure else expected["label"]
    assert values(path([TEXTS[0]])) == [[label, expected["score"]]]
