# SPDX-License-Identifier: Apache-2.0
"""properties.max-batch-tokens cuts batches by the tokens of their texts, without other results."""

import random

import pytest

from pyflink_ml_embedded._exceptions import DescribedError

from .reference import LONG, RANKED, TEXTS, ZERO_SHOT, change_tokenizer, values, weights_of
from .tiny_models import save_bart

WORDS = ["film", "good", "bad", "very", "city", "Berlin"]
MASKED = "predictions ARRAY<ROW<token_str STRING, score DOUBLE>>"
MOST = 64


@pytest.fixture
def summarizer(tokenizer, tmp_path):
    """Returns the directory of a model that summarizes texts."""
    save_bart(tmp_path, tokenizer, 32)
    return tmp_path


def texts(count, words=24):
    """Returns texts of mixed lengths; each has other words than those beside it."""
    chosen = random.Random(7)
    return [" ".join(chosen.choices(WORDS, k=chosen.randint(1, words))) for _ in range(count)]


def shapes_of(path):
    """Returns the shapes of the texts in later calls of the model."""
    shapes = []
    weights_of(path).register_forward_pre_hook(
        lambda _, args, kwargs: shapes.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    return shapes


def assert_alike(found, expected):
    """Compares values of rows; numbers differ by the rounding of padding."""
    if isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-5)
    elif hasattr(expected, "__len__") and not isinstance(expected, str):
        assert len(found) == len(expected)
        for pair in zip(found, expected, strict=True):
            assert_alike(*pair)
    else:
        assert found == expected


CASES = {
    "classifier": (RANKED, {}),
    "nli": (RANKED, {**ZERO_SHOT, "candidate_labels": "good,bad"}),
    "tagger": ("word STRING, score DOUBLE", {}),
    "encoder": ("e ARRAY<ARRAY<FLOAT>>", {}),
    "embedding": ("e ARRAY<FLOAT>", {"task": "sentence-embedding"}),
    "masked": (MASKED, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_texts_are_predicted_in_calls_within_the_limit(opened, request, case):
    """Results belong to their texts, and no call is larger, padding included."""
    outputs, properties = CASES[case]
    directory = request.getfixturevalue({"embedding": "encoder"}.get(case, case))
    rows = [[f"{text} [MASK]" if case == "masked" else text] for text in texts(24)]
    expected = opened(directory, "text STRING", outputs, 32, **properties).predict_batch(rows)
    path = opened(directory, "text STRING", outputs, 32, max_batch_tokens=str(MOST), **properties)
    shapes = shapes_of(path)
    found = path.predict_batch(rows)
    assert_alike([values(one) for one in found], [values(one) for one in expected])
    assert all(number * longest <= MOST for number, longest in shapes)
    assert 1 < len(shapes) < len(rows)


@pytest.mark.parametrize(
    ("model", "outputs", "properties"),
    [
        ("writer", "generated_text STRING", {"max_new_tokens": "4"}),
        ("summarizer", "summary_text STRING", {"task": "summarization", "max_new_tokens": "4"}),
    ],
)
def test_texts_are_written_for_their_own_texts(opened, request, model, outputs, properties):
    """A model that writes is called many times for each text, so calls are not compared."""
    directory = request.getfixturevalue(model)
    rows = [[text] for text in texts(12)]
    expected = opened(directory, "text STRING", outputs, 16, **properties).predict_batch(rows)
    path = opened(directory, "text STRING", outputs, 16, max_batch_tokens="40", **properties)
    assert [values(one) for one in path.predict_batch(rows)] == [values(one) for one in expected]


def test_windows_of_contexts_are_cut(opened, reader):
    """One context may have more windows than a call takes."""
    inputs, outputs = "question STRING, context STRING", "answer STRING, score DOUBLE"
    rows = [["very good", text] for text in [*texts(6), LONG]]
    properties = {"max_length": "24"}
    expected = opened(reader, inputs, outputs, 8, **properties).predict_batch(rows)
    path = opened(reader, inputs, outputs, 8, max_batch_tokens="48", **properties)
    shapes = shapes_of(path)
    found = path.predict_batch(rows)
    assert_alike([values(one) for one in found], [values(one) for one in expected])
    assert all(number * longest <= 48 for number, longest in shapes)
    assert len(shapes) > len(rows) / 2


def test_long_and_empty_texts_count_as_the_model_reads_them(opened, classifier):
    """A long text is truncated before it is predicted, so it takes no more than the limit."""
    rows = [[text] for text in [LONG, *TEXTS, LONG, None]]
    path = opened(classifier, "text STRING", RANKED, 8, max_batch_tokens="64")
    shapes = shapes_of(path)
    expected = opened(classifier, "text STRING", RANKED, 8).predict_batch(rows)
    assert_alike([values(one) for one in path.predict_batch(rows)], [values(r) for r in expected])
    assert shapes[0] == (2, 32)


def test_limit_below_the_longest_text_predicts_it_alone(opened, classifier):
    """No text can be left out."""
    path = opened(classifier, "text STRING", "label STRING", 8, max_batch_tokens="1")
    shapes = shapes_of(path)
    assert len(path.predict_batch([[text] for text in TEXTS])) == len(TEXTS)
    assert [number for number, _ in shapes] == [1] * len(TEXTS)


def test_limit_without_effect_is_refused(opened, classifier, copy):
    """A text is a call of its own if the tokenizer cannot pad."""
    directory = change_tokenizer(copy(classifier), pad_token=None)
    with pytest.raises(DescribedError, match="max-batch-tokens' has no effect"):
        opened(directory, "text STRING", "label STRING", 8, max_batch_tokens="64")


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_limit_must_be_a_number_of_tokens(opened, classifier, value):
    """A limit that is no number has no meaning."""
    with pytest.raises(DescribedError, match=f"'properties.max-batch-tokens' is '{value}'"):
        opened(classifier, "text STRING", "label STRING", 8, max_batch_tokens=value)
