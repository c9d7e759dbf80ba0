# SPDX-License-Identifier: Apache-2.0
"""Errors of open name what does not fit, and what would fit."""

import json
import sys

import pytest

from pyflink_ml_embedded._exceptions import DescribedError

from .reference import MOST_TOKENS, ZERO_SHOT, add_modules, change_tokenizer

ENTRY = {"path": "", "type": "sentence_transformers.models.Transformer"}


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_missing_package_says_what_to_install(opened, classifier, monkeypatch, package):
    """The extra installs a version that fits, and the package alone may not."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DescribedError, match=rf"{package} is not .*embedded\[transformers\]'"):
        opened(classifier, "text STRING", "label STRING")


@pytest.mark.parametrize(
    ("model", "outputs", "properties", "message"),
    [
        ("classifier", "label STRING", {"task": "ner"}, "'properties.task' is 'ner'.*sentence-em"),
        (
            "classifier",
            "entities ARRAY<ROW<word STRING>>",
            {"task": "token-classification"},
            "needs a model ...ForTokenClassification.*architecture BertForSequenceClass",
        ),
        ("classifier", "label STRING", {"top_k": "2"}, "'properties.top-k' is for columns labels"),
        ("classifier", "label STRING", {"topk": "2"}, "unknown option 'properties.topk'"),
        ("classifier", "label STRING", {"pooling": "cls"}, "unknown option 'properties.pooling'"),
        ("classifier", "labels ARRAY<STRING>", {"top_k": "0"}, "'properties.top-k' is '0'"),
        ("classifier", "label STRING", {"max_length": "33"}, "'33'; the model takes from 3 to 32"),
        ("classifier", "label STRING", {"max_length": "2"}, "'2'; the model takes from 3 to 32"),
        ("classifier", "label STRING", {"dtype": "int8"}, "'properties.dtype' is 'int8'"),
        ("classifier", "label STRING", {"device": "cuda:99"}, "'properties.device' is 'cuda:99'"),
        ("classifier", "label STRING", {"device": "gpu"}, "'properties.device' is 'gpu'"),
        ("classifier", "label DOUBLE", {}, "`label` DOUBLE.*label STRING, score DOUBLE, labels"),
        ("classifier", "sentiment STRING", {}, "names of the labels: NEGATIVE, NEUTRAL, POSITIVE"),
        ("classifier", "NEUTRAL STRING", {}, "text-classification gives"),
        ("classifier", "lable STRING", {}, "no name matches.*|text-classification gives label"),
        ("classifier", "lable STRING, score DOUBLE", {}, "'lable'; the nearest is 'label'"),
        (
            "classifier",
            "vector ARRAY<ARRAY<FLOAT>>",
            {},
            "The task is that of the architecture BertForSequenceClassification in .*config.json'; "
            "the option 'properties.task' sets another: text-class.*feature-extraction",
        ),
        ("tagger", "entities STRING", {}, "task token-classification gives entity STRING"),
        ("tagger", "entity_group STRING", {}, "aggregation-strategy 'none'"),
        (
            "tagger",
            "entities ARRAY<ROW<entity STRING>>",
            {"aggregation_strategy": "max"},
            "aggregation-strategy 'max'.*gives entity_group STRING",
        ),
        ("encoder", "e ARRAY<FLOAT>", {}, "feature-extraction gives one column ARRAY<ARRAY<FLOAT"),
        (
            "encoder",
            "e ARRAY<STRING>",
            {"task": "sentence-embedding"},
            "sentence-embedding gives one column ARRAY<FLOAT>",
        ),
        (
            "classifier",
            "label STRING",
            ZERO_SHOT,
            "has the labels NEGATIVE.*needs a model with a label 'entail",
        ),
        ("nli", "label STRING", ZERO_SHOT, "takes labels either .*; neither is set"),
        (
            "nli",
            "label STRING",
            {**ZERO_SHOT, "candidate_labels": "good", "hypothesis_template": "It is good"},
            "hypothesis-template' is 'It is good'",
        ),
        (
            "nli",
            "label STRING",
            {**ZERO_SHOT, "candidate_labels": "good " * MOST_TOKENS},
            "'properties.candidate-labels': a label .* leaves no room",
        ),
    ],
)
def test_what_does_not_fit_fails_in_open(opened, request, model, outputs, properties, message):
    """The message names the option or column, and what would fit."""
    with pytest.raises(DescribedError, match=message):
        opened(request.getfixturevalue(model), "text STRING", outputs, **properties)


@pytest.mark.parametrize(
    ("model", "inputs", "properties", "message"),
    [
        ("classifier", "amount DOUBLE", {}, "takes text STRING, and optionally text_pair"),
        (
            "classifier",
            "a STRING, b STRING, c STRING",
            {},
            "takes text STRING, and optionally text_pair",
        ),
        (
            "nli",
            "text STRING, labels ARRAY<STRING>",
            ZERO_SHOT,
            "optionally candidate_labels ARRAY",
        ),
        (
            "nli",
            "text STRING, candidate_labels ARRAY<STRING>",
            {**ZERO_SHOT, "candidate_labels": "good"},
            "takes labels either .*; both are set",
        ),
    ],
)
def test_input_that_does_not_fit_fails_in_open(opened, request, model, inputs, properties, message):
    """The message has what the task takes."""
    with pytest.raises(DescribedError, match=message):
        opened(request.getfixturevalue(model), inputs, "label STRING", **properties)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: (path / "tokenizer.json").unlink(), "tokenizer"),
        (
            lambda path: (
                (path / "tokenizer.json").unlink(),
                change_tokenizer(path, tokenizer_class="BertTokenizer"),
            ),
            "has no tokenizer; expected one of: tokenizer.json, vocab|cannot load the tokenizer",
        ),
        (lambda path: (path / "tokenizer.json").write_text("{"), "cannot load the tokenizer"),
        (
            lambda path: (path / "model.safetensors").unlink(),
            "cannot load the model in .*has: conf",
        ),
        (lambda path: (path / "config.json").write_text("{"), "config.json' is not valid JSON"),
        (
            lambda path: (path / "config.json").write_text('{"model_type": "bert"}'),
            "determine a task: none. Set the option .properties.task. to one of: text-class",
        ),
        (
            lambda path: (path / "config.json").write_text(
                '{"architectures": ["BartForConditionalGeneration"]}'
            ),
            "determine a task: BartForConditionalGeneration. Set the option .properties.task.",
        ),
        (
            lambda path: add_modules(path, {"pooling_mode": "new"}),
            "has the pooling new; .*supports: cls",
        ),
        (
            lambda path: add_modules(path, {}, modules=[ENTRY]),
            "has the modules Transformer; .* supports Transformer and Pooling, or Static",
        ),
        (
            lambda path: (path / "modules.json").write_text(
                json.dumps([ENTRY | {"type": "a.CLIP"}])
            ),
            "module a.CLIP, which has its own Python code",
        ),
    ],
)
def test_broken_directory_fails_in_open(opened, classifier, copy, change, message):
    """The message names the file that is missing or damaged."""
    directory = copy(classifier)
    change(directory)
    with pytest.raises(DescribedError, match=message) as raised:
        opened(directory, "text STRING", "label STRING")
    assert str(directory) in str(raised.value)
