# SPDX-License-Identifier: Apache-2.0
"""Predict functions that answer ``(x BIGINT, s STRING)`` in every shape that a result can have."""

from pyflink_ml_embedded import PredictFunction, Row


def _generator(x, s):
    yield Row(x, s)


def _flink_row(x, s):
    from pyflink.common import Row as FlinkRow

    return [FlinkRow(x, s)]


def _flink_row_by_name(x, s):
    from pyflink.common import Row as FlinkRow

    return [FlinkRow(x=x, s=s)]


_TWO_OUTPUTS = {
    "list of Row": lambda x, s: [Row(x, s)],
    "list of Row by name": lambda x, s: [Row(x=x, s=s)],
    "list of pyflink Row": _flink_row,
    "list of pyflink Row by name": _flink_row_by_name,
    "list of tuple": lambda x, s: [(x, s)],
    "list of list": lambda x, s: [[x, s]],
    "list of dict": lambda x, s: [{"s": s, "x": x}],
    "tuple of Row": lambda x, s: (Row(x, s),),
    "set of tuple": lambda x, s: {(x, s)},
    "generator": _generator,
    "iterator": lambda x, s: iter([(x, s)]),
    "map": lambda x, s: map(tuple, [[x, s]]),
}

_ONE_OUTPUT = {
    "scalar": lambda x: [x],
    "scalar in a tuple": lambda x: (x,),
    "scalar from a generator": lambda x: (value for value in [x]),
    "Row": lambda x: [Row(x)],
    "tuple": lambda x: [(x,)],
    "list": lambda x: [[x]],
    "dict": lambda x: [{"y": x}],
}


class TwoOutputs(PredictFunction):
    """Returns its input in the shape that the property ``shape`` names."""

    def open(self, context):
        self._shape = _TWO_OUTPUTS[self.init_properties["shape"]]

    def predict(self, data):
        return self._shape(data.x, data.s)


class OneOutput(PredictFunction):
    """Returns its only input in the shape that the property ``shape`` names."""

    def open(self, context):
        self._shape = _ONE_OUTPUT[self.init_properties["shape"]]

    def predict(self, data):
        return self._shape(data[0])


class Countdown(PredictFunction):
    """Answers n with the rows n - 1 ... 0: none for 0, and None if n is negative."""

    def predict(self, data):
        (n,) = data
        return None if n < 0 else [Row(i) for i in reversed(range(n))]
