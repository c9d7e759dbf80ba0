"""The pandas UDF of bench_batch.py."""

import numpy as np
import pandas as pd
from onnx_session import open_session
from pyflink.table.udf import FunctionContext, ScalarFunction


class OnnxUdf(ScalarFunction):
    """Predicts with an ONNX file, whose output columns are named y0, y1, ..."""

    def __init__(self, file: str) -> None:
        self.file = file

    def open(self, function_context: FunctionContext) -> None:
        self.session = open_session(self.file)
        self.input = self.session.get_inputs()[0].name

    def eval(self, *columns: pd.Series) -> pd.DataFrame:
        matrix = np.stack([column.to_numpy(np.float32) for column in columns], axis=1)
        (result,) = self.session.run(None, {self.input: matrix})
        return pd.DataFrame(result, columns=[f"y{index}" for index in range(result.shape[1])])
