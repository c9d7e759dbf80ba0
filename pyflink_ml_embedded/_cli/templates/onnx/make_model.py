# SPDX-License-Identifier: Apache-2.0
"""Writes model.onnx: a classifier of scikit-learn for the species of an iris.

Only this script needs scikit-learn and skl2onnx. Replace it by your own training.
"""

from pathlib import Path

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

features, species = load_iris(return_X_y=True)
classifier = LogisticRegression(max_iter=1000).fit(features, species)
model = to_onnx(
    classifier,
    initial_types=[("features", FloatTensorType([None, 4]))],
    options={"zipmap": False},  # probabilities as a tensor, not as a list of dicts
)
Path(__file__).with_name("model.onnx").write_bytes(model.SerializeToString())
