# SPDX-License-Identifier: Apache-2.0
"""A task that a model performs: from rows of INPUT to rows of OUTPUT."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeAlias

from ..._schema import Schema
from ._columns import TEXT, Parameter
from ._directory import ModelDirectory
from ._model import (
    LoadedModel,
    LoadOptions,
    Shared,
    limit_length,
    load_model,
    load_tokenizer,
)

# The values of a row for the parameters of a task; None for a parameter without a column.
Values: TypeAlias = tuple[Any, ...]


class Setup(NamedTuple):
    """The arguments of a task.

    Attributes:
        loaded: the model, and the function's own tokenizer.
        directory: the model directory.
        inputs: the names of the columns of the parameters; None where INPUT has no column.
        outputs: the model's OUTPUT.
        properties: the options ``properties.*``.
        shared: returns objects that all functions of the model share.
    """

    loaded: LoadedModel
    directory: ModelDirectory
    inputs: tuple[str | None, ...]
    outputs: Schema
    properties: Mapping[str, str]
    shared: Shared


class Task(ABC):
    """The task of one open function, which has its own tokenizer and pipeline.

    The constructor raises ``ModelError`` if a column or a property does not fit.

    Attributes:
        loaded: the model, and the function's own tokenizer.
        parameters: what the columns of INPUT are matched with.
        properties: the options ``properties.*`` that only this task has.
        limits: those for the length of a text.
        auto_class: the name of the class of transformers that loads the model.
        architectures: the endings of the model's class name; empty if any class is valid.
        unused: a module of the model that the task does not use; its weights may be missing.
        takes_empty: whether a text without tokens has a result.
        sample: the values of a sample row, for the parameters.
        many: whether a row of INPUT can have any number of rows.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("text", TEXT),)
    properties: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[tuple[str, ...]] = ("max-length", "truncation")
    auto_class: ClassVar[str]
    architectures: ClassVar[tuple[str, ...]] = ()
    unused: ClassVar[str | None] = None
    takes_empty: ClassVar[bool] = False
    sample: Values = ("A short text.",)
    many = False

    @classmethod
    def load(cls, directory: ModelDirectory, options: LoadOptions, shared: Shared) -> LoadedModel:
        """Loads the model, and its tokenizer.

        Raises:
            ModelError: a file is missing or damaged, or an option does not fit.
        """
        return cls.load_text_model(directory, options, shared)

    @classmethod
    def load_text_model(
        cls,
        directory: ModelDirectory,
        options: LoadOptions,
        shared: Shared,
        *,
        auto_class: str | None = None,
        limit: int | None = None,
    ) -> LoadedModel:
        """Loads a model for texts, and its tokenizer.

        Args:
            directory: the model directory.
            options: how the model is loaded.
            shared: returns shared objects.
            auto_class: the class that loads the model, if it is not that of the task.
            limit: the maximum number of tokens that replaces that of the tokenizer, or None.
        """
        tokenizer = load_tokenizer(directory, options.trust_remote_code)
        name = auto_class or cls.auto_class
        model = shared("transformers", lambda: load_model(directory, name, cls.unused, options))
        max_length = limit_length(model, tokenizer, options.max_length, limit)
        return LoadedModel(model, tokenizer, max_length)

    def __init__(self, setup: Setup) -> None:
        self.loaded = setup.loaded

    @abstractmethod
    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each row of INPUT."""

    def full_texts(self, given: Values) -> list[tuple[str, str | None]]:
        """Returns the texts that the model reads for a row, each with its second text or None."""
        return [(given[0], None)]

    def count_tokens(self, given: Values) -> int:
        """Returns the number of tokens that the model would read for a row."""
        tokenizer = self.loaded.tokenizer
        return max(
            len(tokenizer(text, pair, verbose=False)["input_ids"])
            for text, pair in self.full_texts(given)
        )


def pipeline_parts(loaded: LoadedModel) -> dict[str, Any]:
    """Returns the arguments of a pipeline of transformers."""
    model = loaded.model
    return {"model": model, "tokenizer": loaded.tokenizer, "device": model.device}


def run_pipeline(pipeline: Any, items: list[Any], loaded: LoadedModel, **arguments: Any) -> Any:
    """Returns the pipeline's result for each item."""
    if len(items) == 1 and not isinstance(items[0], list):
        return [pipeline(items[0], **arguments)]
    return pipeline(items, batch_size=len(items) if loaded.can_pad else 1, **arguments)
