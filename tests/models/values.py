# SPDX-License-Identifier: Apache-2.0
"""Predict functions that show which Python values a row holds, and which results are accepted."""

import collections
import pickle
import threading

from pyflink_ml_embedded import PredictFunction, Row


class Identity(PredictFunction):
    """Returns the only value unchanged, with its type and its repr."""

    def predict(self, data):
        value = data[0]
        kind = type(value)
        return [Row(value, kind.__module__ + "." + kind.__qualname__, repr(value))]


class NumpyScalars(PredictFunction):
    """Answers with one numpy scalar for each numeric type, and with numpy's str and bytes."""

    def predict(self, data):
        import numpy as np

        return [
            Row(
                np.bool_(True),
                np.int8(-128),
                np.int16(-32768),
                np.int32(-(2**31)),
                np.int64(-(2**63)),
                np.float32(0.5),
                np.float64(0.1),
                np.str_("text"),
                np.bytes_(b"bytes"),
            )
        ]


class RowAccess(PredictFunction):
    """Reads a row ``(x BIGINT, s STRING)`` in every way that pyflink.common.Row supports."""

    def predict(self, data):
        x, s = data
        again = pickle.loads(pickle.dumps(data))
        named = Row("x", "s")
        assert (data[0], data["s"], data.x) == (x, s, x)
        assert data[:2] == [x, s]
        assert len(data) == 2
        assert "s" in data
        assert data == again == Row(x=x, s=s) == named(x, s)
        assert data.as_dict() == {"x": x, "s": s}
        assert data.get_fields_by_names(["s"]) == [s]
        assert data.get_row_kind().name == "INSERT"
        return [again]


class KeepsRows(PredictFunction):
    """Answers each row with the first row, which it keeps."""

    def open(self, context):
        self._kept = []

    def predict(self, data):
        self._kept.append(data)
        return [self._kept[0]]


class Subtask(PredictFunction):
    """Returns the only value with the index of its subtask."""

    def open(self, context):
        self._subtask = context.subtask_index

    def predict(self, data):
        return [Row(data[0], self._subtask)]


class Threads(PredictFunction):
    """Answers whether predict runs on the thread that ran open."""

    def open(self, context):
        self._opened_on = threading.get_native_id()

    def predict(self, data):
        return [Row(threading.get_native_id() == self._opened_on)]


class Counts(PredictFunction):
    """Counts the elements of an ARRAY."""

    def predict(self, data):
        return [Row(collections.Counter(data[0]))]


class Vectors(PredictFunction):
    """Answers with numpy arrays: one of the width of the column, one that grows the memory."""

    array_format = "numpy"

    def predict(self, data):
        import numpy as np

        vector = data[0]
        kind = f"{type(vector).__module__}.{type(vector).__qualname__} of {vector.dtype}"
        return [Row(kind, vector * 2, np.zeros(100_000))]


class WrongElement(PredictFunction):
    """Answers with an age that is not a number."""

    def predict(self, data):
        return [Row([("Ada", 36), ("Bob", "old")])]


class Echo(PredictFunction):
    """Returns the whole row."""

    def predict(self, data):
        return [data]


class Times(PredictFunction):
    """Multiplies a number by the property ``factor``."""

    def predict(self, data):
        """Returns one number."""
        return [(data[0] * float(self.init_properties["factor"]),)]
