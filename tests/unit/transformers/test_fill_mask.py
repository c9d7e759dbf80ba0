# SPDX-License-Identifier: Apache-2.0
"""Tokens for the mask of a text are those of transformers' own pipeline."""

import pytest

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import DescribedError

from .reference import LONG, pipeline

MASKED = ["the [MASK] was good", "a bad [MASK], very bad!", "[MASK]"]
FIELDS = ["token_str", "score", "token", "sequence"]
COLUMNS = "token_str STRING, score DOUBLE, token INT, sequence STRING"


def test_tokens_are_those_of_the_pipeline(opened, masked):
    """Columns have the best token, and one column has all."""
    outputs = f"predictions ARRAY<ROW<{COLUMNS}>>, {COLUMNS}"
    fill = pipeline("fill-mask", masked)
    path = opened(masked, "text STRING", outputs)
    for text in MASKED:
        ((predictions, *best),) = path([text])
        assert [row.as_dict() for row in predictions] == fill(text)
        assert best == [fill(text)[0][name] for name in FIELDS]
    batch = opened(masked, "text STRING", outputs, batch_size=8)
    for text, (row,) in zip(MASKED, batch.predict_batch([[t] for t in MASKED]), strict=True):
        assert [one["token"] for one in row[0]] == [one["token"] for one in fill(text)]
        assert row[2] == pytest.approx(fill(text)[0]["score"], abs=1e-5)


def test_top_k_sets_the_number_of_tokens(opened, masked):
    """The property is the pipeline's argument of that name."""
    path = opened(masked, "t STRING", "Predictions ARRAY<ROW<Token BIGINT>>", top_k="2")
    ((predictions,),) = path([MASKED[0]])
    expected = pipeline("fill-mask", masked)(MASKED[0], top_k=2)
    assert [row[0] for row in predictions] == [one["token"] for one in expected]


@pytest.mark.parametrize(
    ("text", "count"), [("a film", 0), ("", 0), ("[MASK] [MASK]", 2), (LONG + "[MASK]", 0)]
)
def test_text_without_one_mask_fails_its_row(opened, masked, text, count):
    """A mask that is cut off with the end of a long text also lacks."""
    path = opened(masked, "body STRING", "token_str STRING")
    with pytest.raises(ConversionError, match=rf"has {count} mask tokens .* one \[MASK\]") as error:
        path([text])
    assert error.value.column == "body"


def test_null_is_null(opened, masked):
    """One NULL must not affect the other rows of the batch."""
    path = opened(masked, "text STRING", "token_str STRING", batch_size=8)
    one, two = path.predict_batch([[None], [MASKED[0]]])
    assert one[0][0] is None
    assert two[0][0] is not None


def test_masked_model_is_not_taken_for_another_without_a_word(opened, masked):
    """Its vectors of tokens are computed only if the task is set."""
    with pytest.raises(DescribedError, match=r"BertForMaskedLM .*'properties.task' sets another"):
        opened(masked, "text STRING", "vectors ARRAY<ARRAY<FLOAT>>")
    path = opened(masked, "text STRING", "vectors ARRAY<ARRAY<FLOAT>>", task="feature-extraction")
    assert len(path(["a film"])) == 1


@pytest.mark.parametrize(
    ("outputs", "properties", "message"),
    [
        ("token STRING", {}, "fill-mask gives token_str STRING, score DOUBLE, token INT"),
        ("token_st STRING, score DOUBLE", {}, "'token_st'; the nearest is 'token_str'"),
        ("predictions ARRAY<ROW<word STRING>>", {}, "and predictions ARRAY<ROW"),
        ("token_str STRING", {"top_k": "2"}, "'properties.top-k' is for the column predictions"),
        ("predictions ARRAY<ROW<token INT>>", {"top_k": "1000"}, "the model has .* tokens"),
    ],
)
def test_columns_that_do_not_fit_fail_in_open(opened, masked, outputs, properties, message):
    """The message has the columns of the task."""
    with pytest.raises(DescribedError, match=message):
        opened(masked, "text STRING", outputs, **properties)


def test_model_is_warmed_up(opened, masked):
    """The sample row has a mask."""
    path = opened(masked, "text STRING", "token_str STRING", warm_up="require")
    assert "[MASK]" in path.function.warm_up_row()[0]
