"""TransformersPredictFunction: its results are those of transformers' own pipelines."""

import contextlib
import importlib
import json
import logging
import math
import os
import shutil
import socket
import sys
import textwrap
import threading

import numpy as np
import pytest
import torch
import transformers

from pyflink_ml_embedded import ConversionError, Schema
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request
from .tiny_bert import make_tokenizer, save_bert

TEXTS = ["the film was good", "a bad film, very bad!", "", "Berlin is a city in Germany"]
MOST_TOKENS = 32
LONG = "a very good film " * MOST_TOKENS
RANKED = "label STRING, score DOUBLE, labels ARRAY<STRING>, scores ARRAY<DOUBLE>"
ENTITY = "entity STRING, score DOUBLE, `index` INT, word STRING, start INT, `end` INT"
FIELDS = ["entity", "score", "index", "word", "start", "end"]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Lets the pipelines compute as the function does; sums depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def tokenizer():
    """Returns a WordPiece tokenizer, trained on the texts."""
    return make_tokenizer([*TEXTS, "This example is ."])


@pytest.fixture(scope="module")
def save(tokenizer, tmp_path_factory):
    """Returns a function that saves a tiny BERT, and returns its directory."""

    def save(head, labels=("NEGATIVE", "NEUTRAL", "POSITIVE"), dtype=torch.float32):
        directory = tmp_path_factory.mktemp(head)
        save_bert(directory, tokenizer, head, labels, MOST_TOKENS, dtype)
        return directory

    return save


@pytest.fixture(scope="module")
def classifier(save):
    """Returns the directory of a text classifier."""
    return save("BertForSequenceClassification")


@pytest.fixture(scope="module")
def nli(save):
    """Returns the directory of a model for zero-shot classification."""
    labels = ("contradiction", "neutral", "entailment")
    return save("BertForSequenceClassification", labels)


@pytest.fixture(scope="module")
def tagger(save):
    """Returns the directory of a token classifier, to which each token is an entity."""
    return save("BertForTokenClassification", ("B-PER", "B-LOC", "I-LOC"))


@pytest.fixture(scope="module")
def encoder(save):
    """Returns the directory of a model without a head."""
    return save("BertModel")


@pytest.fixture
def copy(tmp_path):
    """Returns a function that copies a directory, to be changed."""

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
            batch_size=0,
            warm_up=False,
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


def pipeline(task, directory, **arguments):
    """Returns transformers' own pipeline."""
    made = transformers.pipeline(task, model=str(directory), device="cpu", **arguments)
    made.tokenizer.model_max_length = MOST_TOKENS
    return made


def weights_of(path):
    """Returns the model that an open function predicts with."""
    return path.function._predictor._text_model.model


def values(rows):
    """Returns rows as lists."""
    return [list(row) for row in rows]


def ranked(found):
    """Returns a pipeline's labels and scores as the columns of RANKED."""
    labels = [one["label"] for one in found]
    scores = [one["score"] for one in found]
    return [labels[0], scores[0], labels, scores]


@pytest.mark.parametrize("text", TEXTS)
def test_row_is_classified_as_the_pipeline_does(opened, classifier, text):
    """Bit for bit, an empty text included."""
    path = opened(classifier, "text STRING", RANKED)
    expected = ranked(pipeline("text-classification", classifier)(text, top_k=None))
    assert values(path([text])) == [expected]
    best = pipeline("text-classification", classifier)(text)[0]
    assert [expected[0], expected[1]] == [best["label"], best["score"]]


def test_batch_is_classified_as_the_pipeline_does(opened, classifier):
    """With one call of the model for all rows, which pads them to one length."""
    path = opened(classifier, "text STRING", RANKED, batch_size=8)
    found = pipeline("text-classification", classifier)(TEXTS, top_k=None, batch_size=len(TEXTS))
    expected = [ranked(one) for one in found]
    assert [values(rows) for rows in path.predict_batch([[text] for text in TEXTS])] == [
        [row] for row in expected
    ]
    one_by_one = opened(classifier, "text STRING", RANKED)
    for text, row in zip(TEXTS, expected, strict=True):
        ((label, score, _, scores),) = one_by_one([text])
        assert label == row[0]
        assert [score, *scores] == pytest.approx([row[1], *row[3]], abs=1e-5)


