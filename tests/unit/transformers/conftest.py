# SPDX-License-Identifier: Apache-2.0
"""Directories of tiny models, and how the tests open them."""

import contextlib
import shutil
from copy import deepcopy as copy_of

import pytest
import torch
from tokenizers import processors

from pyflink_ml_embedded._runtime.open import close_function, open_function

from ..requests import make_request
from .reference import MOST_TOKENS, TEXTS
from .tiny_bert import make_tokenizer, save_bert
from .tiny_models import save_gpt


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Gives the pipelines one thread, as the function has: sums depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tokenizer():
    """Returns a WordPiece tokenizer, trained on the texts."""
    return make_tokenizer([*TEXTS, "This example is ."])


@pytest.fixture
def bare(tokenizer):
    """Returns a tokenizer that adds no special tokens, as those of many decoders."""
    made = copy_of(tokenizer)
    made.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A", pair="$A $B:1", special_tokens=[]
    )
    return made


@pytest.fixture(scope="session")
def save(tokenizer, tmp_path_factory):
    """Returns a function that saves a tiny BERT, and returns its directory."""

    def save(head, labels=("NEGATIVE", "NEUTRAL", "POSITIVE"), dtype=torch.float32):
        directory = tmp_path_factory.mktemp(head)
        save_bert(directory, tokenizer, head, labels, MOST_TOKENS, dtype)
        return directory

    return save


@pytest.fixture(scope="session")
def classifier(save):
    """Returns the directory of a text classifier."""
    return save("BertForSequenceClassification")


@pytest.fixture(scope="session")
def nli(save):
    """Returns the directory of a model for zero-shot classification."""
    labels = ("contradiction", "neutral", "entailment")
    return save("BertForSequenceClassification", labels)


@pytest.fixture(scope="session")
def tagger(save):
    """Returns the directory of a token classifier that labels each token as an entity."""
    return save("BertForTokenClassification", ("B-PER", "B-LOC", "I-LOC"))


@pytest.fixture(scope="session")
def encoder(save):
    """Returns the directory of a model without a head."""
    return save("BertModel")


@pytest.fixture(scope="session")
def masked(save):
    """Returns the directory of a masked language model."""
    return save("BertForMaskedLM")


@pytest.fixture(scope="session")
def reader(save):
    """Returns the directory of a model that answers questions."""
    return save("BertForQuestionAnswering", ("start", "end"))


@pytest.fixture(scope="session")
def writer(tokenizer, tmp_path_factory):
    """Returns the directory of a model that continues texts."""
    directory = tmp_path_factory.mktemp("writer")
    save_gpt(directory, tokenizer, MOST_TOKENS)
    return directory


@pytest.fixture
def copy(tmp_path):
    """Returns a function that copies a directory, so that a test can change it."""

    def copy(directory):
        return shutil.copytree(directory, tmp_path / "copy")

    return copy


@pytest.fixture
def opened():
    """Returns a function that opens a directory for these columns, as native code does."""
    with contextlib.ExitStack() as stack:

        def opened(
            directory,
            inputs,
            outputs,
            batch_size=None,
            warm_up="off",
            python_class=None,
            **properties,
        ):
            request = make_request(
                directory,
                inputs,
                outputs,
                {name.replace("_", "-"): value for name, value in properties.items()},
                python_class=python_class,
                batch_size=batch_size,
                warm_up=warm_up,
            )
            path = open_function(request)
            stack.callback(close_function, path)
            return path

        yield opened
