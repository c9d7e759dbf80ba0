# SPDX-License-Identifier: Apache-2.0
"""The task that finds entities in a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import transformers

from ..._exceptions import ModelError
from ..._properties import choice
from ._columns import map_entities
from ._task import Setup, Task, TextInput, pipeline_parts, run_pipeline

_AGGREGATIONS = ("none", "simple", "first", "average", "max")


class TokenClassification(Task):
    """Finds entities in a text, as one column or as one row for each entity."""

    properties = ("aggregation-strategy",)
    auto_class = "AutoModelForTokenClassification"
    architecture = "ForTokenClassification"

    def __init__(self, setup: Setup) -> None:
        self._loaded = setup.loaded
        aggregation = choice(setup.properties, "aggregation-strategy", _AGGREGATIONS, "none")
        kind = ("entity", "index") if aggregation == "none" else ("entity_group",)
        given = (*kind, "score", "word", "start", "end")
        self._rows, self.many = map_entities(setup.outputs, given, aggregation)
        try:
            self._pipeline = transformers.TokenClassificationPipeline(
                **pipeline_parts(setup.loaded), aggregation_strategy=aggregation
            )
        except ValueError as error:
            raise ModelError(f"option 'properties.aggregation-strategy': {error}") from error

    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each text."""
        texts = [given.text for given in inputs]
        return [self._rows(found) for found in run_pipeline(self._pipeline, texts, self._loaded)]
