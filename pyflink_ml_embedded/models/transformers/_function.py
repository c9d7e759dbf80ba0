# SPDX-License-Identifier: Apache-2.0
"""A predict function for models of Hugging Face transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._context import PredictContext
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Row
from .._requirements import require_package


class TransformersPredictFunction(PredictFunction, BatchPredictFunction):
    """Predicts with a model directory of transformers or sentence-transformers.

    INPUT is one column ``text``, matched by name or else by position. The task text-classification
    also takes a column ``text_pair``, and zero-shot-classification a column
    ``candidate_labels ARRAY<STRING>``. The task question-answering takes ``question`` and
    ``context``, and image-classification ``image BYTES``.

    OUTPUT depends on the task:

    - text-classification, zero-shot-classification, image-classification: any of
      ``label STRING`` and ``score DOUBLE`` (the best label), ``labels ARRAY<STRING>`` and
      ``scores ARRAY<DOUBLE>`` (the best first), and for each label a column of its name with its
      score.
    - token-classification: one column ``entities ARRAY<ROW<...>>``, or a row for each entity. The
      fields are those of the pipeline of transformers: ``entity``, ``score``, ``index``, ``word``,
      ``start`` and ``end``. With an aggregation strategy, ``entity_group`` replaces ``entity`` and
      ``index``.
    - question-answering: any of ``answer``, ``score``, ``start`` and ``end`` of the best answer,
      and ``answers ARRAY<ROW<...>>``.
    - fill-mask: any of ``token_str``, ``score``, ``token`` and ``sequence`` of the best token,
      and ``predictions ARRAY<ROW<...>>``.
    - text-generation, text2text-generation: ``generated_text``; summarization: ``summary_text``.
    - sentence-embedding: one column ``ARRAY<FLOAT>``.
    - feature-extraction: one column ``ARRAY<ARRAY<FLOAT>>``, with a vector for each token.

    NULL in a column of INPUT gives NULL in all columns of OUTPUT, or fails the row if one of them
    is NOT NULL. If OUTPUT has a row for each entity, NULL gives no row.

    Properties:
        task: one of the above; by default the one that the model was trained for.
        device: a device of torch, e.g. ``cuda:0``; ``cpu`` by default.
        dtype: ``float32`` (default), ``float16``, ``bfloat16``, or ``auto`` for that of the file.
        max-batch-tokens: the maximum number of tokens of a call of the model, which is its number
            of texts times the tokens of the longest. The texts of a batch are then predicted in
            several calls, sorted by their length.
        max-length: the maximum number of tokens of a text; by default the model's limit.
        truncation: whether a longer text is truncated (default) or fails the row.
        intra-op-threads: how many threads torch uses for one operation; 1 by default.
        trust-remote-code: whether Python code in the directory may run; ``false`` by default.
        top-k: the maximum number of labels, answers or tokens in a column that has several.
        max-answer-length: the maximum number of tokens of an answer; 15 by default.
        impossible-answer: whether an answer may be empty; ``false`` by default.
        max-new-tokens: the maximum number of tokens that are written.
        return-full-text: whether text-generation returns the text with its continuation.
        candidate-labels: the labels of zero-shot-classification, separated by commas.
        hypothesis-template: the hypothesis of zero-shot-classification, with ``{}`` for the label.
        multi-label: whether several labels of zero-shot-classification can be true.
        aggregation-strategy: how token-classification groups tokens: ``none`` (default),
            ``simple``, ``first``, ``average`` or ``max``.
        function-to-apply: the function from the outputs of text-classification to scores:
            ``none``, ``sigmoid`` or ``softmax``; by default that of the directory or the pipeline.
        pooling: how sentence-embedding combines the vectors of tokens: ``mean``, ``cls``, ``max``,
            ``mean_sqrt_len_tokens``, ``weightedmean`` or ``lasttoken``; by default as the
            directory specifies.
        prompt-name: the name of the prompt of sentence-embedding that precedes each text.
        truncate-dim: how many numbers of a vector of sentence-embedding are returned.
        normalize: whether vectors of sentence-embedding have the length 1; by default as the
            directory specifies.
    """

    # A Predictor while the function is open. Its module imports torch.
    _predictor: Any = None

    def open(self, context: PredictContext) -> None:
        """Loads the model, and maps the columns to its texts and results.

        Raises:
            ModelError: a package or file is missing, or a property or column does not fit.
        """
        for package in ("torch", "transformers"):
            require_package(package, "transformers")
        from ._predictor import Predictor

        self._predictor = Predictor(context)

    def predict(self, data: Row) -> list[tuple[Any, ...]]:
        """Returns the rows of one text."""
        rows: list[tuple[Any, ...]] = self._predictor.predict([data[:]])[0]
        return rows

    def predict_batch(self, batch: Any) -> Any:
        """Returns the rows of all texts, predicted together."""
        columns = [column.to_pylist() for column in batch.columns]
        results = self._predictor.predict(list(zip(*columns, strict=True)))
        rows = [row for result in results for row in result]
        by_name = {
            name: [row[position] for row in rows]
            for position, name in enumerate(self._predictor.output_names)
        }
        if not self._predictor.many:
            return by_name
        return by_name, [index for index, result in enumerate(results) for _ in result]

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns a sample row that the task takes: short texts, or an image of one colour."""
        row: Sequence[Any] = self._predictor.warm_up_row()
        return row

    def close(self) -> None:
        """Releases the model."""
        predictor, self._predictor = self._predictor, None
        if predictor is not None:
            predictor.close()
