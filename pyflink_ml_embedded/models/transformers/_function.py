"""A predict function for the models of Hugging Face transformers that read text."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from ..._context import PredictContext
from ..._exceptions import ModelError
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Row


class TransformersPredictFunction(PredictFunction, BatchPredictFunction):
    """Predicts with a model directory of transformers or sentence-transformers.

    INPUT is one text column. The task text-classification also takes two, the second being the
    text that belongs to the first, unless they are named ``text`` and ``text_pair``; the task
    zero-shot-classification also takes a column ``candidate_labels ARRAY<STRING>``.

    OUTPUT depends on the task:

    - text-classification, zero-shot-classification: any of ``label STRING`` and ``score DOUBLE``,
      of the best label; ``labels ARRAY<STRING>`` and ``scores ARRAY<DOUBLE>``, the best first; and
      the score of a label in a column of its name.
    - token-classification: one column ``entities ARRAY<ROW<...>>``, or a row for each entity, with
      the fields that the pipeline of transformers gives: ``entity``, ``score``, ``index``,
      ``word``, ``start`` and ``end``; ``entity_group`` in place of ``entity`` and ``index`` where
      there is an aggregation strategy.
    - sentence-embedding: one column ``ARRAY<FLOAT>``.
    - feature-extraction: one column ``ARRAY<ARRAY<FLOAT>>``, a vector for each token.

    NULL in a column of INPUT gives NULL in all of OUTPUT, or fails the row where a column of
    OUTPUT is NOT NULL; where OUTPUT has a row for each entity, it gives no row.

    Properties:
        task: one of the above; by default what the model was trained for.
        device: a device of torch, e.g. ``cuda:0``; ``cpu`` by default.
        dtype: ``float32``, the default, ``float16``, ``bfloat16``, or ``auto`` for the file's.
        max-length: the most tokens of a text; by default what the model takes.
        truncation: whether a longer text is cut, as by default, or fails its row.
        intra-op-threads: how many threads torch uses for one operation; 1 by default.
        trust-remote-code: whether Python code in the directory may run; ``false`` by default.
        top-k: the most labels and scores in the columns ``labels`` and ``scores``.
        candidate-labels: for zero-shot-classification, with commas between the labels.
        hypothesis-template: for zero-shot-classification, with ``{}`` for the label.
        multi-label: for zero-shot-classification, whether several labels can be true.
        aggregation-strategy: for token-classification: ``none``, the default, ``simple``,
            ``first``, ``average`` or ``max``.
        pooling: for sentence-embedding: ``mean``, ``cls`` or ``max``; by default what the
            directory says.
        normalize: for sentence-embedding, whether vectors have the length 1; likewise.
    """

    # A TextPredictor while the function is open; its module needs torch.
    _predictor: Any = None

    def open(self, context: PredictContext) -> None:
        """Loads the model, and maps the columns to what it takes and gives.

        Raises:
            ModelError: a package or file is missing, or a property or column does not fit.
        """
        for package in ("torch", "transformers"):
            _require(package)
        from ._predictor import TextPredictor

        self._predictor = TextPredictor(context)

    def predict(self, data: Row) -> list[tuple[Any, ...]]:
        """Returns the rows of one text."""
        rows: list[tuple[Any, ...]] = self._predictor.predict([data[:]])[0]
        return rows

    def predict_batch(self, batch: Any) -> Any:
        """Returns the rows of the texts, by few calls of the model for many of them."""
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
        """Returns a short text, with candidate labels where INPUT has them."""
        row: Sequence[Any] = self._predictor.warm_up_row()
        return row

    def close(self) -> None:
        """Drops the model."""
        predictor, self._predictor = self._predictor, None
        if predictor is not None:
            predictor.close()


def _require(package: str) -> None:
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise ModelError(
            f"{package} is not installed: pip install 'pyflink-ml-embedded[transformers]'"
        ) from error
