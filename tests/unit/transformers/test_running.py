# SPDX-License-Identifier: Apache-2.0
"""An open function calls its model efficiently, quietly and without side effects."""

import contextlib
import logging
import socket
import threading

import pytest
import torch

from pyflink_ml_embedded._exceptions import DescribedError

from .reference import (
    LONG,
    TEXTS,
    ZERO_SHOT,
    change_tokenizer,
    values,
    weights_of,
)


@pytest.mark.parametrize(
    ("model", "outputs"),
    [("classifier", "label STRING, score DOUBLE"), ("encoder", "e ARRAY<ARRAY<FLOAT>>")],
)
def test_batches_need_no_padding(opened, request, copy, model, outputs):
    """If the tokenizer has no padding token, texts are predicted one by one."""
    directory = change_tokenizer(copy(request.getfixturevalue(model)), pad_token=None)
    path = opened(directory, "text STRING", outputs, batch_size=8)
    calls = []
    weights_of(path).register_forward_hook(lambda *call: calls.append(call))
    given = [values(rows) for rows in path.predict_batch([[text] for text in TEXTS])]
    assert len(calls) == len(TEXTS)
    row = opened(directory, "text STRING", outputs)
    assert given == [values(row([text])) for text in TEXTS]


def test_model_predicts_in_evaluation_without_gradients(opened, classifier):
    """Dropout would make results random, and gradients would take memory."""
    path = opened(classifier, "text STRING", "score DOUBLE")
    modes = []
    weights_of(path).register_forward_hook(
        lambda model, *call: modes.append((model.training, torch.is_inference_mode_enabled()))
    )
    path([TEXTS[0]])
    assert modes == [(False, True)]


@pytest.mark.parametrize(
    ("dtype", "expected"), [(None, "float32"), ("auto", "bfloat16"), ("float16", "float16")]
)
def test_dtype_is_that_of_the_option(opened, save, dtype, expected):
    """The default is float32, so that results do not depend on the dtype of the file."""
    directory = save("BertForSequenceClassification", dtype=torch.bfloat16)
    properties = {} if dtype is None else {"dtype": dtype}
    path = opened(directory, "text STRING", "score DOUBLE", **properties)
    assert str(weights_of(path).dtype) == f"torch.{expected}"
    ((score,),) = path([TEXTS[0]])
    assert 0 < score < 1


def test_weights_are_shared_and_tokenizers_are_not(opened, classifier):
    """Subtasks predict at the same time, and fast tokenizers are not thread-safe."""
    paths = [opened(classifier, "text STRING", "score DOUBLE") for _ in range(2)]
    assert weights_of(paths[0]) is weights_of(paths[1])
    own = opened(classifier, "text STRING", "score DOUBLE", share_model="false")
    assert weights_of(own) is not weights_of(paths[0])
    first, second = (path.function._predictor._loaded.tokenizer for path in paths)
    assert first is not second
    expected = [values(paths[0]([text])) for text in TEXTS]
    wrong = []

    def predict(path):
        for _ in range(20):
            if [values(path([text])) for text in TEXTS] != expected:
                wrong.append(path)

    threads = [threading.Thread(target=predict, args=[path]) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_torch_uses_the_threads_of_the_option(opened, classifier, caplog):
    """Any thread may call; a warning is logged because parts of torch share one number."""
    path = opened(classifier, "text STRING", "score DOUBLE")
    used = []
    weights_of(path).register_forward_hook(lambda *call: used.append(torch.get_num_threads()))
    torch.set_num_threads(3)
    path([TEXTS[0]])
    with caplog.at_level(logging.WARNING):
        opened(classifier, "text STRING", "score DOUBLE")
        assert "intra-op" not in caplog.text
        other = opened(classifier, "text STRING", "score DOUBLE", intra_op_threads="2")
        assert "sets 2 intra-op threads" in caplog.text
    weights_of(other).register_forward_hook(lambda *call: used.append(torch.get_num_threads()))
    other([TEXTS[0]])
    path([TEXTS[0]])
    assert used == [1, 2, 1]


def test_threads_of_closed_models_are_forgotten(opened, classifier, caplog):
    """A warning about a closed model would mislead."""
    with contextlib.suppress(DescribedError):
        opened(classifier, "text STRING", "nothing STRING", intra_op_threads="4")
    with caplog.at_level(logging.WARNING):
        opened(classifier, "text STRING", "score DOUBLE", intra_op_threads="2")
    assert "intra-op" not in caplog.text


@pytest.mark.parametrize(
    ("model", "inputs", "outputs", "properties"),
    [
        ("classifier", "text STRING, text_pair STRING", "label STRING", {}),
        ("tagger", "text STRING", "word STRING", {}),
        ("nli", "candidate_labels ARRAY<STRING>, t STRING", "label STRING", ZERO_SHOT),
    ],
)
@pytest.mark.parametrize("batch_size", [None, 4])
def test_model_is_warmed_up(opened, request, model, inputs, outputs, properties, batch_size):
    """The sample row must be one that the task takes."""
    directory = request.getfixturevalue(model)
    path = opened(directory, inputs, outputs, batch_size, warm_up="require", **properties)
    assert "short text" in " ".join(map(str, path.function.warm_up_row()))


def test_nothing_is_printed_and_nobody_is_called(opened, classifier, capfd, monkeypatch):
    """Progress bars and advice would fill the TaskManager's log, and the hub must not be needed."""
    calls = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: calls.append(args))
    monkeypatch.setattr(socket.socket, "connect", lambda *args: calls.append(args))
    path = opened(classifier, "text STRING", "label STRING")
    for _ in range(12):
        path([LONG])
    assert capfd.readouterr() == ("", "")
    assert calls == []
