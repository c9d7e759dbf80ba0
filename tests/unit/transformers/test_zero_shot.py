# SPDX-License-Identifier: Apache-2.0
"""Zero-shot classification gives what transformers' own pipeline gives."""

import pytest

from pyflink_ml_embedded import ConversionError

from .reference import MOST_TOKENS, RANKED, TEXTS, ZERO_SHOT, values, zero_shot


@pytest.mark.parametrize(
    ("properties", "arguments"),
    [
        ({}, {}),
        ({"multi_label": "true"}, {"multi_label": True}),
        ({"hypothesis_template": "It is {}!"}, {"hypothesis_template": "It is {}!"}),
    ],
)
def test_zero_shot_is_as_the_pipeline_does_it(opened, nli, properties, arguments):
    """The labels of the option apply to single rows and to batches."""
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
    """The pipeline rejects a single empty text, but jobs have such rows."""
    path = opened(nli, "text STRING", RANKED, candidate_labels="good,bad", **ZERO_SHOT)
    (given,) = path([""])
    assert list(given) == zero_shot(nli, [[""]], ["good", "bad"])[0]


@pytest.mark.parametrize("labels", [[], [None], ["good", None], ["good " * MOST_TOKENS]])
def test_labels_that_cannot_be_scored_fail_their_row(opened, nli, labels):
    """The labels are empty, have NULL, or leave no room for the text."""
    path = opened(nli, "text STRING, candidate_labels ARRAY<STRING>", RANKED, **ZERO_SHOT)
    with pytest.raises(ConversionError, match="column 'candidate_labels'") as raised:
        path(["a film", labels])
    assert raised.value.column == "candidate_labels"
    assert "good" not in str(raised.value)
