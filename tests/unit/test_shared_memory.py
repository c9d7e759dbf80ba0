# SPDX-License-Identifier: Apache-2.0
"""Four subtasks that share a model of 200 MB need the memory of one, and release it."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

SIDE = 7240  # a float32 matrix with this number of rows and columns has 200 MB
# Opens functions and prints, in MB: the memory of the process before, with them, and after.
MEASURE = """
    import json, sys
    from pyflink_ml_embedded._schema import describe_column
    from pyflink_ml_embedded._runtime.open import close_function, open_function

    def resident():
        # Without the pages of libraries, which the kernel drops and reads again as it likes.
        with open("/proc/self/status") as file:
            (line,) = (line for line in file if line.startswith("RssAnon:"))
        return int(line.split()[1]) / 2**10

    def opened(directory, subtask, count):
        return open_function(json.dumps({
            "model": "m", "python_class": None, "properties": {}, "model_config": None,
            "files": {"origin": directory, "fetcher": "jvm", "directory": directory},
            "inputs": [describe_column("x", "ARRAY<FLOAT>")],
            "outputs": [describe_column("y", "ARRAY<FLOAT>")],
            "subtask_index": subtask, "parallelism": count, "batch": None,
            "warm_up": "off", "background": False, "monitoring": None, "dependencies": None,
            "version": None, "caller": "subtask 1 of 1",
            "predict_timeout": None,
            "sensitive_properties": [],
            "allow_pickle": True,
        }))

    small, large, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    close_function(opened(small, 0, 1))  # the libraries stay in memory
    before = resident()
    paths = [opened(large, subtask, count) for subtask in range(count)]
    values = [path(([1.0] * 7240,))[0].y[0] for path in paths]
    opened_all = resident()
    for path in paths:
        close_function(path)
    del path, paths
    print(json.dumps([before, opened_all, resident(), values]))
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Returns two directories with a model: of a few bytes, and of 200 MB."""
    return [_write(tmp_path_factory.mktemp("model"), side) for side in (1, SIDE)]


def _write(directory, side):
    weights = numpy_helper.from_array(np.ones((side, side), np.float32), "w")
    infos = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", side]) for name in ("x", "y")
    ]
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", infos[:1], infos[1:], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, directory / "model.onnx")
    return str(directory)


def measure(models, count):
    """Returns the memory in MB that this number of functions uses, and that remains after close."""
    command = [sys.executable, "-c", textwrap.dedent(MEASURE), *models, str(count)]
    output = subprocess.run(command, capture_output=True, check=True, text=True, timeout=300).stdout
    before, opened, after, values = json.loads(output)
    assert values == [SIDE] * count
    return opened - before, after - before


def test_four_subtasks_need_the_memory_of_one(models):
    """When the last one closes, the memory returns to the system."""
    one, left_by_one = measure(models, 1)
    four, left_by_four = measure(models, 4)
    assert one > 190
    assert four < 1.1 * one
    assert max(left_by_one, left_by_four) < 0.1 * one
