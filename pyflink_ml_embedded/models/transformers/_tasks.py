"""The tasks of text models: from texts to the rows of a model's OUTPUT."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
import transformers

from ..._exceptions import ConversionError, ModelError
from ..._properties import choice, flag, integer
from ..._schema import Schema
from ._columns import (
    LABELS_COLUMN,
    InputColumns,
    check_vector,
    map_entities,
    map_ranking,
)
from ._directory import POOLINGS, SentenceSettings, TextDirectory
from ._model import TextModel

_AGGREGATIONS = ("none", "simple", "first", "average", "max")
_HYPOTHESIS = "This example is {}."


class TextInput(NamedTuple):
    """What one row asks for; ``pair`` and ``labels`` are None where INPUT has no such column."""

    text: str
    pair: str | None
    labels: tuple[str, ...] | None


class Setup(NamedTuple):
    """What a task is made of."""

    text_model: TextModel
    directory: TextDirectory
    sentences: SentenceSettings
    inputs: InputColumns
    outputs: Schema
    properties: Mapping[str, str]


class TextTask(ABC):
    """What one function predicts, with a tokenizer and pipeline of its own.

    Making one raises ``ModelError`` where a column or a property does not fit.

    Attributes:
        properties: the options ``properties.*`` of the task.
        auto_class: the name of the class of transformers that loads the model.
        architecture: how the names of the model's classes end; empty where any will do.
        unused: the module of a model that the task does not use, and whose weights may be missing.
        many: whether a text may have none or many rows.
    """

    properties: ClassVar[tuple[str, ...]] = ()
    auto_class: ClassVar[str]
    architecture: ClassVar[str] = ""
    unused: ClassVar[str | None] = None
    many = False

    @abstractmethod
    def __init__(self, setup: Setup) -> None: ...

    @abstractmethod
    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each text."""

    def full_texts(self, given: TextInput) -> list[tuple[str, str | None]]:
        """Returns what the model sees of a row: texts, each with the one that belongs to it."""
        return [(given.text, given.pair)]


