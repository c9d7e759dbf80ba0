# SPDX-License-Identifier: Apache-2.0
"""The tasks that label a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import transformers

from ..._exceptions import ConversionError, ModelError
from ..._properties import choice, flag, optional_integer
from ._columns import TEXT, TEXTS, Parameter, map_ranking
from ._directory import ModelDirectory
from ._model import LoadedModel, LoadOptions, Shared
from ._sentence_files import check_classifier, read_activation, read_encoder_settings
from ._task import Setup, Task, Values, pipeline_parts, run_pipeline

_LABELS = "candidate_labels"
_FUNCTIONS = ("none", "sigmoid", "softmax")
_HYPOTHESIS = "This example is {}."


class _CrossEncoderPipeline(transformers.TextClassificationPipeline):  # type: ignore[misc]
    """Tokenizes pairs as a CrossEncoder does, which does not drop an empty second text."""

    def preprocess(self, inputs: Any, **arguments: Any) -> Any:
        if isinstance(inputs, str):
            return super().preprocess(inputs, **arguments)
        return self.tokenizer(
            [inputs["text"]], [inputs["text_pair"]], return_tensors="pt", **arguments
        )


class TextClassification(Task):
    """Labels a text, or a pair of texts."""

    parameters = (Parameter("text", TEXT), Parameter("text_pair", TEXT, optional=True))
    properties = ("function-to-apply", "top-k")
    auto_class = "AutoModelForSequenceClassification"
    architectures = ("ForSequenceClassification",)
    sample = ("A short text.", "A short text.")

    @classmethod
    def load(cls, directory: ModelDirectory, options: LoadOptions, shared: Shared) -> LoadedModel:
        """Loads the classifier, and limits texts as a CrossEncoder does.

        Raises:
            ModelError: a file is missing or damaged, or a setting is not supported.
        """
        check_classifier(directory)
        encoder = read_encoder_settings(directory, "sequence-classification")
        if encoder.lower_case:
            raise ModelError(
                f"the files of the CrossEncoder in '{directory.path}' have do_lower_case, which "
                "TransformersPredictFunction does not support: write a predict function with "
                "sentence-transformers"
            )
        return cls.load_text_model(directory, options, shared, limit=encoder.max_length)

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        # None is the pipeline's own choice.
        self._function: str | None = None
        pipeline = transformers.TextClassificationPipeline
        if setup.directory.is_cross_encoder:
            pipeline = _CrossEncoderPipeline
        if "function-to-apply" in setup.properties:
            self._function = choice(setup.properties, "function-to-apply", _FUNCTIONS, "")
        elif setup.directory.is_cross_encoder:
            self._function = read_activation(setup.directory)
        self._pipeline = pipeline(**pipeline_parts(setup.loaded))
        labels = list(setup.loaded.model.config.id2label.values())
        self._columns = map_ranking(
            setup.outputs, labels, "text-classification", _top_k(setup.properties)
        )

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each text."""
        items = [
            text if pair is None else {"text": text, "text_pair": pair} for text, pair in inputs
        ]
        truncation = self.loaded.max_length is not None
        results = run_pipeline(
            self._pipeline,
            items,
            self.loaded,
            top_k=None,
            truncation=truncation,
            function_to_apply=self._function,
        )
        return [
            [self._columns([(found["label"], found["score"]) for found in result])]
            for result in results
        ]

    def full_texts(self, given: Values) -> list[tuple[str, str | None]]:
        """Returns the text with its pair."""
        return [(given[0], given[1])]


class ZeroShotClassification(Task):
    """Labels a text with a model for natural language inference, not trained for these labels."""

    parameters = (
        Parameter("text", TEXT),
        Parameter(_LABELS, TEXTS, optional=True, by_name=True),
    )
    properties = ("candidate-labels", "hypothesis-template", "multi-label", "top-k")
    auto_class = "AutoModelForSequenceClassification"
    architectures = ("ForSequenceClassification",)
    sample = ("A short text.", ["one", "other"])

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
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
        self._labels_column = setup.inputs[1]
        too_long = self._too_long(self._labels)
        if too_long is not None:
            raise ModelError(f"option 'properties.candidate-labels': {too_long}")
        self._multi_label = flag(setup.properties, "multi-label", False)
        self._pipeline = transformers.ZeroShotClassificationPipeline(**pipeline_parts(setup.loaded))
        self._columns = map_ranking(
            setup.outputs, self._labels, "zero-shot-classification", _top_k(setup.properties)
        )

    def full_texts(self, given: Values) -> list[tuple[str, str | None]]:
        """Returns the text with each label."""
        return [(given[0], self._template.format(label)) for label in given[1] or self._labels]

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each text."""
        # The pipeline takes one list of labels in a call.
        groups: dict[tuple[str, ...], list[int]] = {}
        for position, given in enumerate(inputs):
            groups.setdefault(tuple(given[1] or self._labels), []).append(position)
        rows: dict[int, list[tuple[Any, ...]]] = {}
        for labels, positions in groups.items():
            if not self._labels:
                self._check(labels)
            results = run_pipeline(
                self._pipeline,
                # Lists of one text, because the pipeline rejects a single empty text.
                [[inputs[position][0]] for position in positions],
                self.loaded,
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
                self._labels_column,
            )
        too_long = self._too_long(labels)
        if too_long is not None:
            raise ConversionError(too_long, self._labels_column)

    def _too_long(self, labels: tuple[str, ...]) -> str | None:
        """Returns the reason if a label leaves no room for a text; None otherwise."""
        if not labels or self.loaded.max_length is None:
            return None
        tokenizer = self.loaded.tokenizer
        hypotheses = [self._template.format(label) for label in labels]
        tokens = tokenizer(hypotheses, add_special_tokens=False, verbose=False)["input_ids"]
        longest = max(map(len, tokens)) + tokenizer.num_special_tokens_to_add(pair=True)
        if longest < self.loaded.max_length:
            return None
        return (
            f"a label with its hypothesis has {longest} tokens, which leaves no room for a text; "
            f"the model takes {self.loaded.max_length} tokens"
        )


def _candidate_labels(setup: Setup) -> tuple[str, ...]:
    """Returns the labels of the option; an empty tuple if a column has them."""
    given = setup.properties.get("candidate-labels", "").split(",")
    labels = tuple(label.strip() for label in given if label.strip())
    if bool(labels) == (setup.inputs[1] is not None):
        raise ModelError(
            "the task zero-shot-classification takes labels either from the option "
            "'properties.candidate-labels', separated by commas, or from the column "
            f"{_LABELS} ARRAY<STRING> of INPUT; {'both are' if labels else 'neither is'} set"
        )
    return labels


def _top_k(properties: Mapping[str, str]) -> int | None:
    return optional_integer(properties, "top-k", 1)