def test_batch_is_one_call_of_the_model(opened, classifier):
    """Else it would be no faster than rows."""
    path = opened(classifier, "text STRING", "label STRING", batch_size=8)
    shapes = []
    weights_of(path).register_forward_hook(lambda *call: shapes.append(call[2].logits.shape))
    path.predict_batch([[text] for text in TEXTS])
    assert shapes == [(len(TEXTS), 3)]


def test_columns_are_filled_by_name(opened, classifier):
    """In any order, with the score of a label in a column of its name."""
    outputs = "POSITIVE FLOAT, score DOUBLE, NEGATIVE DOUBLE NOT NULL"
    found = pipeline("text-classification", classifier)(TEXTS[0], top_k=None)
    scores = {one["label"]: one["score"] for one in found}
    (row,) = opened(classifier, "text STRING", outputs)([TEXTS[0]])
    assert list(row) == [scores["POSITIVE"], max(scores.values()), scores["NEGATIVE"]]


def test_top_k_bounds_labels_and_scores(opened, classifier):
    """As the pipeline's argument of that name."""
    path = opened(classifier, "text STRING", "labels ARRAY<STRING>, scores ARRAY<FLOAT>", top_k="2")
    found = pipeline("text-classification", classifier)(TEXTS[0], top_k=2)
    assert values(path([TEXTS[0]])) == [ranked(found)[2:]]


@pytest.mark.parametrize(
    ("inputs", "row"),
    [
        ("text STRING, text_pair STRING", ("a film", "was good")),
        ("text_pair STRING, text STRING", ("was good", "a film")),
        ("title STRING, body VARCHAR(100)", ("a film", "was good")),
    ],
)
def test_second_text_belongs_to_the_first(opened, classifier, inputs, row):
    """By the pipeline's names, or else by position."""
    pair = {"text": "a film", "text_pair": "was good"}
    expected = ranked(pipeline("text-classification", classifier)(pair, top_k=None))
    assert values(opened(classifier, inputs, RANKED)(row)) == [expected]
    batch = opened(classifier, inputs, RANKED, batch_size=2).predict_batch([row, row])
    assert [label for ((label, *_),) in batch] == [expected[0]] * 2


ZERO_SHOT = {"task": "zero-shot-classification"}


def zero_shot(nli, texts, labels, **arguments):
    """Returns what the pipeline gives, as the columns of RANKED."""
    found = pipeline("zero-shot-classification", nli)(texts, candidate_labels=labels, **arguments)
    return [
        [one["labels"][0], one["scores"][0], one["labels"], one["scores"]]
        for one in (found if isinstance(found, list) else [found])
    ]


@pytest.mark.parametrize(
    ("properties", "arguments"),
    [
        ({}, {}),
        ({"multi_label": "true"}, {"multi_label": True}),
        ({"hypothesis_template": "It is {}!"}, {"hypothesis_template": "It is {}!"}),
    ],
)
def test_zero_shot_is_as_the_pipeline_does_it(opened, nli, properties, arguments):
    """With the labels of the option, by row and by batch."""
    texts = [text for text in TEXTS if text]
    options = {**ZERO_SHOT, "candidate_labels": "good, very bad", **properties}
    labels = ["good", "very bad"]
    path = opened(nli, "review STRING", RANKED, **options)
    for text in texts:
        assert values(path([text])) == zero_shot(nli, text, labels, **arguments)
    batches = opened(nli, "review STRING", RANKED, batch_size=8, **options)
    given = [list(row) for (row,) in batches.predict_batch([[text] for text in texts])]
    assert given == zero_shot(nli, texts, labels, batch_size=len(texts), **arguments)


def test_zero_shot_takes_labels_of_each_row(opened, nli):
    """Rows of a batch with equal labels are predicted together."""
    inputs = "candidate_labels ARRAY<STRING>, text STRING"
    batch = [(["good", "bad"], "a film"), (["city"], "Berlin"), (["good", "bad"], "very good")]
    path = opened(nli, inputs, RANKED, batch_size=8, **ZERO_SHOT)
    given = [list(row) for (row,) in path.predict_batch(batch)]
    together = zero_shot(nli, ["a film", "very good"], ["good", "bad"], batch_size=2)
    assert given == [together[0], *zero_shot(nli, "Berlin", ["city"]), together[1]]


