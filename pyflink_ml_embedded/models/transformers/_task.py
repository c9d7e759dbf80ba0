# SPDX-License-Identifier: Apache-2.0
"""A task that a model performs: from rows of INPUT to rows of OUTPUT."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from ..._batch.by_length import cut_by_length
from ..._properties import optional_integer
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

_NO_LIMIT = 2**31

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
        max_batch_tokens: the maximum number of tokens of a call of the model, padding included, or
            None for one call.
        parameters: what the columns of INPUT are matched with.
        properties: the options ``properties.*`` that only this task has.
        limits: those for the length of a text, and of the texts of a call.
        auto_class: the name of the class of transformers that loads the model.
        architectures: the endings of the model's class name; empty if any class is valid.
        unused: a module of the model that the task does not use; its weights may be missing.
        takes_empty: whether a text without tokens has a result.
        sample: the values of a sample row, for the parameters.
        many: whether a row of INPUT can have any number of rows.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("text", TEXT),)
    properties: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[tuple[str, ...]] = ("max-batch-tokens", "max-length", "truncation")
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
        self.max_batch_tokens = optional_integer(setup.properties, "max-batch-tokens", 1)

    @abstractmethod
    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each row of INPUT, predicted together."""

    def predict_in_calls(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each row of INPUT, within the limit of tokens."""
        if self.max_batch_tokens is None or len(inputs) == 1:
            return self.predict(inputs)
        results: list[list[tuple[Any, ...]]] = [[] for _ in inputs]
        for call in cut_by_length(self._count_all(inputs), self.max_batch_tokens):
            rows = self.predict([inputs[position] for position in call])
            for position, found in zip(call, rows, strict=True):
                results[position] = found
        return results

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

    def _count_all(self, inputs: Sequence[Values]) -> np.ndarray[Any, Any]:
        """Returns the number of tokens that the model reads for each row, truncated."""
        texts = [self.full_texts(given) for given in inputs]
        first = [text for row in texts for text, _ in row]
        second = [pair for row in texts for _, pair in row if pair is not None]
        tokens = self.loaded.tokenizer(first, second or None, verbose=False)["input_ids"]
        counts = map(len, tokens)
        longest = [max((next(counts) for _ in row), default=0) for row in texts]
        return np.minimum(longest, self.loaded.max_length or _NO_LIMIT)


def pipeline_parts(loaded: LoadedModel) -> dict[str, Any]:
    """Returns the arguments of a pipeline of transformers."""
    model = loaded.model
    return {"model": model, "tokenizer": loaded.tokenizer, "device": model.device}


def run_pipeline(pipeline: Any, items: list[Any], loaded: LoadedModel, **arguments: Any) -> Any:
    """Returns the pipeline's result for each item."""
    if len(items) == 1 and not isinstance(items[0], list):
        return [pipeline(items[0], **arguments)]
    return pipeline(items, batch_size=len(items) if loaded.can_pad else 1, **arguments)
