# SPDX-License-Identifier: Apache-2.0
"""The task that finds the answer to a question in a text.

Version 5 of transformers has no pipeline for it. This is the computation of version 4.57.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from ..._batch.by_length import cut_by_length
from ..._exceptions import ConversionError, ModelError
from ..._properties import flag, integer, optional_integer
from ._columns import INTEGER, NUMBER, TEXT, Parameter, columns_text, map_best
from ._task import Setup, Task, Values

_FIELDS = {"answer": TEXT, "score": NUMBER, "start": INTEGER, "end": INTEGER}
# The pipeline's defaults.
_WINDOW = 384
_STRIDE = 128
_LONGEST = 15


class _Window(NamedTuple):
    """A part of a context with its question, as the model reads it.

    Attributes:
        row: the position of its row in the batch.
        inputs: the arguments of the model, as lists.
        encoding: the tokens with their places in the context.
        candidates: whether a token can be in an answer; of the first it is that there is none.
    """

    row: int
    inputs: dict[str, list[int]]
    encoding: Any
    candidates: Any


class QuestionAnswering(Task):
    """Finds answers in a context, which is read in windows if it is long."""

    parameters = (Parameter("question", TEXT), Parameter("context", TEXT))
    properties = ("impossible-answer", "max-answer-length", "top-k")
    # No part of a long context is left out.
    limits = ("max-batch-tokens", "max-length")
    auto_class = "AutoModelForQuestionAnswering"
    architectures = ("ForQuestionAnswering", "ForQuestionAnsweringSimple")
    sample = ("What is short?", "A short text.")

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        tokenizer = setup.loaded.tokenizer
        if not tokenizer.is_fast or tokenizer.padding_side != "right":
            raise ModelError(
                f"the tokenizer in '{setup.directory.transformer}' is a "
                f"{type(tokenizer).__name__} with padding on the {tokenizer.padding_side}; the "
                "task question-answering needs a fast tokenizer with padding on the right"
            )
        self._window = min(setup.loaded.max_length or _WINDOW, _WINDOW)
        if "max-length" in setup.properties:
            self._window = setup.loaded.max_length or _WINDOW
        self._stride = min(self._window // 2, _STRIDE)
        self._longest = integer(setup.properties, "max-answer-length", _LONGEST, 1)
        self._may_lack = flag(setup.properties, "impossible-answer", False)
        top_k = optional_integer(setup.properties, "top-k", 1)
        self._top_k = top_k or 1
        self._columns = setup.inputs
        self._row = map_best(
            setup.outputs,
            _FIELDS,
            "answers",
            f"the task question-answering gives {columns_text(_FIELDS)} of the best answer, and "
            "answers ARRAY<ROW<...>> with these fields",
            top_k,
        )

    def predict_in_calls(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each question; the windows are cut, and not the rows."""
        return self.predict(inputs)

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each question."""
        windows = [
            window
            for row, (question, context) in enumerate(inputs)
            for window in self._split(row, question, context)
        ]
        found: list[list[dict[str, Any]]] = [[] for _ in inputs]
        lacking = [1.0] * len(inputs)
        for window, (start, end) in zip(windows, self._run_all(windows, len(inputs)), strict=True):
            row = window.row
            context = inputs[row][1]
            lacking[row] = min(lacking[row], self._collect(found[row], window, start, end, context))
        return [[self._row(self._best(*both))] for both in zip(found, lacking, strict=True)]

    def _split(self, row: int, question: str, context: str) -> list[_Window]:
        tokenizer = self.loaded.tokenizer
        for text, column in zip((question, context), self._columns, strict=True):
            if not tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]:
                raise ConversionError("the text has no tokens", column)
        asked = len(tokenizer(question, add_special_tokens=False, verbose=False)["input_ids"])
        room = self._window - asked - tokenizer.num_special_tokens_to_add(pair=True)
        if room <= self._stride:
            raise ConversionError(
                f"the question has {asked} tokens, which leaves room for {room} tokens of the "
                f"context in a window of {self._window}; more than {self._stride} are needed",
                self._columns[0],
            )
        encoded = tokenizer(
            question,
            context,
            truncation="only_second",
            max_length=self._window,
            stride=self._stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        names = [name for name in tokenizer.model_input_names if name in encoded]
        windows = []
        for number, tokens in enumerate(encoded["input_ids"]):
            of_context = np.array([part == 1 for part in encoded.sequence_ids(number)])
            # Some models use this token for a question without an answer.
            first = np.array([token == tokenizer.cls_token_id for token in tokens])
            arguments = {name: encoded[name][number] for name in names}
            windows.append(_Window(row, arguments, encoded[number], of_context | first))
        return windows

    def _run_all(self, windows: Sequence[_Window], rows: int) -> list[tuple[Any, Any]]:
        """Returns the outputs for the start and the end of an answer, for each window."""
        outputs: list[Any] = [None] * len(windows)
        if self.max_batch_tokens is not None:
            lengths = np.array([len(window.candidates) for window in windows])
            calls = cut_by_length(lengths, self.max_batch_tokens)
        else:
            step = rows if self.loaded.can_pad else 1
            positions = np.arange(len(windows))
            calls = [positions[first : first + step] for first in range(0, len(windows), step)]
        for call in calls:
            found = self._run([windows[position] for position in call])
            for position, *output in zip(call, *found, strict=True):
                outputs[position] = tuple(output)
        return outputs

    def _run(self, windows: Sequence[_Window]) -> tuple[list[Any], list[Any]]:
        """Returns the outputs for the start and the end of an answer, for each window."""
        tokenizer = self.loaded.tokenizer
        padding = {
            "input_ids": tokenizer.pad_token_id,
            "token_type_ids": tokenizer.pad_token_type_id,
        }
        arguments = {
            name: torch.nn.utils.rnn.pad_sequence(
                [torch.tensor(window.inputs[name]) for window in windows],
                batch_first=True,
                padding_value=padding.get(name) or 0,
            ).to(self.loaded.model.device)
            for name in windows[0].inputs
        }
        output = self.loaded.model(**arguments)
        lengths = [len(window.candidates) for window in windows]
        starts, ends = (
            [row[:length].float().cpu().numpy() for row, length in zip(both, lengths, strict=True)]
            for both in (output.start_logits, output.end_logits)
        )
        return starts, ends

    def _collect(
        self, answers: list[dict[str, Any]], window: _Window, start: Any, end: Any, context: str
    ) -> float:
        """Adds the answers in a window, and returns the probability that it has none."""
        candidates = window.candidates
        start, end = _probabilities(start, candidates), _probabilities(end, candidates)
        none = float(start[0] * end[0])
        start[0] = end[0] = 0.0
        # Some candidates are the same after they are extended to whole words.
        most = self._top_k * 2 + 10
        for first, last, score in _spans(start, end, candidates, self._longest, most):
            begin, behind = _characters(window.encoding, first, last)
            answer = context[begin:behind]
            for other in answers:
                if other["answer"].lower() == answer.lower():
                    other["score"] += score
                    break
            else:
                answers.append({"answer": answer, "score": score, "start": begin, "end": behind})
        return none

    def _best(self, answers: list[dict[str, Any]], none: float) -> list[dict[str, Any]]:
        if self._may_lack:
            answers.append({"answer": "", "score": none, "start": 0, "end": 0})
        if not answers:
            raise ConversionError("no answer was found in the text", self._columns[1])
        return sorted(answers, key=lambda one: -one["score"])[: self._top_k]


def _probabilities(logits: Any, candidates: Any) -> Any:
    masked = np.where(candidates, logits, np.float32(-10000.0))
    exponents = np.exp(masked - masked.max())
    return exponents / exponents.sum()


def _spans(
    start: Any, end: Any, candidates: Any, longest: int, most: int
) -> list[tuple[int, int, float]]:
    """Returns the first and the last token, and the score, of the best spans."""
    products = np.tril(np.triu(np.outer(start, end)), longest - 1)
    flat = products.ravel()
    if len(flat) < most:
        order = np.argsort(-flat)
    else:
        chosen = np.argpartition(-flat, most)[:most] if len(flat) > most else np.arange(most)
        order = chosen[np.argsort(-flat[chosen])]
    pairs = zip(*np.unravel_index(order, products.shape), strict=True)
    return [
        (int(first), int(last), float(products[first, last]))
        for first, last in pairs
        if candidates[first] and candidates[last]
    ]


def _characters(encoding: Any, first: int, last: int) -> tuple[int, int]:
    """Returns the offsets in the context of the words with the first and the last token."""
    try:
        words = encoding.token_to_word(first), encoding.token_to_word(last)
        begin, _ = encoding.word_to_chars(words[0], sequence_index=1)
        _, behind = encoding.word_to_chars(words[1], sequence_index=1)
    except Exception:
        # Some tokenizers know no words.
        begin, behind = encoding.offsets[first][0], encoding.offsets[last][1]
    return begin, behind
