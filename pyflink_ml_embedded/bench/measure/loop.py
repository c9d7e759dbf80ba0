# SPDX-License-Identifier: Apache-2.0
"""The limit: the model in a bare Python loop over prepared rows, without Flink."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from ..._batch.batch_formats import make_converter
from .model import as_rows, load_model, open_path
from .workload import Workload

__all__ = ["Loop"]


class Loop:
    """An endless loop over the rows of a workload.

    Args:
        workload: the workload to run.
        batch_size: the rows in a call of ``predict_batch``; 0 calls ``predict``.
    """

    def __init__(self, workload: Workload, batch_size: int) -> None:
        self._workload = workload
        self._batch_size = batch_size
        self._function: Any = load_model(workload)

    def collect(self) -> list[tuple[Any, ...]]:
        """Predicts each row once; returns the results in the order of the rows.

        Raises:
            ValueError: a row does not have exactly one result.
        """
        path = open_path(self._function, self._workload, self._batch_size)
        rows = self._workload.tuples()
        if self._batch_size:
            starts = range(0, len(rows), self._batch_size)
            batches = (rows[start : start + self._batch_size] for start in starts)
            found = [results for batch in batches for results in path.predict_batch(batch)]
        else:
            found = [path(row) for row in rows]
        for number, results in enumerate(found):
            if len(results) != 1:
                raise ValueError(
                    f"the model returned {len(results)} results for row {number}; the benchmark "
                    "needs one for each row"
                )
        return [tuple(row) for (row,) in found]

    def run(self, seconds: float, least_rows: int = 1) -> tuple[int, float]:
        """Predicts until the time has passed and there were enough rows.

        Returns:
            the number of rows, and their seconds.
        """
        steps = self._batches() if self._batch_size else self._rows()
        rows = 0
        started = now = time.perf_counter()
        while now - started < seconds or rows < least_rows:
            rows += next(steps)
            now = time.perf_counter()
        return rows, now - started

    def _rows(self) -> Iterator[int]:
        predict = self._function.predict
        rows = as_rows(self._function, self._workload)
        while True:
            for row in rows:
                for _ in predict(row):
                    pass
            yield len(rows)

    def _batches(self) -> Iterator[int]:
        predict: Callable[[Any], Any] = self._function.predict_batch
        convert = make_converter(type(self._function))
        rows = self._workload.rows()
        starts = range(0, rows.num_rows, self._batch_size)
        batches = [convert(rows.slice(start, self._batch_size)) for start in starts]
        sizes = [min(self._batch_size, rows.num_rows - start) for start in starts]
        for batch, size in itertools.cycle(zip(batches, sizes, strict=True)):
            predict(batch)
            yield size