def test_zero_shot_takes_an_empty_text(opened, nli):
    """The pipeline refuses one that stands alone, but a job meets them."""
    path = opened(nli, "text STRING", RANKED, candidate_labels="good,bad", **ZERO_SHOT)
    (given,) = path([""])
    assert list(given) == zero_shot(nli, [[""]], ["good", "bad"])[0]


@pytest.mark.parametrize("labels", [[], [None], ["good", None], ["good " * MOST_TOKENS]])
def test_labels_that_cannot_be_scored_fail_their_row(opened, nli, labels):
    """An empty list, a NULL in it, and one that leaves no room for the text."""
    path = opened(nli, "text STRING, candidate_labels ARRAY<STRING>", RANKED, **ZERO_SHOT)
    with pytest.raises(ConversionError, match="column 'candidate_labels'") as raised:
        path(["a film", labels])
    assert raised.value.column == "candidate_labels"
    assert "good" not in str(raised.value)


def test_nli_model_classifies_texts_unless_asked(opened, nli):
    """Its architecture is that of a classifier."""
    path = opened(nli, "text STRING, text_pair STRING", "entailment DOUBLE")
    pair = {"text": "a film", "text_pair": "a bad film"}
    found = pipeline("text-classification", nli)(pair, top_k=None)
    (row,) = path(["a film", "a bad film"])
    assert row[0] == next(one["score"] for one in found if one["label"] == "entailment")


def test_entities_are_those_of_the_pipeline(opened, tagger):
    """In one column, with fields in any order."""
    outputs = f"entities ARRAY<ROW<{ENTITY}>>"
    found = pipeline("token-classification", tagger)(TEXTS)
    path = opened(tagger, "text STRING", outputs)
    for text, expected in zip(TEXTS, found, strict=True):
        ((entities,),) = path([text])
        assert [entity.as_dict() for entity in entities] == expected
    few = opened(tagger, "text STRING", "entities ARRAY<ROW<word STRING, `end` BIGINT NOT NULL>>")
    ((entities,),) = few([TEXTS[-1]])
    assert values(entities) == [[one["word"], one["end"]] for one in found[-1]]


def test_entities_are_rows_where_output_has_their_names(opened, tagger):
    """None for a text without entities; in batches each belongs to its text."""
    found = pipeline("token-classification", tagger)(TEXTS, batch_size=len(TEXTS))
    path = opened(tagger, "text STRING", ENTITY, batch_size=8)
    given = path.predict_batch([[text] for text in TEXTS])
    assert [values(rows) for rows in given] == [
        [[entity[name] for name in FIELDS] for entity in entities] for entities in found
    ]
    alone = pipeline("token-classification", tagger)(TEXTS[-1])
    rows = opened(tagger, "text STRING", "word STRING, start INT")([TEXTS[-1]])
    assert values(rows) == [[entity["word"], entity["start"]] for entity in alone]


@pytest.mark.parametrize("strategy", ["simple", "first", "average", "max"])
def test_entities_are_grouped_by_the_strategy(opened, tagger, strategy):
    """As the pipeline does it, with its other names."""
    outputs = "entity_group STRING, score DOUBLE, word STRING, start INT, `end` INT"
    path = opened(tagger, "text STRING", outputs, aggregation_strategy=strategy)
    found = pipeline("ner", tagger, aggregation_strategy=strategy)(TEXTS[-1])
    names = Schema.parse(outputs).names
    assert values(path([TEXTS[-1]])) == [[entity[name] for name in names] for entity in found]


