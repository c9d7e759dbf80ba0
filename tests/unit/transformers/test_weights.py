# SPDX-License-Identifier: Apache-2.0
"""Weights that are missing, damaged or dangerous are errors that name the file."""

import json
import os

import pytest
import torch
import transformers

from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from ..requests import make_request
from .reference import TEXTS


@pytest.mark.parametrize(
    ("head", "task", "missing"),
    [
        ("BertModel", "text-classification", "classifier.bias"),
        ("BertModel", "token-classification", "classifier.bias"),
    ],
)
def test_weights_that_would_be_random_are_refused(opened, save, head, task, missing):
    """If a head has no weights, transformers only warns, and predicts noise."""
    directory = save(head)
    config = json.loads((directory / "config.json").read_text())
    del config["architectures"]
    (directory / "config.json").write_text(json.dumps(config))
    outputs = "label STRING" if task == "text-classification" else "word STRING"
    with pytest.raises(DescribedError, match=rf"\(model.safetensors\) lack .*{missing}.*'proper"):
        opened(directory, "text STRING", outputs, task=task)


def test_model_with_a_decoder_has_no_embedding(opened, tokenizer, tmp_path):
    """The first output of such a model is that of the decoder."""
    config = transformers.BartConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
    )
    transformers.BartModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(DescribedError, match="is a BartModel, which has a decoder"):
        opened(tmp_path, "text STRING", "f ARRAY<ARRAY<FLOAT>>")


def test_weights_that_the_task_does_not_use_may_be_missing(opened, save):
    """A masked language model has no pooler, and the task does not use it."""
    directory = save("BertForMaskedLM")
    path = opened(directory, "text STRING", "f ARRAY<ARRAY<FLOAT>>", task="feature-extraction")
    assert len(path([TEXTS[0]])) == 1


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_truncated_weights_are_named(opened, classifier, copy, name):
    """The usual reason is an incomplete copy."""
    directory = copy(classifier)
    file = directory / name
    if name.endswith(".bin"):
        model = transformers.AutoModelForSequenceClassification.from_pretrained(directory)
        torch.save(model.state_dict(), file)
        (directory / "model.safetensors").unlink()
    path = opened(directory, "text STRING", "score DOUBLE")
    assert len(path([TEXTS[0]])) == 1
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(DescribedError, match=rf"weights in '{file}': .* may be incomplete"):
        opened(directory, "text STRING", "score DOUBLE")


class Opener:
    def __reduce__(self):
        return os.mkdir, (os.environ["OPENED"],)


def test_pickled_weights_run_no_code(opened, classifier, copy, tmp_path, monkeypatch):
    """A file of weights can come from an untrusted source."""
    monkeypatch.setenv("OPENED", str(tmp_path / "opened"))
    directory = copy(classifier)
    (directory / "model.safetensors").unlink()
    torch.save({"weight": Opener()}, directory / "pytorch_model.bin")
    with pytest.raises(DescribedError, match=r"cannot read the weights in '.*pytorch_model.bin'"):
        opened(directory, "text STRING", "score DOUBLE")
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "adapter_model.bin"])
def test_pickled_weights_are_refused_without_allow_pickle(classifier, copy, name):
    """Torch's restricted unpickler has had holes."""
    directory = copy(classifier)
    columns = (directory, "text STRING", "score DOUBLE")
    close_function(open_function(make_request(*columns, allow_pickle=False)))
    (directory / "model.safetensors").rename(directory / "weights")
    (directory / name).write_bytes(b"")
    with pytest.raises(DescribedError, match=rf"'{directory}/{name}' is a pickle, which can run"):
        open_function(make_request(*columns, allow_pickle=False))


def test_modules_stay_in_the_directory(encoder, copy):
    """A module elsewhere is not part of the model."""
    directory = copy(encoder)
    module = {
        "idx": 0,
        "name": "0",
        "path": "../x",
        "type": "sentence_transformers.models.Transformer",
    }
    (directory / "modules.json").write_text(json.dumps([module]))
    with pytest.raises(DescribedError, match=r"has the path '../x', which leaves the model's"):
        open_function(make_request(directory, "text STRING", "f ARRAY<FLOAT>"))
