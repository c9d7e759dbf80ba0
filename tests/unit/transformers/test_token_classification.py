# SPDX-License-Identifier: Apache-2.0
"""Entities in a text are those of transformers' own pipeline."""

import pytest

from pyflink_ml_embedded import Schema

from .reference import TEXTS, pipeline, values

ENTITY = "entity STRING, score DOUBLE, `index` INT, word STRING, start INT, `end` INT"
FIELDS = ["entity", "score", "index", "word", "start", "end"]


def test_entities_are_those_of_the_pipeline(opened, tagger):
    """One column has all entities, with fields in any order."""
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
    """A text without entities has no row, and in batches each entity stays with its text."""
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
    """The pipeline then returns other fields."""
    outputs = "entity_group STRING, score DOUBLE, word STRING, start INT, `end` INT"
    path = opened(tagger, "text STRING", outputs, aggregation_strategy=strategy)
    found = pipeline("ner", tagger, aggregation_strategy=strategy)(TEXTS[-1])
    names = Schema.parse(outputs).names
    assert values(path([TEXTS[-1]])) == [[entity[name] for name in names] for entity in found]
