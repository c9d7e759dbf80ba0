# SPDX-License-Identifier: Apache-2.0
"""Texts longer than the model's limit are truncated, or fail their row."""

import pytest
import transformers

from pyflink_ml_embedded import ConversionError

from .reference import LONG, MOST_TOKENS, TEXTS, ZERO_SHOT, pipeline, values


@pytest.mark.parametrize("text", [LONG, TEXTS[0]])
def test_long_text_is_cut_to_what_the_model_takes(opened, classifier, text):
    """The tokenizer's files have no limit, so the model's positions set it."""
    path = opened(classifier, "text STRING", "score DOUBLE")
    whole = pipeline("text-classification", classifier)
    expected = whole(text, truncation=True, max_length=MOST_TOKENS)[0]["score"]
    assert values(path([text])) == [[expected]]
    shorter = opened(classifier, "text STRING", "score DOUBLE", max_length="4")
    expected = whole(text, truncation=True, max_length=4)[0]["score"]
    assert values(shorter([text])) == [[expected]]


@pytest.mark.parametrize(
    ("model", "outputs", "properties"),
    [
        ("tagger", "entities ARRAY<ROW<word STRING>>", {}),
        ("encoder", "e ARRAY<ARRAY<FLOAT>>", {}),
        ("encoder", "e ARRAY<FLOAT>", {"task": "sentence-embedding"}),
        ("nli", "label STRING", {**ZERO_SHOT, "candidate_labels": "good,bad"}),
    ],
)
def test_every_task_takes_long_texts(opened, request, model, outputs, properties):
    """A longer text would fail in the model's table of positions."""
    path = opened(request.getfixturevalue(model), "text STRING", outputs, **properties)
    assert len(path([LONG])) == 1


def test_positions_of_roberta_begin_behind_the_padding(opened, tokenizer, tmp_path):
    """Of 34 positions, a text can use 32, whatever config.json has."""
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=MOST_TOKENS + 2,
        type_vocab_size=2,
        pad_token_id=1,
    )
    transformers.RobertaForSequenceClassification(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    path = opened(tmp_path, "text STRING", "label STRING")
    assert path.function._predictor._loaded.max_length == MOST_TOKENS
    assert len(path([LONG])) == 1


@pytest.mark.parametrize(
    ("model", "outputs", "properties"),
    [
        ("classifier", "label STRING", {}),
        ("nli", "label STRING", {**ZERO_SHOT, "candidate_labels": "good,bad"}),
        ("encoder", "e ARRAY<FLOAT>", {"task": "sentence-embedding"}),
    ],
)
def test_long_text_fails_its_row_where_it_must_not_be_cut(
    opened, request, model, outputs, properties
):
    """A text at the limit does not fail."""
    path = opened(
        request.getfixturevalue(model), "body STRING", outputs, truncation="false", **properties
    )
    assert len(path(["good"])) == 1
    with pytest.raises(ConversionError, match=r"column 'body': the text has .* takes 32") as raised:
        path([LONG])
    assert raised.value.column == "body"
    if model == "classifier":
        assert len(path(["good " * 30])) == 1
        with pytest.raises(ConversionError, match="has 33 tokens"):
            path(["good " * 31])


@pytest.mark.parametrize(
    ("model", "outputs", "properties"),
    [
        ("classifier", "label STRING", {}),
        ("tagger", "entities ARRAY<ROW<word STRING>>", {}),
        ("encoder", "e ARRAY<FLOAT>", {"task": "sentence-embedding"}),
    ],
)
@pytest.mark.parametrize("batch_size", [None, 4])
def test_text_without_tokens_fails_its_row(
    opened, request, copy, bare, model, outputs, properties, batch_size
):
    """In a batch, the model would predict a plausible result for the padding."""
    directory = copy(request.getfixturevalue(model))
    bare.save_pretrained(directory)
    path = opened(directory, "body STRING", outputs, batch_size, **properties)
    with pytest.raises(ConversionError, match="column 'body': the text has no tokens"):
        path.predict_batch([["good"], [""]]) if batch_size else path([""])


@pytest.mark.parametrize(
    ("model", "inputs", "row", "properties"),
    [
        ("classifier", "text STRING, text_pair STRING", ["good " * 20] * 2, {}),
        ("nli", "text STRING", ["good " * 28], {**ZERO_SHOT, "candidate_labels": "good"}),
    ],
)
def test_text_is_as_long_as_what_the_model_sees_of_its_row(
    opened, request, model, inputs, row, properties
):
    """Each text alone would fit."""
    path = opened(
        request.getfixturevalue(model), inputs, "label STRING", truncation="false", **properties
    )
    with pytest.raises(ConversionError, match="column 'text': the text has"):
        path(row)
