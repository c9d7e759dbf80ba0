# SPDX-License-Identifier: Apache-2.0
"""Predicts rows of OUTPUT from rows of INPUT, for one open function."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import torch

from ..._context import PredictContext
from ..._exceptions import ConversionError
from ..._properties import check_properties, choice, flag, integer, optional_integer
from ._columns import map_inputs
from ._directory import SentenceSettings, read_directory, read_sentence_settings
from ._model import LoadedModel, limit_length, load_model, load_tokenizer, log_quietly
from ._task import Setup, TextInput
from ._tasks import TASKS, find_task
from ._torch_threads import TorchThreads

_PROPERTIES = (
    "device",
    "dtype",
    "intra-op-threads",
    "max-length",
    "task",
    "truncation",
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
        task = find_task(directory, properties)
        task_class = TASKS[task]
        known = (*_PROPERTIES, *task_class.properties)
        check_properties(properties, known, f"the task {task} of TransformersPredictFunction")
        device = properties.get("device", "cpu")
        dtype = choice(properties, "dtype", _DTYPES, "float32")
        threads = integer(properties, "intra-op-threads", 1, 1)
        asked = optional_integer(properties, "max-length", 1)
        trust = flag(properties, "trust-remote-code", False)
        self._truncation = flag(properties, "truncation", True)
        self._inputs = map_inputs(context.input_schema, task)
        self._input_names = context.input_schema.names
        self.output_names = context.output_schema.names
        of_sentences = task == "sentence-embedding"
        sentences = read_sentence_settings(directory) if of_sentences else SentenceSettings()

        log_quietly()
        # A tokenizer that uses all cores takes them from Flink.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        tokenizer = load_tokenizer(directory, trust)
        model = context.shared(
            "transformers",
            lambda: load_model(
                directory,
                task_class.auto_class,
                task_class.unused,
                device=device,
                dtype=dtype,
                trust_remote_code=trust,
            ),
        )
        max_length = limit_length(model, tokenizer, asked, sentences.max_length)
        self._loaded = LoadedModel(model, tokenizer, max_length)
        self._task = task_class(
            Setup(
                self._loaded,
                directory,
                sentences,
                self._inputs,
                context.output_schema,
                properties,
            )
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
                results = self._task.predict(asked)
        found = iter(results)
        return [self._null_rows or [] if given is None else next(found) for given in inputs]

    def warm_up_row(self) -> list[Any]:
        """Returns a sample row with a short text."""
        row: list[Any] = ["A short text."] * len(self._input_names)
        if self._inputs.labels is not None:
            row[self._inputs.labels] = ["one", "other"]
        return row

    def close(self) -> None:
        """Releases the number of threads; must be called once."""
        self._threads.release()

    def _read(self, row: Sequence[Any]) -> TextInput | None:
        """Returns the texts of a row; None if it has NULL. Raises ConversionError."""
        for name, value in zip(self._input_names, row, strict=True):
            if value is None:
                if self._null_rows is None:
                    raise ConversionError(
                        "NULL has no prediction, and OUTPUT has a NOT NULL column", name
                    )
                return None
        columns = self._inputs
        given = TextInput(
            row[columns.text],
            None if columns.pair is None else row[columns.pair],
            None if columns.labels is None else tuple(row[columns.labels]),
        )
        if not self._truncation and self._loaded.max_length is not None:
            self._check_length(given, self._loaded.max_length)
        return given

    def _check_length(self, given: TextInput, most: int) -> None:
        for text, pair in self._task.full_texts(given):
            count = len(self._loaded.tokenizer(text, pair, verbose=False)["input_ids"])
            if count > most:
                raise ConversionError(
                    f"the text has {count} tokens, special ones included; the model takes {most}, "
                    "and the option 'properties.truncation' is 'false'",
                    self._input_names[self._inputs.text],
                )
