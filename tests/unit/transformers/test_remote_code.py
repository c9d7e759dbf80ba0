# SPDX-License-Identifier: Apache-2.0
"""Python code in a model directory runs only if the user trusts it."""

import contextlib
import importlib
import json
import sys
import textwrap

import pytest

from pyflink_ml_embedded._exceptions import DescribedError

from .reference import (
    RANKED,
    TEXTS,
    change_tokenizer,
    pipeline,
    ranked,
    values,
)

REMOTE = """
    import transformers


    class OwnConfig(transformers.BertConfig):
        model_type = "own-bert"


    class OwnForSequenceClassification(transformers.BertForSequenceClassification):
        config_class = OwnConfig
"""


TOKENIZER = """
    import os

    import transformers

    os.mkdir(os.environ["RAN"])


    class OwnTokenizer(transformers.PreTrainedTokenizerFast):
        pass
"""


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Keeps the copies that transformers makes of code out of the home directory."""
    utils = importlib.import_module("transformers.dynamic_module_utils")
    monkeypatch.setattr(utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.usefixtures("own_cache")
def test_code_of_the_directory_runs_only_where_it_is_trusted(opened, classifier, copy):
    """The code has all rights of the process."""
    directory = copy(classifier)
    config = json.loads((directory / "config.json").read_text())
    config["model_type"] = "own-bert"
    config["architectures"] = ["OwnForSequenceClassification"]
    config["auto_map"] = {
        "AutoConfig": "modeling_own.OwnConfig",
        "AutoModelForSequenceClassification": "modeling_own.OwnForSequenceClassification",
    }
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "modeling_own.py").write_text(textwrap.dedent(REMOTE))
    with pytest.raises(DescribedError, match=r"'properties.trust-remote-code' is 'true'"):
        opened(directory, "text STRING", "label STRING")
    path = opened(directory, "text STRING", RANKED, trust_remote_code="true")
    expected = ranked(pipeline("text-classification", classifier)(TEXTS[0], top_k=None))
    assert values(path([TEXTS[0]])) == [expected]


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.usefixtures("own_cache")
def test_code_of_the_tokenizer_runs_only_where_it_is_trusted(
    opened, classifier, copy, trusted, tmp_path, monkeypatch
):
    """Otherwise transformers rejects it, or uses its own tokenizer for this kind of model."""
    monkeypatch.setenv("RAN", str(tmp_path / "ran"))
    directory = change_tokenizer(
        copy(classifier),
        tokenizer_class="OwnTokenizer",
        auto_map={"AutoTokenizer": [None, "tokenization_own.OwnTokenizer"]},
    )
    (directory / "tokenization_own.py").write_text(textwrap.dedent(TOKENIZER))
    with contextlib.nullcontext() if trusted else contextlib.suppress(DescribedError):
        trust = str(trusted).lower()
        path = opened(directory, "text STRING", "label STRING", trust_remote_code=trust)
        assert len(path([TEXTS[0]])) == 1
    assert (tmp_path / "ran").exists() == trusted
