# SPDX-License-Identifier: Apache-2.0
"""Scores of a CrossEncoder of sentence-transformers are those of its ``predict``."""

import json

import numpy as np
import pytest
import torch
import transformers

from pyflink_ml_embedded._exceptions import DescribedError

from .reference import TEXTS
from .sentences import NEW, TRANSFORMER, pooling, write_modules

IDENTITY = "torch.nn.modules.linear.Identity"
SIGMOID = "torch.nn.modules.activation.Sigmoid"
PAIRS = [("a film", "was good"), ("a bad film", ""), *zip(TEXTS, TEXTS[::-1], strict=True)]
MODEL = "config_sentence_transformers"
NEW_SETTINGS = {
    "transformer_task": "sequence-classification",
    "modality_config": {"text": {"method": "forward", "method_output_name": "logits"}},
    "module_output_name": "scores",
}


def logits(directory, pair):
    """Returns the outputs of the model, for a pair that is tokenized in a list."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(directory)
    with torch.no_grad():
        return model(**tokenizer([pair[0]], [pair[1]], return_tensors="pt")).logits[0].numpy()


def write(directory, version, activation):
    """Adds the settings of a CrossEncoder, as a version of sentence-transformers writes them."""
    if version == 6:
        return write_modules(
            directory,
            TRANSFORMER,
            package=NEW,
            sentence_bert_config=NEW_SETTINGS,
            **{MODEL: {"model_type": "CrossEncoder", "activation_fn": activation}},
        )
    settings = {
        4: {"sentence_transformers": {"activation_fn": activation, "version": "4.1.0"}},
        2: {"sbert_ce_default_activation_function": activation},
    }[version]
    file = directory / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **settings}))
    return directory


@pytest.mark.parametrize("version", [2, 4, 6])
@pytest.mark.parametrize("labels", [("score of a pair",), ("no", "perhaps", "yes")])
@pytest.mark.parametrize("activation", [IDENTITY, SIGMOID])
def test_scores_are_those_of_the_activation(opened, save, copy, version, labels, activation):
    """The pipeline of transformers would apply a sigmoid or softmax instead."""
    model = save("BertForSequenceClassification", labels)
    directory = write(copy(model), version, activation)
    outputs = ", ".join(f"`{label}` DOUBLE" for label in labels)
    row = opened(directory, "text STRING, text_pair STRING", outputs)
    batch = opened(directory, "text STRING, text_pair STRING", outputs, batch_size=8)
    expected = [logits(model, pair) for pair in PAIRS]
    if activation == SIGMOID:
        expected = [1 / (1 + np.exp(-one)) for one in expected]
    for given in [row(pair) for pair in PAIRS], batch.predict_batch(PAIRS):
        for (scores,), wanted in zip(given, expected, strict=True):
            assert list(scores) == pytest.approx(wanted.tolist(), abs=1e-5)


def test_option_replaces_the_activation(opened, save, copy):
    """The same model may rank in one job and classify in another."""
    model = save("BertForSequenceClassification", ("no", "yes"))
    directory = write(copy(model), 6, "torch.nn.modules.activation.Tanh")
    with pytest.raises(DescribedError, match=r"activation.Tanh; .*'properties.function-to-apply'"):
        opened(directory, "text STRING, text_pair STRING", "no DOUBLE, yes DOUBLE")
    path = opened(
        directory,
        "text STRING, text_pair STRING",
        "no DOUBLE, yes DOUBLE",
        function_to_apply="softmax",
    )
    expected = np.exp(logits(model, PAIRS[0]))
    (scores,) = path(PAIRS[0])
    assert list(scores) == pytest.approx((expected / expected.sum()).tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("modules", "files", "message"),
    [
        ([], {MODEL: {"model_type": "CrossEncoder", "new": 1}}, "has new = 1"),
        (
            [],
            {MODEL: {"model_type": "CrossEncoder", "default_prompt_name": "q"}},
            "has default_prompt_name = 'q'",
        ),
        (
            [],
            {
                MODEL: {"model_type": "CrossEncoder"},
                "sentence_bert_config": {"transformer_task": "text-generation"},
            },
            "has transformer_task = 'text-generation'",
        ),
        (
            [("LogitScore", {}, None)],
            {MODEL: {"model_type": "CrossEncoder"}},
            "has the modules Transformer, LogitScore of a CrossEncoder",
        ),
        ([pooling("mean")], {"task": "text-classification"}, "of a SentenceTransformer; the task"),
    ],
)
def test_what_may_change_a_score_is_refused(opened, classifier, copy, modules, files, message):
    """Each key of the files must be understood."""
    properties = {"task": files.pop("task")} if "task" in files else {}
    directory = write_modules(copy(classifier), TRANSFORMER, *modules, **files)
    with pytest.raises(DescribedError, match=message):
        opened(directory, "text STRING", "score DOUBLE", **properties)