def hidden_states(directory, text, most=MOST_TOKENS):
    """Returns the last hidden states of one text, as the model itself gives them."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModel.from_pretrained(directory)
    encoded = tokenizer(text, truncation=True, max_length=most, return_tensors="pt")
    with torch.no_grad():
        return model(**encoded).last_hidden_state[0].numpy()


def pooled(states, mode):
    """Pools hidden states, as sentence-transformers documents it."""
    return {"mean": states.mean(axis=0), "cls": states[0], "max": states.max(axis=0)}[mode]


def add_modules(directory, pooling, normalize=False, **others):
    """Writes what sentence-transformers adds to a model, as its versions before 5 do."""
    modules = ["Transformer", "Pooling", *(["Normalize"] if normalize else [])]
    paths = ["", "1_Pooling", "2_Normalize"]
    entries = [
        {"idx": i, "name": str(i), "path": paths[i], "type": f"sentence_transformers.models.{name}"}
        for i, name in enumerate(modules)
    ]
    (directory / "1_Pooling").mkdir()
    files = {"modules": entries, "1_Pooling/config": pooling, **others}
    for name, contents in files.items():
        (directory / f"{name}.json").write_text(json.dumps(contents))
    return directory


FLAGS = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("mode", ["mean", "cls", "max"])
def test_embedding_is_pooled_as_the_directory_says(opened, encoder, copy, mode, normalize):
    """By row, and in a batch, whose padding counts for nothing."""
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
    """For a directory that sentence-transformers has not written."""
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
    """Without prompt, lower case and length the vector would be another one."""
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
    """As sentence-transformers wrote it before version 2."""
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


def change_tokenizer(directory, **changes):
    """Changes the settings of a directory's tokenizer."""
    file = directory / "tokenizer_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    return directory


def test_padding_on_the_left_does_not_move_the_first_token(opened, encoder, copy):
    """Its state would be that of padding."""
    directory = change_tokenizer(copy(encoder), padding_side="left")
    options = {"task": "sentence-embedding", "pooling": "cls"}
    path = opened(directory, "text STRING", "e ARRAY<FLOAT>", batch_size=8, **options)
    for text, ((vector,),) in zip(TEXTS, path.predict_batch([[t] for t in TEXTS]), strict=True):
        assert vector == pytest.approx(hidden_states(encoder, text)[0].tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("model", "outputs"),
    [("classifier", "label STRING, score DOUBLE"), ("encoder", "e ARRAY<ARRAY<FLOAT>>")],
)
def test_batches_need_no_padding(opened, request, copy, model, outputs):
    """Where the tokenizer has none, the texts are predicted one by one."""
    directory = change_tokenizer(copy(request.getfixturevalue(model)), pad_token=None)
    path = opened(directory, "text STRING", outputs, batch_size=8)
    calls = []
    weights_of(path).register_forward_hook(lambda *call: calls.append(call))
    given = [values(rows) for rows in path.predict_batch([[text] for text in TEXTS])]
    assert len(calls) == len(TEXTS)
    row = opened(directory, "text STRING", outputs)
    assert given == [values(row([text])) for text in TEXTS]


def test_features_are_those_of_the_pipeline(opened, encoder):
    """A vector for each token of the text; none for the padding of a batch."""
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


@pytest.mark.parametrize("text", [LONG, TEXTS[0]])
def test_long_text_is_cut_to_what_the_model_takes(opened, classifier, text):
    """The tokenizer's files know no limit, so the model's positions tell it."""
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
    """They would fail in the model's table of positions."""
    path = opened(request.getfixturevalue(model), "text STRING", outputs, **properties)
    assert len(path([LONG])) == 1


def test_positions_of_roberta_begin_behind_the_padding(opened, tokenizer, tmp_path):
    """Of 34 positions a text may take 32, whatever config.json says."""
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
    assert path.function._predictor._text_model.max_length == MOST_TOKENS
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
    """A text at the limit does not."""
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
    ("model", "inputs", "row", "properties"),
    [
        ("classifier", "text STRING, text_pair STRING", ["good " * 20] * 2, {}),
        ("nli", "text STRING", ["good " * 28], {**ZERO_SHOT, "candidate_labels": "good"}),
    ],
)
def test_text_is_as_long_as_what_the_model_sees_of_its_row(
    opened, request, model, inputs, row, properties
):
    """Either text alone would fit."""
    path = opened(
        request.getfixturevalue(model), inputs, "label STRING", truncation="false", **properties
    )
    with pytest.raises(ConversionError, match="column 'text': the text has"):
        path(row)


def test_null_text_has_null_as_its_prediction(opened, classifier):
    """The rows beside it are predicted."""
    path = opened(classifier, "text STRING, more STRING", RANKED, batch_size=8)
    (one,), (two,), (three,) = path.predict_batch([(None, "a"), ("a", None), ("a", "film")])
    assert list(one) == list(two) == [None] * 4
    assert three[0] is not None
    assert values(opened(classifier, "text STRING", RANKED)([None])) == [[None] * 4]


