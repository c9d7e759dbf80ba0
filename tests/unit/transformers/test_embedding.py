# SPDX-License-Identifier: Apache-2.0
"""Vectors of texts and tokens are those of the model, pooled as sentence-transformers does."""

import json
import shutil

import numpy as np
import pytest

from .reference import TEXTS, add_modules, change_tokenizer, hidden_states, pipeline, pooled

FLAGS = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("mode", ["mean", "cls", "max"])
def test_embedding_is_pooled_as_the_directory_says(opened, encoder, copy, mode, normalize):
    """The padding of a batch must not change a vector."""
    flags = {f"pooling_mode_{flag}": name == mode for name, flag in FLAGS.items()}
    directory = add_modules(copy(encoder), flags, normalize)
    expected = [pooled(hidden_states(encoder, text), mode) for text in TEXTS]
    if normalize:
        expected = [vector / np.linalg.norm(vector) for vector in expected]
    path = opened(directory, "text STRING", "embedding ARRAY<FLOAT>")
    rows = [path([text]) for text in TEXTS]
    batches = opened(directory, "text STRING", "embedding ARRAY<DOUBLE>", batch_size=8)
    for given in (rows, batches.predict_batch([[text] for text in TEXTS])):
        for ((vector,),), wanted in zip(given, expected, strict=True):
            assert vector == pytest.approx(wanted.tolist(), abs=1e-5)


@pytest.mark.parametrize("mode", ["mean", "max"])
def test_embedding_is_pooled_as_properties_say(opened, encoder, mode):
    """The directory was not written by sentence-transformers."""
    path = opened(
        encoder,
        "text STRING",
        "embedding ARRAY<FLOAT>",
        task="sentence-embedding",
        pooling=mode,
        normalize="true",
    )
    wanted = pooled(hidden_states(encoder, TEXTS[1]), mode)
    ((vector,),) = path([TEXTS[1]])
    assert vector == pytest.approx((wanted / np.linalg.norm(wanted)).tolist(), abs=1e-5)


def test_embedding_follows_the_other_files_of_sentence_transformers(opened, encoder, copy):
    """The prompt, lower case and the maximum length change the vector."""
    directory = add_modules(
        copy(encoder),
        {"pooling_mode": "mean"},
        sentence_bert_config={"max_seq_length": 8, "do_lower_case": True},
        config_sentence_transformers={
            "prompts": {"query": "very GOOD "},
            "default_prompt_name": "query",
        },
    )
    path = opened(directory, "text STRING", "embedding ARRAY<FLOAT>")
    ((vector,),) = path([TEXTS[-1]])
    states = hidden_states(encoder, ("very GOOD " + TEXTS[-1]).lower(), most=8)
    assert vector == pytest.approx(pooled(states, "mean").tolist(), abs=1e-5)


def test_transformer_may_be_in_a_directory_of_its_own(opened, encoder, tmp_path):
    """Before version 2, sentence-transformers wrote such directories."""
    entries = [
        {"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (tmp_path / "modules.json").write_text(json.dumps(entries))
    shutil.copytree(encoder, tmp_path / "0_Transformer")
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    path = opened(tmp_path, "text STRING", "embedding ARRAY<FLOAT>")
    ((vector,),) = path([TEXTS[0]])
    assert vector == pytest.approx(hidden_states(encoder, TEXTS[0])[0].tolist(), abs=1e-5)


def test_padding_on_the_left_does_not_move_the_first_token(opened, encoder, copy):
    """With padding on the left, the first token would be padding."""
    directory = change_tokenizer(copy(encoder), padding_side="left")
    options = {"task": "sentence-embedding", "pooling": "cls"}
    path = opened(directory, "text STRING", "e ARRAY<FLOAT>", batch_size=8, **options)
    for text, ((vector,),) in zip(TEXTS, path.predict_batch([[t] for t in TEXTS]), strict=True):
        assert vector == pytest.approx(hidden_states(encoder, text)[0].tolist(), abs=1e-5)


def test_features_are_those_of_the_pipeline(opened, encoder):
    """Each token of the text has a vector, and the padding of a batch has none."""
    outputs = "features ARRAY<ARRAY<FLOAT>>"
    features = pipeline("feature-extraction", encoder)
    path = opened(encoder, "text STRING", outputs)
    batch = opened(encoder, "text STRING", outputs, batch_size=8).predict_batch(
        [[text] for text in TEXTS]
    )
    for text, ((together,),) in zip(TEXTS, batch, strict=True):
        (expected,) = features(text)
        ((alone,),) = path([text])
        assert alone == expected
        assert np.array(together) == pytest.approx(np.array(expected), abs=1e-5)
