# SPDX-License-Identifier: Apache-2.0
"""The columns of a task are found by the files, and the model opens with them."""

import pytest

from pyflink_ml_embedded._inference import infer_schema

from .sentences import pooling, write_modules

RANKED = "`label` STRING, `score` DOUBLE"
ENTITY = "`score` DOUBLE, {}`word` STRING, `start` INT, `end` INT"


@pytest.mark.parametrize(
    ("model", "properties", "inputs", "outputs"),
    [
        ("classifier", {}, "`text` STRING", RANKED),
        (
            "classifier",
            {"top-k": "2"},
            "`text` STRING",
            "`labels` ARRAY<STRING>, `scores` ARRAY<DOUBLE>",
        ),
        (
            "nli",
            {"task": "zero-shot-classification"},
            "`text` STRING, `candidate_labels` ARRAY<STRING>",
            RANKED,
        ),
        (
            "nli",
            {"task": "zero-shot-classification", "candidate-labels": "a, b"},
            "`text` STRING",
            RANKED,
        ),
        (
            "tagger",
            {},
            "`text` STRING",
            f"`entities` ARRAY<ROW<`entity` STRING, {ENTITY.format('`index` INT, ')}>>",
        ),
        (
            "tagger",
            {"aggregation-strategy": "first"},
            "`text` STRING",
            f"`entities` ARRAY<ROW<`entity_group` STRING, {ENTITY.format('')}>>",
        ),
        (
            "reader",
            {},
            "`question` STRING, `context` STRING",
            "`answer` STRING, `score` DOUBLE",
        ),
        (
            "reader",
            {"top-k": "2"},
            "`question` STRING, `context` STRING",
            "`answers` ARRAY<ROW<`answer` STRING, `score` DOUBLE, `start` INT, `end` INT>>",
        ),
        ("masked", {}, "`text` STRING", "`token_str` STRING, `score` DOUBLE"),
        (
            "masked",
            {"top-k": "2"},
            "`text` STRING",
            "`predictions` ARRAY<ROW<`token_str` STRING, `score` DOUBLE, `token` INT, "
            "`sequence` STRING>>",
        ),
        ("writer", {}, "`text` STRING", "`generated_text` STRING"),
        ("encoder", {}, "`text` STRING", "`features` ARRAY<ARRAY<FLOAT>>"),
        (
            "encoder",
            {"task": "sentence-embedding"},
            "`text` STRING",
            "`embedding` ARRAY<FLOAT>",
        ),
    ],
)
def test_columns_are_those_of_the_task(request, opened, model, properties, inputs, outputs):
    """The files determine the task, and the task determines the columns."""
    directory = request.getfixturevalue(model)
    options = {f"properties.{name}": text for name, text in properties.items()}
    schema = infer_schema(directory, options)
    assert (schema.inputs, schema.outputs) == (inputs, outputs)
    opened(directory, inputs, outputs, **properties)


def test_directory_of_a_sentence_transformer_is_an_embedding(opened, encoder, copy):
    """Its config.json alone is that of a model without a task."""
    directory = copy(encoder)
    write_modules(directory, ("Transformer", None, None), pooling("mean"))
    schema = infer_schema(directory, {})
    assert schema.outputs == "`embedding` ARRAY<FLOAT>"
    opened(directory, schema.inputs, schema.outputs)


def test_classifier_of_pairs_is_refused(nli):
    """Its scores for a single text mean nothing."""
    with pytest.raises(ValueError, match=r"labels .* natural language inference.*text_pair STRING"):
        infer_schema(nli, {})