def test_null_text_has_null_as_its_embedding(opened, encoder):
    """Also where the embeddings of a batch could be one matrix."""
    path = opened(encoder, "t STRING", "e ARRAY<FLOAT>", batch_size=8, task="sentence-embedding")
    assert [row is None for ((row,),) in path.predict_batch([["a"], [None], ["b"]])] == [
        False,
        True,
        False,
    ]


def test_null_text_has_no_entities(opened, tagger):
    """NULL in the column of entities, and no row where each has one."""
    whole = opened(tagger, "text STRING", "entities ARRAY<ROW<word STRING>>")
    assert values(whole([None])) == [[None]]
    assert opened(tagger, "text STRING", "word STRING NOT NULL")([None]) == []


def test_null_text_fails_where_output_is_not_null(opened, classifier):
    """There is no right value."""
    path = opened(classifier, "body STRING", "label STRING, score DOUBLE NOT NULL")
    with pytest.raises(ConversionError, match="column 'body': NULL") as raised:
        path([None])
    assert raised.value.column == "body"


def test_nan_is_passed_on(opened, classifier, copy):
    """As the model gives it."""
    directory = copy(classifier)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(directory)
    with torch.no_grad():
        model.classifier.bias.fill_(math.nan)
    model.save_pretrained(directory)
    ((score,),) = opened(directory, "text STRING", "score DOUBLE")([TEXTS[0]])
    assert math.isnan(score)


def test_model_predicts_in_evaluation_without_gradients(opened, classifier):
    """Dropout would make results random, gradients would take memory."""
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
    """Whatever the file has, float32 by default, so that results do not depend on it."""
    directory = save("BertForSequenceClassification", dtype=torch.bfloat16)
    properties = {} if dtype is None else {"dtype": dtype}
    path = opened(directory, "text STRING", "score DOUBLE", **properties)
    assert str(weights_of(path).dtype) == f"torch.{expected}"
    ((score,),) = path([TEXTS[0]])
    assert 0 < score < 1


def test_weights_are_shared_and_tokenizers_are_not(opened, classifier):
    """Subtasks predict at once: a fast tokenizer that two threads use says 'Already borrowed'."""
    paths = [opened(classifier, "text STRING", "score DOUBLE") for _ in range(2)]
    assert weights_of(paths[0]) is weights_of(paths[1])
    own = opened(classifier, "text STRING", "score DOUBLE", share_model="false")
    assert weights_of(own) is not weights_of(paths[0])
    first, second = (path.function._predictor._text_model.tokenizer for path in paths)
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
    """Whichever thread calls; other models are warned, as torch has one number for some work."""
    path = opened(classifier, "text STRING", "score DOUBLE")
    used = []
    weights_of(path).register_forward_hook(lambda *call: used.append(torch.get_num_threads()))
    torch.set_num_threads(3)
    path([TEXTS[0]])
    with caplog.at_level(logging.WARNING):
        opened(classifier, "text STRING", "score DOUBLE")
        assert "intra-op" not in caplog.text
        other = opened(classifier, "text STRING", "score DOUBLE", intra_op_threads="2")
        assert "asks torch for 2 intra-op threads" in caplog.text
    weights_of(other).register_forward_hook(lambda *call: used.append(torch.get_num_threads()))
    other([TEXTS[0]])
    path([TEXTS[0]])
    assert used == [1, 2, 1]


def test_threads_of_closed_models_are_forgotten(opened, classifier, caplog):
    """A warning for a model that is gone would mislead."""
    with contextlib.suppress(DescribedError):
        opened(classifier, "text STRING", "nothing STRING", intra_op_threads="4")
    with caplog.at_level(logging.WARNING):
        opened(classifier, "text STRING", "score DOUBLE", intra_op_threads="2")
    assert "intra-op" not in caplog.text


@pytest.mark.parametrize(
    ("model", "inputs", "outputs", "properties"),
    [
        ("classifier", "text STRING, more STRING", "label STRING", {}),
        ("tagger", "text STRING", "word STRING", {}),
        ("nli", "candidate_labels ARRAY<STRING>, t STRING", "label STRING", ZERO_SHOT),
    ],
)
@pytest.mark.parametrize("batch_size", [0, 4])
def test_model_is_warmed_up(opened, request, model, inputs, outputs, properties, batch_size):
    """With a row that the task takes; else open fails."""
    directory = request.getfixturevalue(model)
    path = opened(directory, inputs, outputs, batch_size, warm_up=True, **properties)
    assert "short text" in " ".join(map(str, path.function.warm_up_row()))


