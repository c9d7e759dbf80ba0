"""The function of bench_call.py."""

from collections.abc import Sequence
from itertools import cycle, islice
from time import perf_counter_ns

from identity import Identity

import __main__
from pyflink_ml_embedded import PredictContext, Row


class PublishedIdentity(Identity):
    """Is found in ``__main__``, by its property ``name``, by PemJa and by a plain loop."""

    def open(self, context: PredictContext) -> None:
        """Publishes the function."""
        setattr(__main__, context.properties["name"], self)

    def loop(self, rows: Sequence[tuple[object]], calls: int) -> int:
        """Predicts so many rows, each made anew from ready values; returns the nanoseconds."""
        predict = self.predict
        started = perf_counter_ns()
        for fields in islice(cycle(rows), calls):
            for (_,) in predict(Row(*fields)):
                pass
        return perf_counter_ns() - started

    def results(self, rows: Sequence[tuple[object]]) -> list[object]:
        """Returns the result of each row, predicted as ``loop`` does it."""
        return [value for fields in rows for (value,) in self.predict(Row(*fields))]
