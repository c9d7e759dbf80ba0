# SPDX-License-Identifier: Apache-2.0
"""The tasks that label a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import transformers

from ..._exceptions import ConversionError, ModelError
from ..._properties import flag, optional_integer
from ._columns import LABELS_COLUMN, map_ranking
from ._task import Setup, Task, TextInput, pipeline_parts, run_pipeline

_HYPOTHESIS = "This example is {}."


class TextClassification(Task):
    """Labels a text, or a pair of texts."""

    properties = ("top-k",)
    auto_class = "AutoModelForSequenceClassification"
    architecture = "ForSequenceClassification"

    def __init__(self, setup: Setup) -> None:
        self._loaded = setup.loaded
        self._pipeline = transformers.TextClassificationPipeline(**pipeline_parts(setup.loaded))
        labels = list(setup.loaded.model.config.id2label.values())
        self._columns = map_ranking(
            setup.outputs, labels, "text-classification", _top_k(setup.properties)
        )

    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each text."""
        items = [
            given.text if given.pair is None else {"text": given.text, "text_pair": given.pair}
            for given in inputs
        ]
        truncation = self._loaded.max_length is not None
        results = run_pipeline(
            self._pipeline, items, self._loaded, top_k=None, truncation=truncation
        )
        return [
            [self._columns([(found["label"], found["score"]) for found in result])]
            for result in results
        ]


class ZeroShotClassification(Task):
    """Labels a text with a model for natural language inference, not trained for these labels."""

    properties = ("candidate-labels", "hypothesis-template", "multi-label", "top-k")
    auto_class = "AutoModelForSequenceClassification"
    architecture = "ForSequenceClassification"

    def __init__(self, setup: Setup) -> None:
        self._loaded = setup.loaded
        names = setup.loaded.model.config.label2id
        if not any(name.lower().startswith("entail") for name in names):
            raise ModelError(
                f"'{setup.directory.transformer}/config.json' has the labels {', '.join(names)}; "
                "the task zero-shot-classification needs a model with a label 'entailment'"
            )
        self._template = setup.properties.get("hypothesis-template", _HYPOTHESIS)
        if self._template.count("{") != 1 or "{}" not in self._template:
            raise ModelError(
                f"option 'properties.hypothesis-template' is '{self._template}'; it must have one "
                "{}, the place of the label"
            )
        self._labels = _candidate_labels(setup)
        too_long = self._too_long(self._labels)
        if too_long is not None:
            raise ModelError(f"option 'properties.candidate-labels': {too_long}")
        self._multi_label = flag(setup.properties, "multi-label", False)
        self._pipeline = transformers.ZeroShotClassificationPipeline(**pipeline_parts(setup.loaded))
        self._columns = map_ranking(
            setup.outputs, self._labels, "zero-shot-classification", _top_k(setup.properties)
        )

    def full_texts(self, given: TextInput) -> list[tuple[str, str | None]]:
        """Returns the text with each label."""
        labels = given.labels or self._labels
        return [(given.text, self._template.format(label)) for label in labels]

    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each text."""
        # The pipeline takes one list of labels in a call.
        groups: dict[tuple[str, ...], list[int]] = {}
        for position, given in enumerate(inputs):
            groups.setdefault(given.labels or self._labels, []).append(position)
        rows: dict[int, list[tuple[Any, ...]]] = {}
        for labels, positions in groups.items():
            if not self._labels:
                self._check(labels)
            results = run_pipeline(
                self._pipeline,
                # Lists of one text, because the pipeline rejects a single empty text.
                [[inputs[position].text] for position in positions],
                self._loaded,
                candidate_labels=list(labels),
                hypothesis_template=self._template,
                multi_label=self._multi_label,
            )
            for position, found in zip(positions, results, strict=True):
                ranking = list(zip(found["labels"], found["scores"], strict=True))
                rows[position] = [self._columns(ranking)]
        return [rows[position] for position in range(len(inputs))]

    def _check(self, labels: tuple[str, ...]) -> None:
        """Checks the labels of a row. Raises ConversionError."""
        if not labels or None in labels:
            raise ConversionError(
                "the ARRAY is empty or has NULL; it must have at least one label, and no NULL",
                LABELS_COLUMN,
            )
        too_long = self._too_long(labels)
        if too_long is not None:
            raise ConversionError(too_long, LABELS_COLUMN)

    def _too_long(self, labels: tuple[str, ...]) -> str | None:
        """Returns the reason if a label leaves no room for a text; None otherwise."""
        if not labels or self._loaded.max_length is None:
            return None
        tokenizer = self._loaded.tokenizer
        hypotheses = [self._template.format(label) for label in labels]
        tokens = tokenizer(hypotheses, add_special_tokens=False, verbose=False)["input_ids"]
        longest = max(map(len, tokens)) + tokenizer.num_special_tokens_to_add(pair=True)
        if longest < self._loaded.max_length:
            return None
        return (
            f"a label with its hypothesis has {longest} tokens, which leaves no room for a text; "
            f"the model takes {self._loaded.max_length} tokens"
        )


def _candidate_labels(setup: Setup) -> tuple[str, ...]:
    """Returns the labels of the option; an empty tuple if a column has them."""
    given = setup.properties.get("candidate-labels", "").split(",")
    labels = tuple(label.strip() for label in given if label.strip())
    if bool(labels) == (setup.inputs.labels is not None):
        raise ModelError(
            "the task zero-shot-classification takes labels either from the option "
            "'properties.candidate-labels', separated by commas, or from the column "
            f"{LABELS_COLUMN} ARRAY<STRING> of INPUT; {'both are' if labels else 'neither is'} set"
        )
    return labels


def _top_k(properties: Mapping[str, str]) -> int | None:
    return optional_integer(properties, "top-k", 1)