def test_nothing_is_printed_and_nobody_is_called(opened, classifier, capfd, monkeypatch):
    """No progress bars or advice in the TaskManager's log, and no look-ups in the hub."""
    calls = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: calls.append(args))
    monkeypatch.setattr(socket.socket, "connect", lambda *args: calls.append(args))
    path = opened(classifier, "text STRING", "label STRING")
    for _ in range(12):
        path([LONG])
    assert capfd.readouterr() == ("", "")
    assert calls == []


SENTIMENT = """
    from typing import List

    from pyflink_ml_embedded import PredictFunction, Row


    class HuggingFaceSentimentPredictFunction(PredictFunction):
        def open(self, context):
            super().open(context)
            from transformers import pipeline

            self.threshold = float(self.init_properties.get("threshold", 0.5))
            self.classifier = pipeline("sentiment-analysis", model=self.model_directory)

        def predict(self, data: Row) -> List[Row]:
            text = data[0] if len(data) > 0 else ""
            result = self.classifier(text)[0]
            sentiment = result["label"]
            if result["score"] < self.threshold:
                sentiment = "UNSURE"
            return [Row(sentiment, result["score"])]
"""


@pytest.mark.parametrize(("threshold", "unsure"), [("0.0", False), ("1.1", True)])
def test_sentiment_example_of_flip_552_runs(opened, classifier, copy, threshold, unsure):
    """As its author wrote it, with a local directory."""
    directory = copy(classifier)
    (directory / "sentiment.py").write_text(textwrap.dedent(SENTIMENT))
    path = opened(
        directory,
        "text STRING",
        "sentiment STRING, confidence DOUBLE",
        python_class="sentiment.HuggingFaceSentimentPredictFunction",
        threshold=threshold,
    )
    expected = pipeline("text-classification", classifier)(TEXTS[0])[0]
    label = "UNSURE" if unsure else expected["label"]
    assert values(path([TEXTS[0]])) == [[label, expected["score"]]]


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
    """Keeps what transformers copies of a directory's code out of the home directory."""
    utils = importlib.import_module("transformers.dynamic_module_utils")
    monkeypatch.setattr(utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.usefixtures("own_cache")
def test_code_of_the_directory_runs_only_where_it_is_trusted(opened, classifier, copy):
    """It may do anything, as any Python code may."""
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
    """Else transformers refuses it, or takes its own tokenizer for the kind of model."""
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


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_missing_package_says_what_to_install(opened, classifier, monkeypatch, package):
    """The extra, not the package, which must fit the rest."""
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
            "needs a model ...ForTokenClassification.*says BertForSequenceClassification",
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
        ("classifier", "label STRING", ZERO_SHOT, "with a label 'entailment'.*has: NEGATIVE"),
        ("nli", "label STRING", ZERO_SHOT, "needs labels from one place"),
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
    """With the option or column, and what would fit."""
    with pytest.raises(DescribedError, match=message):
        opened(request.getfixturevalue(model), "text STRING", outputs, **properties)


@pytest.mark.parametrize(
    ("model", "inputs", "properties", "message"),
    [
        ("classifier", "amount DOUBLE", {}, "takes one column STRING, or two"),
        ("classifier", "a STRING, b STRING, c STRING", {}, "takes one column STRING, or two"),
        ("nli", "text STRING, labels ARRAY<STRING>", ZERO_SHOT, "or also candidate_labels"),
        (
            "nli",
            "text STRING, candidate_labels ARRAY<STRING>",
            {**ZERO_SHOT, "candidate_labels": "good"},
            "needs labels from one place",
        ),
    ],
)
def test_input_that_does_not_fit_fails_in_open(opened, request, model, inputs, properties, message):
    """With what the task takes."""
    with pytest.raises(DescribedError, match=message):
        opened(request.getfixturevalue(model), inputs, "label STRING", **properties)


@pytest.mark.parametrize(
    ("head", "task", "missing"),
    [
        ("BertModel", "text-classification", "classifier.bias"),
        ("BertModel", "token-classification", "classifier.bias"),
    ],
)
def test_weights_that_would_be_random_are_refused(opened, save, head, task, missing):
    """transformers only warns where a head has no weights, and predicts noise."""
    directory = save(head)
    config = json.loads((directory / "config.json").read_text())
    del config["architectures"]
    (directory / "config.json").write_text(json.dumps(config))
    outputs = "label STRING" if task == "text-classification" else "word STRING"
    with pytest.raises(DescribedError, match=rf"\(model.safetensors\) lack .*{missing}.*'proper"):
        opened(directory, "text STRING", outputs, task=task)


def test_model_with_a_decoder_has_no_embedding(opened, tokenizer, tmp_path):
    """The first of its outputs would be the decoder's."""
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
    with pytest.raises(DescribedError, match="is for encoders; BartModel in"):
        opened(tmp_path, "text STRING", "f ARRAY<ARRAY<FLOAT>>")


def test_weights_that_the_task_does_not_use_may_be_missing(opened, save):
    """A masked language model has no pooler, and features need none."""
    path = opened(save("BertForMaskedLM"), "text STRING", "f ARRAY<ARRAY<FLOAT>>")
    assert len(path([TEXTS[0]])) == 1


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_truncated_weights_are_named(opened, classifier, copy, name):
    """A copy that broke off is the usual reason."""
    directory = copy(classifier)
    file = directory / name
    if name.endswith(".bin"):
        model = transformers.AutoModelForSequenceClassification.from_pretrained(directory)
        torch.save(model.state_dict(), file)
        (directory / "model.safetensors").unlink()
    path = opened(directory, "text STRING", "score DOUBLE")
    assert len(path([TEXTS[0]])) == 1
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(DescribedError, match=rf"weights in '{file}', which may be incomplete"):
        opened(directory, "text STRING", "score DOUBLE")


class Opener:
    def __reduce__(self):
        return os.mkdir, (os.environ["OPENED"],)


def test_pickled_weights_run_no_code(opened, classifier, copy, tmp_path, monkeypatch):
    """A file of weights may come from anywhere."""
    monkeypatch.setenv("OPENED", str(tmp_path / "opened"))
    directory = copy(classifier)
    (directory / "model.safetensors").unlink()
    torch.save({"weight": Opener()}, directory / "pytorch_model.bin")
    with pytest.raises(DescribedError, match=r"cannot read the weights in '.*pytorch_model.bin'"):
        opened(directory, "text STRING", "score DOUBLE")
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: (path / "tokenizer.json").unlink(), "tokenizer"),
        (
            lambda path: (
                (path / "tokenizer.json").unlink(),
                change_tokenizer(path, tokenizer_class="BertTokenizer"),
            ),
            "has no tokenizer: expected one of tokenizer.json, vocab.txt|cannot load the tokenizer",
        ),
        (lambda path: (path / "tokenizer.json").write_text("{"), "cannot load the tokenizer"),
        (
            lambda path: (path / "model.safetensors").unlink(),
            "cannot load the model in .*has: conf",
        ),
        (lambda path: (path / "config.json").write_text("{"), "config.json' is no JSON file"),
        (
            lambda path: (path / "config.json").write_text('{"model_type": "bert"}'),
            "set the option 'properties.task' to one of text-classification, .*architectures: none",
        ),
        (
            lambda path: (path / "config.json").write_text(
                '{"architectures": ["GPT2LMHeadModel"]}'
            ),
            "properties.task",
        ),
        (lambda path: add_modules(path, {"pooling_mode_lasttoken": True}), "pooling lasttoken"),
        (
            lambda path: add_modules(
                path,
                {"pooling_mode": "mean", "include_prompt": False},
                config_sentence_transformers={"prompts": {"q": "a"}, "default_prompt_name": "q"},
            ),
            "leaves the prompt out",
        ),
        (
            lambda path: add_modules(path, {}, modules=[{"path": "", "type": "m.Transformer"}]),
            "has the modules Transformer; .* runs Transformer, Pooling and Normalize",
        ),
        (
            lambda path: (path / "modules.json").write_text('[{"type": "a.CLIP", "path": ""}]'),
            "begins with 'CLIP'",
        ),
    ],
)
def test_broken_directory_fails_in_open(opened, classifier, copy, change, message):
    """With the file that is missing or wrong."""
    directory = copy(classifier)
    change(directory)
    with pytest.raises(DescribedError, match=message) as raised:
        opened(directory, "text STRING", "label STRING")
    assert str(directory) in str(raised.value)
