"""NULL in a text column."""

import pytest

from pyflink_ml_embedded import ConversionError

from .reference import RANKED, values


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
