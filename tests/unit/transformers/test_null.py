# SPDX-License-Identifier: Apache-2.0
"""NULL in a text column leads to NULL, no row, or an error."""

import pytest

from pyflink_ml_embedded import ConversionError

from .reference import RANKED, values


def test_null_text_is_predicted_as_null(opened, classifier):
    """One NULL must not affect the other rows of the batch."""
    path = opened(classifier, "text STRING, text_pair STRING", RANKED, batch_size=8)
    (one,), (two,), (three,) = path.predict_batch([(None, "a"), ("a", None), ("a", "film")])
    assert list(one) == list(two) == [None] * 4
    assert three[0] is not None
    assert values(opened(classifier, "text STRING", RANKED)([None])) == [[None] * 4]


def test_null_text_is_embedded_as_null(opened, encoder):
    """The other embeddings of the batch would fit in one matrix, where NULL has no place."""
    path = opened(encoder, "t STRING", "e ARRAY<FLOAT>", batch_size=8, task="sentence-embedding")
    assert [row is None for ((row,),) in path.predict_batch([["a"], [None], ["b"]])] == [
        False,
        True,
        False,
    ]


def test_null_text_has_no_entities(opened, tagger):
    """The column of entities is NULL; with a row per entity, there is no row."""
    whole = opened(tagger, "text STRING", "entities ARRAY<ROW<word STRING>>")
    assert values(whole([None])) == [[None]]
    assert opened(tagger, "text STRING", "word STRING NOT NULL")([None]) == []


def test_null_text_fails_if_an_output_is_not_null(opened, classifier):
    """No value would be correct."""
    path = opened(classifier, "body STRING", "label STRING, score DOUBLE NOT NULL")
    with pytest.raises(ConversionError, match="column 'body': NULL") as raised:
        path([None])
    assert raised.value.column == "body"
