# SPDX-License-Identifier: Apache-2.0
"""Directories of a SentenceTransformer give the vectors that the library gives."""

import numpy as np
import pytest
import torch
import transformers

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import DescribedError

from . import sentences
from .reference import LONG, TEXTS, change_tokenizer, hidden_states
from .sentences import NORMALIZE, TRANSFORMER, dense, linear, pooling, unit, write_modules

MODES = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
MODEL = "config_sentence_transformers"


@pytest.fixture
def vectors(opened):
    """Returns a function that embeds texts row by row, and checks that a batch gives the same."""

    def vectors(directory, texts=TEXTS, **properties):
        row = opened(directory, "text STRING", "v ARRAY<FLOAT>", **properties)
        batch = opened(directory, "text STRING", "v ARRAY<FLOAT>", batch_size=8, **properties)
        alone = [row([text])[0][0] for text in texts]
        together = [vector for ((vector,),) in batch.predict_batch([[text] for text in texts])]
        for one, other in zip(alone, together, strict=True):
            assert one == pytest.approx(other, abs=1e-5)
        return alone

    return vectors


def check(given, expected):
    """Checks vectors up to rounding."""
    for vector, wanted in zip(given, expected, strict=True):
        assert vector == pytest.approx(np.asarray(wanted).tolist(), abs=1e-5)


@pytest.mark.parametrize("modes", [[mode] for mode in MODES] + [["lasttoken", "mean", "cls"]])
def test_poolings_are_those_of_the_library(vectors, encoder, copy, modes):
    """Several poolings are concatenated in the order of the file."""
    directory = write_modules(copy(encoder), TRANSFORMER, pooling(*modes), package=sentences.NEW)
    states = [hidden_states(encoder, text) for text in TEXTS]
    check(
        vectors(directory),
        [np.concatenate([sentences.pool(one, mode) for mode in modes]) for one in states],
    )


def test_flags_of_old_versions_are_concatenated_in_their_order(vectors, encoder, copy):
    """Before version 6, the file had a flag for each pooling."""
    config = {"pooling_mode_lasttoken": True, "pooling_mode_cls_token": True}
    directory = write_modules(copy(encoder), TRANSFORMER, ("Pooling", config, None))
    states = [hidden_states(encoder, text) for text in TEXTS]
    check(vectors(directory), [np.concatenate([one[0], one[-1]]) for one in states])


def test_layers_are_applied_in_their_order(vectors, encoder, copy):
    """A second Dense must not replace the first, and vectors are normalized between them."""
    first, second = dense(16, 12), dense(12, 6, "linear.Identity")
    directory = write_modules(copy(encoder), TRANSFORMER, pooling("mean"), first, NORMALIZE, second)
    means = [hidden_states(encoder, text).mean(axis=0) for text in TEXTS]
    expected = [linear(unit(np.tanh(linear(v, first))), second) for v in means]
    check(vectors(directory), expected)
    check(vectors(directory, normalize="false"), expected)
    check(vectors(directory, normalize="true"), [unit(vector) for vector in expected])


def test_activation_of_dense_may_have_weights(vectors, encoder, copy):
    """A PReLU was trained with the layer."""
    module = dense(16, 6, "activation.PReLU")
    module[2]["activation_function.weight"] = torch.tensor([0.5])
    directory = write_modules(copy(encoder), TRANSFORMER, pooling("cls"), module)
    expected = [linear(hidden_states(encoder, text)[0], module) for text in TEXTS]
    check(vectors(directory), [np.where(v > 0, v, 0.5 * v) for v in expected])


def test_vectors_are_truncated_as_the_files_say(vectors, encoder, copy):
    """The library truncates after the last module, and does not normalize again."""
    directory = write_modules(
        copy(encoder), TRANSFORMER, pooling("mean"), NORMALIZE, **{MODEL: {"truncate_dim": 8}}
    )
    expected = [unit(hidden_states(encoder, text).mean(axis=0)) for text in TEXTS]
    check(vectors(directory), [vector[:8] for vector in expected])
    check(vectors(directory, truncate_dim="4"), [vector[:4] for vector in expected])
    check(vectors(directory, normalize="true"), [unit(vector[:8]) for vector in expected])
    means = [hidden_states(encoder, text).mean(axis=0) for text in TEXTS]
    check(vectors(directory, normalize="false"), [vector[:8] for vector in means])


