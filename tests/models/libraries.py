# SPDX-License-Identifier: Apache-2.0
"""Predict functions that double a number with a numeric library.

The property ``import-in`` selects where the library is imported: ``open`` or ``predict``.
"""

from abc import abstractmethod
from collections.abc import Callable

from pyflink_ml_embedded import PredictFunction, Row

Doubler = Callable[[float], float]


class _LibraryFunction(PredictFunction):
    def open(self, context):
        self._double = self.load() if self.init_properties["import-in"] == "open" else None

    def predict(self, data):
        if self._double is None:
            self._double = self.load()
        return [Row(self._double(data[0]))]

    @abstractmethod
    def load(self) -> Doubler:
        """Imports the library and returns a function that doubles a number with it."""


class Numpy(_LibraryFunction):
    """Also divides by zero, because the warning acquires the GIL by PyGILState_Ensure."""

    def load(self):
        import numpy as np

        def double(x):
            np.divide(np.array([x]), np.zeros(1))
            return np.float64(x) * 2

        return double


class Pyarrow(_LibraryFunction):
    """Shares memory with numpy both ways, which acquires the GIL by PyGILState_Ensure."""

    def load(self):
        import pyarrow as pa

        def double(x):
            pa.py_buffer(b"borrowed").to_pybytes()
            return pa.array([x, x]).to_numpy().sum()

        return double


class OnnxRuntime(_LibraryFunction):
    """Runs the multiplication by [[1, 2], [3, 4], [5, 6]] that is included in onnxruntime."""

    def load(self):
        import numpy as np
        import onnxruntime
        from onnxruntime.datasets import get_example

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(get_example("mul_1.onnx"), options)

        def double(x):
            (products,) = session.run(None, {"X": np.full((3, 2), x, np.float32)})
            return products[0, 1]

        return double


class ScikitLearn(_LibraryFunction):
    """Predicts with a linear regression through (0, 0) and (1, 2)."""

    def load(self):
        from sklearn.linear_model import LinearRegression

        regression = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
        return lambda x: regression.predict([[x]])[0]


class Torch(_LibraryFunction):
    """Runs a linear layer, whose operators release and acquire the GIL."""

    def load(self):
        import torch

        layer = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
        torch.nn.init.constant_(layer.weight, 2.0)

        def double(x):
            with torch.no_grad():
                return layer(torch.tensor([x], dtype=torch.float64)).item()

        return double
