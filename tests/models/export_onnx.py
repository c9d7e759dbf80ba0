# SPDX-License-Identifier: Apache-2.0
"""Writes an ONNX file: inputs a and b, output difference. Usage: ``export_onnx.py FILE``."""

import sys

import onnx
from onnx import TensorProto, helper

column = ["rows", 1]
graph = helper.make_graph(
    [helper.make_node("Sub", ["a", "b"], ["difference"])],
    "subtractor",
    [helper.make_tensor_value_info(name, TensorProto.FLOAT, column) for name in ("a", "b")],
    [helper.make_tensor_value_info("difference", TensorProto.FLOAT, column)],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.save(model, sys.argv[1])