def test_prompt_is_chosen_by_its_name(vectors, encoder, copy):
    """The default prompt is for one kind of texts, and another prompt for the other."""
    settings = {
        "prompts": {"query": "very bad ", "document": "a film "},
        "default_prompt_name": "document",
        "similarity_fn_name": "dot",
        "__version__": {"sentence_transformers": "5.1.0"},
    }
    directory = write_modules(copy(encoder), TRANSFORMER, pooling("mean"), **{MODEL: settings})
    for properties, prompt in ({}, "a film "), ({"prompt_name": "query"}, "very bad "):
        expected = [hidden_states(encoder, prompt + text).mean(axis=0) for text in TEXTS]
        check(vectors(directory, **properties), expected)
    with pytest.raises(DescribedError, match=r"'passage'; the prompts in .* are: query, document"):
        vectors(directory, prompt_name="passage")


def test_length_of_the_files_replaces_that_of_the_tokenizer(vectors, encoder, copy):
    """The library passes max_seq_length to the tokenizer, also if it is longer."""
    directory = write_modules(
        change_tokenizer(copy(encoder), model_max_length=4),
        TRANSFORMER,
        pooling("mean"),
        sentence_roberta_config={"max_seq_length": 8, "do_lower_case": False},
    )
    expected = [hidden_states(encoder, LONG, most=8).mean(axis=0)]
    check(vectors(directory, [LONG]), expected)


def test_settings_of_version_6_are_understood(vectors, encoder, copy):
    """Keys that say what is always done change nothing."""
    settings = {
        "transformer_task": "feature-extraction",
        "modality_config": {
            "text": {"method": "forward", "method_output_name": "last_hidden_state"}
        },
        "module_output_name": "token_embeddings",
        "query_length": None,
    }
    directory = write_modules(
        copy(encoder),
        TRANSFORMER,
        pooling("mean"),
        sentence_bert_config=settings,
        package=sentences.NEW,
        **{MODEL: {"model_type": "SentenceTransformer", "prompts": {"query": ""}}},
    )
    check(vectors(directory), [hidden_states(encoder, text).mean(axis=0) for text in TEXTS])


@pytest.mark.parametrize("model2vec", [False, True])
def test_static_embedding_is_the_mean_of_its_tokens(vectors, tokenizer, tmp_path, model2vec):
    """The directory has no transformer; an empty text has the vector 0."""
    table = sentences.write_static(tmp_path / "static", tokenizer, model2vec)
    tokens = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    expected = [table[ids].mean(axis=0) if ids else np.zeros(8) for ids in tokens]
    check(vectors(tmp_path / "static"), expected)
    check(vectors(tmp_path / "static", truncate_dim="3"), [one[:3] for one in expected])
    (cut,) = vectors(tmp_path / "static", [TEXTS[0]], max_length="2")
    assert cut == pytest.approx(table[tokens[0][:2]].mean(axis=0).tolist(), abs=1e-5)


def test_encoder_of_t5_is_taken_without_its_decoder(vectors, tokenizer, tmp_path):
    """sentence-transformers uses only the encoder of such models."""
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2
    )
    model = transformers.T5Model(config).eval()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    change_tokenizer(tmp_path, model_input_names=["input_ids", "attention_mask"])
    write_modules(tmp_path, TRANSFORMER, pooling("mean"), NORMALIZE)
    expected = []
    for text in TEXTS:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            expected.append(unit(model.encoder(ids).last_hidden_state[0].mean(dim=0).numpy()))
    check(vectors(tmp_path), expected)


def test_long_text_of_a_static_embedding_fails_its_row_where_it_must_not_be_cut(
    opened, tokenizer, tmp_path
):
    """The table has no limit, so only an option sets one."""
    sentences.write_static(tmp_path / "static", tokenizer)
    path = opened(tmp_path / "static", "t STRING", "v ARRAY<FLOAT>", truncation="false")
    assert len(path([LONG])) == 1
    path = opened(
        tmp_path / "static", "t STRING", "v ARRAY<FLOAT>", truncation="false", max_length="3"
    )
    assert len(path(["good film good"])) == 1
    with pytest.raises(ConversionError, match="column 't': the text has 4 tokens"):
        path(["good film good film"])


