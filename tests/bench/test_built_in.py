# SPDX-License-Identifier: Apache-2.0
"""The built-in workloads predict what reference libraries compute."""

import functools
import json
import re
import zlib

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from pyflink_ml_embedded.bench.measure.built_in import WORKLOADS, write_built_in
from pyflink_ml_embedded.bench.measure.loop import Loop


@pytest.fixture(scope="module")
def built_in(tmp_path_factory):
    """Returns a workload, which is written once, and the result of each row."""

    @functools.cache
    def write(name):
        workload = write_built_in(name, tmp_path_factory.mktemp(name))
        return workload, Loop(workload, 0).collect()

    return write


@pytest.mark.parametrize("name", WORKLOADS)
def test_rows_and_batches_have_the_same_results(name, built_in):
    """Contenders that call by row and by batch are compared with each other."""
    workload, rows = built_in(name)
    batches = Loop(workload, 100).collect()
    assert len(rows) == workload.rows().num_rows
    for column, others in zip(zip(*rows, strict=True), zip(*batches, strict=True), strict=True):
        if isinstance(column[0], float):
            np.testing.assert_allclose(column, others, rtol=1e-4, atol=1e-6)
        else:
            assert column == others


@pytest.mark.parametrize("name", [name for name in WORKLOADS if name.startswith(("dou", "str"))])
def test_identity_returns_its_rows(name, built_in):
    """The workload measures only the cost of crossing into Python."""
    workload, results = built_in(name)
    assert results == workload.tuples()


@pytest.mark.parametrize("size", [100, 1000, 10_000, 100_000])
def test_json_rows_have_the_size_in_the_name(size, built_in):
    """PyFlink's published figures are for these sizes."""
    workload, results = built_in(f"json_{size}")
    rows = workload.tuples()
    assert {len(text.encode()) for (text,) in rows} == {size}
    assert results == [(json.loads(text)["value"],) for (text,) in rows]


def test_layers_predict_what_numpy_computes(built_in):
    """Numpy multiplies the weights from the file."""
    workload, results = built_in("onnx_mlp")
    graph = onnx.load(workload.onnx_file).graph
    weights = [numpy_helper.to_array(tensor) for tensor in graph.initializer]
    values = np.array(workload.tuples())
    for layer in range(0, len(weights), 2):
        values = (values.clip(0) if layer else values) @ weights[layer] + weights[layer + 1]
    np.testing.assert_allclose(results, values, rtol=1e-4, atol=1e-5)


def test_transformer_predicts_what_numpy_computes(built_in):
    """Attention must not see the padding of a batch."""
    workload, _ = built_in("transformer")
    graph = onnx.load(f"{workload.model_directory}/transformer.onnx").graph
    weights = [numpy_helper.to_array(tensor) for tensor in graph.initializer]
    matrices = [w for w in weights if w.dtype == np.float32 and w.ndim == 2]
    biases = [w for w in weights if w.ndim == 1 and w.dtype == np.float32 and w.std() not in (0,)]
    texts = workload.tuples()[:20]
    expected = [_classify(text, list(matrices), list(biases)) for (text,) in texts]
    np.testing.assert_allclose(Loop(workload, 64).collect()[:20], expected, atol=1e-5)


def _classify(text, matrices, biases):
    words = re.findall(r"\w+|[^\w\s]", text.lower())[:64]
    table, places = matrices.pop(0), matrices.pop(0)
    tensor = table[[zlib.crc32(word.encode()) % 4096 for word in words]] + places[: len(words)]

    def dense(values):
        return values @ matrices.pop(0) + biases.pop(0)

    for _ in range(2):
        query, key, value = (dense(tensor).reshape(-1, 4, 16) for _ in range(3))
        scores = np.einsum("qhd,khd->hqk", query, key) / 4
        mixed = np.einsum("hqk,khd->qhd", _softmax(scores), value).reshape(-1, 64)
        tensor = _norm(tensor + dense(mixed))
        tensor = _norm(tensor + dense(dense(tensor).clip(0)))
    return _softmax(dense(tensor.mean(axis=0)))


def _softmax(values):
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _norm(values):
    return (values - values.mean(axis=-1, keepdims=True)) / np.sqrt(
        values.var(axis=-1, keepdims=True) + 1e-5
    )
