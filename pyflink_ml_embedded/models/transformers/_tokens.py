# SPDX-License-Identifier: Apache-2.0
"""The task that finds entities in a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import transformers

from ..._exceptions import ModelError
from ..._properties import choice
from ._columns import INTEGER, NUMBER, TEXT, columns_text, map_items
from ._task import Setup, Task, Values, pipeline_parts, run_pipeline

_FIELDS = {
    "entity": TEXT,
    "entity_group": TEXT,
    "score": NUMBER,
    "index": INTEGER,
    "word": TEXT,
    "start": INTEGER,
    "end": INTEGER,
}
_AGGREGATIONS = ("none", "simple", "first", "average", "max")


class TokenClassification(Task):
    """Finds entities in a text, as one column or as one row for each entity."""

    properties = ("aggregation-strategy",)
    auto_class = "AutoModelForTokenClassification"
    architectures = ("ForTokenClassification",)

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        aggregation = choice(setup.properties, "aggregation-strategy", _AGGREGATIONS, "none")
        absent = {"entity_group"} if aggregation == "none" else {"entity", "index"}
        types = {name: kind for name, kind in _FIELDS.items() if name not in absent}
        self._rows, self.many = map_items(
            setup.outputs,
            types,
            "entities",
            f"with aggregation-strategy '{aggregation}' the task token-classification gives "
            f"{columns_text(types)}: a row for each entity, or in one column entities "
            "ARRAY<ROW<...>>",
        )
        try:
            self._pipeline = transformers.TokenClassificationPipeline(
                **pipeline_parts(setup.loaded), aggregation_strategy=aggregation
            )
        except ValueError as error:
            raise ModelError(f"option 'properties.aggregation-strategy': {error}") from error

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each text."""
        texts = [given[0] for given in inputs]
        return [self._rows(found) for found in run_pipeline(self._pipeline, texts, self.loaded)]
