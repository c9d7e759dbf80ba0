# SPDX-License-Identifier: Apache-2.0
"""Predicts rows of OUTPUT from rows of INPUT, for one open function."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import torch

from ..._context import PredictContext
from ..._exceptions import ConversionError, ModelError
from ..._properties import check_properties, choice, flag, integer, optional_integer
from ._columns import ColumnsError, map_inputs
from ._directory import read_directory
from ._model import LoadOptions, log_quietly, require_safetensors
from ._task import Setup, Values
from ._tasks import find_task
from ._torch_threads import TorchThreads

_PROPERTIES = (
    "device",
    "dtype",
    "intra-op-threads",
    "task",
    "trust-remote-code",
)
_DTYPES = ("float32", "float16", "bfloat16", "auto")


class Predictor:
    """Predicts with the model of a context.

    Attributes:
        output_names: the names of the columns of OUTPUT.
        many: whether a text can have any number of rows.
    """

    def __init__(self, context: PredictContext) -> None:
        """Loads the model.

        Raises:
            ModelError: a file is missing, or a property or column does not fit.
        """
        properties = context.properties
        directory = read_directory(context.model_directory)
        require_safetensors(directory.path, context.allow_pickle)
        task = find_task(directory, properties)
        known = (*_PROPERTIES, *task.cls.limits, *task.cls.properties)
        check_properties(properties, known, f"the task {task.name} of TransformersPredictFunction")
        options = LoadOptions(
            device=properties.get("device", "cpu"),
            dtype=choice(properties, "dtype", _DTYPES, "float32"),
            max_length=optional_integer(properties, "max-length", 1),
            trust_remote_code=flag(properties, "trust-remote-code", False),
            allow_pickle=context.allow_pickle,
        )
        threads = integer(properties, "intra-op-threads", 1, 1)
        truncation = flag(properties, "truncation", True)
        self._input_names = context.input_schema.names
        self.output_names = context.output_schema.names

        log_quietly()
        # A tokenizer that uses all cores takes them from Flink.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            self._columns = map_inputs(context.input_schema, task.name, task.cls.parameters)
            names = [None if i is None else self._input_names[i] for i in self._columns]
            self._task = task.cls(
                Setup(
                    task.cls.load(directory, options, context.shared),
                    directory,
                    tuple(names),
                    context.output_schema,
                    properties,
                    context.shared,
                )
            )
        except ColumnsError as error:
            raise ModelError(f"{error}{task.reason}") from error
        self._loaded = self._task.loaded
        if self._task.max_batch_tokens is not None and not self._loaded.can_pad:
            raise ModelError(
                "option 'properties.max-batch-tokens' has no effect, because the model's tokenizer "
                "has no pad_token, so each text is a call. Remove the option"
            )
        # The number of tokens above which a text fails its row, or None.
        self._most = None if truncation else self._loaded.max_length
        # In a batch, the padding of a text without tokens would be taken for a text.
        self._needs_tokens = (
            not task.cls.takes_empty and not self._loaded.tokenizer.num_special_tokens_to_add()
        )
        self.many = self._task.many
        # The rows for a row with NULL; None if NULL is an error.
        self._null_rows: list[tuple[Any, ...]] | None = None
        if self.many:
            self._null_rows = []
        elif all(field.nullable for field in context.output_schema):
            self._null_rows = [(None,) * len(self.output_names)]
        self._threads = TorchThreads(threads, context.model)

    def predict(self, rows: Sequence[Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
        """Returns the rows of OUTPUT for each row of INPUT.

        Raises:
            ConversionError: a row has NULL or too long a text, and that is an error.
        """
        inputs = [self._read(row) for row in rows]
        asked = [given for given in inputs if given is not None]
        results: list[list[tuple[Any, ...]]] = []
        if asked:
            self._threads.apply()
            with torch.inference_mode():
                results = self._task.predict_in_calls(asked)
        found = iter(results)
        return [self._null_rows or [] if given is None else next(found) for given in inputs]

    def warm_up_row(self) -> list[Any]:
        """Returns a sample row that the task takes."""
        row: list[Any] = [None] * len(self._input_names)
        for position, value in zip(self._columns, self._task.sample, strict=True):
            if position is not None:
                row[position] = value
        return row

    def close(self) -> None:
        """Releases the number of threads; must be called once."""
        self._threads.release()

    def _read(self, row: Sequence[Any]) -> Values | None:
        """Returns the values of a row; None if it has NULL. Raises ConversionError."""
        for name, value in zip(self._input_names, row, strict=True):
            if value is None:
                if self._null_rows is None:
                    raise ConversionError(
                        "NULL has no prediction, and OUTPUT has a NOT NULL column", name
                    )
                return None
        given = tuple(None if position is None else row[position] for position in self._columns)
        if self._needs_tokens or self._most is not None:
            self._check_length(given)
        return given

    def _check_length(self, given: Values) -> None:
        count = self._task.count_tokens(given)
        reason = ""
        if self._needs_tokens and not count:
            reason = "the text has no tokens, and the model needs at least one"
        elif self._most is not None and count > self._most:
            reason = (
                f"the text has {count} tokens, special ones included; the model takes "
                f"{self._most}, and the option 'properties.truncation' is 'false'"
            )
        if reason:
            raise ConversionError(reason, self._input_names[self._columns[0] or 0])
