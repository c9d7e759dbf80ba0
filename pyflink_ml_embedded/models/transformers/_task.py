# SPDX-License-Identifier: Apache-2.0
"""A task that a model performs: from texts to rows of OUTPUT."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from ..._schema import Schema
from ._columns import InputColumns
from ._directory import ModelDirectory, SentenceSettings
from ._model import LoadedModel


class TextInput(NamedTuple):
    """The values of one row; ``pair`` and ``labels`` are None if INPUT has no such column."""

    text: str
    pair: str | None
    labels: tuple[str, ...] | None


class Setup(NamedTuple):
    """The arguments of a task."""

    loaded: LoadedModel
    directory: ModelDirectory
    sentences: SentenceSettings
    inputs: InputColumns
    outputs: Schema
    properties: Mapping[str, str]


class Task(ABC):
    """The task of one open function, which has its own tokenizer and pipeline.

    The constructor raises ``ModelError`` if a column or a property does not fit.

    Attributes:
        properties: the options ``properties.*`` that only this task has.
        auto_class: the name of the class of transformers that loads the model.
        architecture: the ending of the model's class name; empty if any class is valid.
        unused: a module of the model that the task does not use; its weights may be missing.
        many: whether a text can have any number of rows.
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
        """Returns the texts that the model reads for a row, each with its second text or None."""
        return [(given.text, given.pair)]


def pipeline_parts(loaded: LoadedModel) -> dict[str, Any]:
    """Returns the arguments of a pipeline of transformers."""
    model = loaded.model
    return {"model": model, "tokenizer": loaded.tokenizer, "device": model.device}


def run_pipeline(pipeline: Any, items: list[Any], loaded: LoadedModel, **arguments: Any) -> Any:
    """Returns the pipeline's result for each item."""
    if len(items) == 1 and not isinstance(items[0], list):
        return [pipeline(items[0], **arguments)]
    return pipeline(items, batch_size=len(items) if loaded.can_pad else 1, **arguments)