UNKNOWN = "has {} = .*, which TransformersPredictFunction does not support"
POOLING = pooling("mean")


@pytest.mark.parametrize(
    ("modules", "files", "message"),
    [
        ([POOLING], {MODEL: {"new": 1}}, UNKNOWN.format("new")),
        ([POOLING], {MODEL: {"model_type": "SparseEncoder"}}, "has the model_type SparseEncoder"),
        ([POOLING], {MODEL: {"default_prompt_name": "q"}}, "default_prompt_name 'q', and prompts"),
        ([POOLING], {"sentence_bert_config": {"new": False}}, UNKNOWN.format("new")),
        (
            [POOLING],
            {"sentence_bert_config": {"transformer_task": "fill-mask"}},
            UNKNOWN.format("transformer_task"),
        ),
        (
            [POOLING],
            {"sentence_bert_config": {"model_args": {"attention": 1}}},
            UNKNOWN.format("model_args"),
        ),
        ([("Pooling", {"pooling_mode": "mean", "new": 1}, None)], {}, UNKNOWN.format("new")),
        ([("Pooling", {"pooling_mode": "new"}, None)], {}, "has the pooling new.* supports: cls"),
        ([("Pooling", None, None)], {}, "1_Pooling/config.json' is missing"),
        ([POOLING, dense(16, 4, new=1)], {}, UNKNOWN.format("new")),
        ([POOLING, dense(16, 4, use_residual=True)], {}, UNKNOWN.format("use_residual")),
        ([POOLING, dense(16, 4, module_input_name="x")], {}, "module_input_name = 'x'"),
        ([POOLING, dense(8, 4)], {}, "takes vectors of 8 numbers, and .* gives 16"),
        ([POOLING, dense(16, 4, bias=False)], {}, "do not fit its config.json: .*linear.bias"),
        ([POOLING, dense(16, 4, "linear.Linear")], {}, "Linear, which cannot be created"),
        ([POOLING, dense(16, 4, "fold.Fold")], {}, "activation_function torch.nn.modules.fold"),
        ([POOLING, ("Normalize", {"new": 1}, None)], {}, UNKNOWN.format("new")),
        ([POOLING, ("LSTM", None, None)], {}, "has the modules Transformer, Pooling, LSTM"),
        ([("Router", None, None)], {}, "has the modules Transformer, Router; .*StaticEmbedding"),
        ([], {}, "has the modules Transformer; .*supports Transformer and Pooling"),
    ],
)
def test_what_may_change_a_vector_is_refused(opened, encoder, copy, modules, files, message):
    """A key that is passed over gives vectors that nobody can tell from right ones."""
    directory = write_modules(copy(encoder), TRANSFORMER, *modules, **files)
    with pytest.raises(DescribedError, match=message) as raised:
        opened(directory, "text STRING", "v ARRAY<FLOAT>")
    assert str(directory) in str(raised.value)


def test_module_with_own_code_is_refused(opened, encoder, copy):
    """A class of the same name in another package may do anything."""
    directory = write_modules(copy(encoder), TRANSFORMER, POOLING, package="custom_st")
    with pytest.raises(DescribedError, match=r"module custom_st.Transformer, .* own Python code"):
        opened(directory, "text STRING", "v ARRAY<FLOAT>")


def test_prompt_that_is_not_pooled_is_refused(opened, encoder, copy):
    """The versions of the library differ in what they exclude."""
    excludes = ("Pooling", {"pooling_mode": "mean", "include_prompt": False}, None)
    settings = {"prompts": {"q": "a "}}
    directory = write_modules(copy(encoder), TRANSFORMER, excludes, **{MODEL: settings})
    assert len(opened(directory, "text STRING", "v ARRAY<FLOAT>")([TEXTS[0]])) == 1
    with pytest.raises(DescribedError, match=r"excludes the prompt \(include_prompt\)"):
        opened(directory, "text STRING", "v ARRAY<FLOAT>", prompt_name="q")