class TextClassification(TextTask):
    """Labels of a text, or of a text and the one that belongs to it."""

    properties = ("top-k",)
    auto_class = "AutoModelForSequenceClassification"
    architecture = "ForSequenceClassification"

    def __init__(self, setup: Setup) -> None:
        self._text_model = setup.text_model
        self._pipeline = transformers.TextClassificationPipeline(**_parts(setup.text_model))
        labels = list(setup.text_model.model.config.id2label.values())
        self._columns = map_ranking(
            setup.outputs, labels, "text-classification", _top_k(setup.properties)
        )

    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each text."""
        items = [
            given.text if given.pair is None else {"text": given.text, "text_pair": given.pair}
            for given in inputs
        ]
        truncation = self._text_model.max_length is not None
        results = _run(self._pipeline, items, self._text_model, top_k=None, truncation=truncation)
        return [
            [self._columns([(found["label"], found["score"]) for found in result])]
            for result in results
        ]


class ZeroShotClassification(TextTask):
    """Labels that the model was not trained for, by a model of what follows from a text."""

    properties = ("candidate-labels", "hypothesis-template", "multi-label", "top-k")
    auto_class = "AutoModelForSequenceClassification"
    architecture = "ForSequenceClassification"

    def __init__(self, setup: Setup) -> None:
        self._text_model = setup.text_model
        names = setup.text_model.model.config.label2id
        if not any(name.lower().startswith("entail") for name in names):
            raise ModelError(
                "the task zero-shot-classification needs a model with a label 'entailment'; "
                f"'{setup.directory.transformer}/config.json' has: {', '.join(names)}"
            )
        self._template = setup.properties.get("hypothesis-template", _HYPOTHESIS)
        if self._template.count("{") != 1 or "{}" not in self._template:
            raise ModelError(
                f"option 'properties.hypothesis-template' is '{self._template}'; it must have one "
                "{}, where the label goes"
            )
        self._labels = _candidate_labels(setup)
        too_long = self._too_long(self._labels)
        if too_long is not None:
            raise ModelError(f"option 'properties.candidate-labels': {too_long}")
        self._multi_label = flag(setup.properties, "multi-label", False)
        self._pipeline = transformers.ZeroShotClassificationPipeline(**_parts(setup.text_model))
        self._columns = map_ranking(
            setup.outputs, self._labels, "zero-shot-classification", _top_k(setup.properties)
        )

    def full_texts(self, given: TextInput) -> list[tuple[str, str | None]]:
        """Returns the text with each label."""
        labels = given.labels or self._labels
        return [(given.text, self._template.format(label)) for label in labels]

    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns one row for each text."""
        # A call of the pipeline has one list of labels.
        groups: dict[tuple[str, ...], list[int]] = {}
        for position, given in enumerate(inputs):
            groups.setdefault(given.labels or self._labels, []).append(position)
        rows: dict[int, list[tuple[Any, ...]]] = {}
        for labels, positions in groups.items():
            if not self._labels:
                self._check(labels)
            results = _run(
                self._pipeline,
                # Lists of one text: the pipeline refuses an empty text that stands alone.
                [[inputs[position].text] for position in positions],
                self._text_model,
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
            raise ConversionError("it must have at least one label, and no NULL", LABELS_COLUMN)
        too_long = self._too_long(labels)
        if too_long is not None:
            raise ConversionError(too_long, LABELS_COLUMN)

    def _too_long(self, labels: tuple[str, ...]) -> str | None:
        """Says what is wrong where a label leaves the model no room for a text."""
        if not labels or self._text_model.max_length is None:
            return None
        tokenizer = self._text_model.tokenizer
        hypotheses = [self._template.format(label) for label in labels]
        tokens = tokenizer(hypotheses, add_special_tokens=False, verbose=False)["input_ids"]
        longest = max(map(len, tokens)) + tokenizer.num_special_tokens_to_add(pair=True)
        if longest < self._text_model.max_length:
            return None
        return (
            f"a label in its hypothesis has {longest} tokens and leaves no room for a text; the "
            f"model takes {self._text_model.max_length}"
        )


class TokenClassification(TextTask):
    """Entities in a text, in one column or in a row for each of them."""

    properties = ("aggregation-strategy",)
    auto_class = "AutoModelForTokenClassification"
    architecture = "ForTokenClassification"

    def __init__(self, setup: Setup) -> None:
        self._text_model = setup.text_model
        aggregation = choice(setup.properties, "aggregation-strategy", _AGGREGATIONS, "none")
        kind = ("entity", "index") if aggregation == "none" else ("entity_group",)
        given = (*kind, "score", "word", "start", "end")
        self._rows, self.many = map_entities(setup.outputs, given, aggregation)
        try:
            self._pipeline = transformers.TokenClassificationPipeline(
                **_parts(setup.text_model), aggregation_strategy=aggregation
            )
        except ValueError as error:
            raise ModelError(f"option 'properties.aggregation-strategy': {error}") from error

    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each text."""
        texts = [given.text for given in inputs]
        return [self._rows(found) for found in _run(self._pipeline, texts, self._text_model)]


class FeatureExtraction(TextTask):
    """The last hidden states of the tokens of a text."""

    auto_class = "AutoModel"
    unused = "pooler"
    _name = "feature-extraction"

    def __init__(self, setup: Setup) -> None:
        check_vector(setup.outputs, self._name)
        self._text_model = setup.text_model
        if setup.text_model.model.config.is_encoder_decoder:
            raise ModelError(
                f"the task {self._name} is for encoders; "
                f"{type(setup.text_model.model).__name__} in '{setup.directory.transformer}' has a "
                "decoder too"
            )
        # Padding on the right leaves the tokens of a text where they are.
        setup.text_model.tokenizer.padding_side = "right"

    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns one row for each text."""
        texts = [text for given in inputs for text, _ in self.full_texts(given)]
        step = len(texts) if self._text_model.can_pad else 1
        return [
            [(vector.numpy(),)]
            for start in range(0, len(texts), step)
            for vector in self._vectors(*self._encode(texts[start : start + step]))
        ]

    def _vectors(self, hidden: Any, mask: Any) -> list[Any]:
        """Returns a tensor for each text, of hidden states (n, tokens, k) and mask (n, tokens)."""
        lengths = mask.sum(dim=1).tolist()
        return [states[:length] for states, length in zip(hidden, lengths, strict=True)]

    def _encode(self, texts: list[str]) -> tuple[Any, Any]:
        encoded = self._text_model.tokenizer(
            texts,
            padding=len(texts) > 1,
            truncation=self._text_model.max_length is not None,
            return_attention_mask=True,
            return_tensors="pt",
        ).to(self._text_model.model.device)
        hidden = self._text_model.model(**encoded)[0]
        return hidden.float().cpu(), encoded["attention_mask"].cpu()


class SentenceEmbedding(FeatureExtraction):
    """One vector for a text, as sentence-transformers makes it."""

    properties = ("normalize", "pooling")
    _name = "sentence-embedding"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._settings = setup.sentences
        self._pooling = choice(setup.properties, "pooling", POOLINGS, setup.sentences.pooling)
        self._normalize = flag(setup.properties, "normalize", setup.sentences.normalize)

    def full_texts(self, given: TextInput) -> list[tuple[str, str | None]]:
        """Returns the text behind its prompt."""
        text = self._settings.prompt + given.text
        return [(text.lower() if self._settings.lower_case else text, None)]

    def _vectors(self, hidden: Any, mask: Any) -> list[Any]:
        weights = mask.unsqueeze(-1)
        if self._pooling == "cls":
            pooled = hidden[:, 0]
        elif self._pooling == "max":
            pooled = hidden.masked_fill(weights == 0, float("-inf")).amax(dim=1)
        else:
            pooled = (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
        if self._normalize:
            pooled = torch.nn.functional.normalize(pooled, dim=1)
        return list(pooled)


TASKS: Mapping[str, type[TextTask]] = {
    "text-classification": TextClassification,
    "zero-shot-classification": ZeroShotClassification,
    "token-classification": TokenClassification,
    "feature-extraction": FeatureExtraction,
    "sentence-embedding": SentenceEmbedding,
}


def find_task(directory: TextDirectory, properties: Mapping[str, str]) -> str:
    """Returns the task: the property, or what the model was trained for.

    Raises:
        ModelError: the property has no valid value, the model has no known architecture, or not
            that of the task.
    """
    architectures = directory.config.get("architectures") or []
    if "task" in properties:
        task = choice(properties, "task", list(TASKS), "")
        ending = TASKS[task].architecture
        if architectures and not any(name.endswith(ending) for name in architectures):
            raise ModelError(
                f"option 'properties.task' is '{task}', which needs a model ...{ending}; "
                f"'{directory.transformer}/config.json' says {', '.join(architectures)}"
            )
        return task
    if directory.modules:
        return "sentence-embedding"
    for task in ("text-classification", "token-classification"):
        if any(name.endswith(TASKS[task].architecture) for name in architectures):
            return task
    encoders = [name for name in architectures if not name.endswith("HeadModel")]
    if any(name.endswith(("Model", "ForMaskedLM", "ForPreTraining")) for name in encoders):
        return "feature-extraction"
    raise ModelError(
        "set the option 'properties.task' to one of "
        f"{', '.join(TASKS)}: '{directory.transformer}/config.json' does not tell it, "
        f"architectures: {', '.join(architectures) or 'none'}"
    )


def _candidate_labels(setup: Setup) -> tuple[str, ...]:
    """Returns the labels of the option; none where they are in a column."""
    given = setup.properties.get("candidate-labels", "").split(",")
    labels = tuple(label.strip() for label in given if label.strip())
    if bool(labels) == (setup.inputs.labels is not None):
        raise ModelError(
            "the task zero-shot-classification needs labels from one place: the option "
            "'properties.candidate-labels', with commas between them, or the column "
            f"{LABELS_COLUMN} ARRAY<STRING> of INPUT"
        )
    return labels


def _top_k(properties: Mapping[str, str]) -> int | None:
    return integer(properties, "top-k", 1, 1) if "top-k" in properties else None


def _parts(text_model: TextModel) -> dict[str, Any]:
    model = text_model.model
    return {"model": model, "tokenizer": text_model.tokenizer, "device": model.device}


def _run(pipeline: Any, items: list[Any], text_model: TextModel, **arguments: Any) -> Any:
    """Returns what the pipeline gives for each item."""
    if len(items) == 1 and not isinstance(items[0], list):
        return [pipeline(items[0], **arguments)]
    return pipeline(items, batch_size=len(items) if text_model.can_pad else 1, **arguments)
