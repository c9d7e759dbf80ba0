# SPDX-License-Identifier: Apache-2.0
"""What watches the calls of an open function: slow calls, profiles and samples of rows."""

import json
import re
import stat
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ..requests import make_request
from .jvm import Worker

# The published one, of speedscope 1.22.2 (https://github.com/jlfwong/speedscope, MIT license).
SPEEDSCOPE = json.loads((Path(__file__).parent / "speedscope-schema.json").read_text())

MODEL = """
import threading, time
from pyflink_ml_embedded import PredictFunction, BatchPredictFunction

class Slow(PredictFunction):
    def predict(self, row):
        self.wait_for_it(row[0])
        return [(row[0],)]

    def wait_for_it(self, seconds):
        time.sleep(seconds)

class Busy(PredictFunction):
    def predict(self, row):
        return [(self.add(row[0]),)]

    def add(self, x):
        for i in range(2_000):
            x += i
        return x

class Watched(PredictFunction):
    def open(self, context):
        names = [thread.name for thread in threading.enumerate()]
        self.watched = float("pyflink-ml-embedded-watcher" in names)

    def predict(self, row):
        return [(self.watched,)]

class Several(PredictFunction):
    def predict(self, row):
        return [(row[0], str(i)) for i in range(int(row[0]))]

class Batch(BatchPredictFunction):
    def predict_batch(self, batch):
        return batch
"""


@pytest.fixture
def model(tmp_path):
    """Returns the directory of a model."""
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


@pytest.fixture
def worker():
    """Returns a running worker."""
    with Worker() as started:
        yield started


def request(directory, name, outputs="y DOUBLE", batch_size=None, **monitoring):
    """Returns the request to open a class of the model with what watches it."""
    every = {
        "slow_predict_ms": None,
        "profile_directory": None,
        "tap_directory": None,
        "tap_ratio": 1.0,
        "version": "v1",
        "attempt": 2,
    }
    return make_request(
        directory,
        "x DOUBLE",
        outputs,
        batch_size=batch_size,
        python_class=f"model.{name}",
        monitoring={**every, **monitoring},
    )


def predict(function, x, row_number=1):
    """Predicts a row and returns the number of results."""
    function.write_doubles(0, [x])
    return function.predict(row_number)


def predict_value(function):
    """Predicts a row and returns the only value of its result."""
    assert predict(function, 1.0) == 1
    return function.read_doubles(1, 1)[0]


def logged(worker, directory):
    """Returns what was logged until now: the records come before the answer to a request."""
    worker.open(request(directory, "Batch")).close()
    return [record["text"] for record in worker.logged]


def test_stack_of_a_slow_call_is_logged_once(worker, model):
    """Who sees a job stand still wants to know where, and not a million times."""
    function = worker.open(request(model, "Slow", slow_predict_ms=50))
    predict(function, 0.5)
    predict(function, 0.5)
    (text,) = (text for text in logged(worker, model) if "slow-predict-threshold" in text)
    assert text.startswith("Model 'm': a call of predict in subtask 0 has taken 0.")
    assert "in wait_for_it" in text
    assert "pyflink_ml_embedded" not in text
    assert "threading" not in text


def test_fast_calls_are_not_logged(worker, model):
    """Calls that are many, but short, are not slow."""
    function = worker.open(request(model, "Busy", slow_predict_ms=200))
    for _ in range(3000):
        predict(function, 1.0)
    assert not any("slow-predict-threshold" in text for text in logged(worker, model))


def test_profile_of_short_rows_has_their_functions(worker, model, tmp_path):
    """A sampler that needs the GIL would only see what is between two rows."""
    directory = tmp_path / "new" / "profiles"
    function = worker.open(request(model, "Busy", profile_directory=str(directory)))
    for _ in range(10_000):
        function.predict()
    function.close()
    (file,) = directory.iterdir()
    assert re.fullmatch(r"m-subtask0-attempt2-\d{8}T\d{6}-\w{6}\.speedscope\.json", file.name)
    profile = json.loads(file.read_text())
    jsonschema.validate(profile, SPEEDSCOPE)
    names = {frame["name"] for frame in profile["shared"]["frames"]}
    assert {"Busy.predict", "Busy.add"} <= {f"Busy.{name.split('.')[-1]}" for name in names}
    assert all("pyflink_ml_embedded" not in f.get("file", "") for f in profile["shared"]["frames"])
    (sampled,) = profile["profiles"]
    seconds = dict(zip(map(tuple, sampled["samples"]), sampled["weights"], strict=True))
    assert sum(seconds.values()) == pytest.approx(sampled["endValue"])
    deepest = max(seconds, key=seconds.get)
    assert [profile["shared"]["frames"][i]["name"].split(".")[-1] for i in deepest] == [
        "predict",
        "add",
    ]


def test_profiles_are_not_overwritten(worker, model, tmp_path):
    """The next version of a model, and the next attempt, have files of their own."""
    directory = tmp_path / "profiles"
    for _ in range(2):
        worker.open(request(model, "Busy", profile_directory=str(directory))).close()
    assert len(list(directory.iterdir())) == 2


@pytest.mark.parametrize("option", ["profile_directory", "tap_directory"])
def test_directory_that_cannot_be_written_is_a_warning(worker, model, tmp_path, option):
    """Who watches a job must not end it."""
    (tmp_path / "file").write_text("")
    function = worker.open(request(model, "Busy", **{option: str(tmp_path / "file" / "x")}))
    assert predict(function, 1.0) == 1
    assert function.close() is None
    (text,) = (text for text in logged(worker, model) if "cannot be written" in text)
    assert text.startswith("Model 'm': the ")
    assert f"the directory of '{option.replace('_', '-')}' writable" in text


def read_tap(directory):
    """Returns the rows of all files; checks that only their owner can read them."""
    files = sorted(directory.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {file.suffix for file in files} == {".parquet"}
    return pa.concat_tables([pq.read_table(file) for file in files])


def test_tap_has_rows_with_each_of_their_results(worker, model, tmp_path):
    """A row may have any number of results."""
    directory = tmp_path / "tap"
    outputs = "y DOUBLE, z STRING"
    function = worker.open(request(model, "Several", outputs, tap_directory=str(directory)))
    for number, x in enumerate([0.0, 1.0, 2.0], start=7):
        assert predict(function, x, number) == int(x)
    function.close()
    table = read_tap(directory)
    assert table.schema.field("time").type == pa.timestamp("us", "UTC")
    assert table.select(["model_version", "row_number", "result_number"]).to_pylist() == [
        {"model_version": "v1", "row_number": number, "result_number": result}
        for number, result in [(7, None), (8, 0), (9, 0), (9, 1)]
    ]
    assert table.select(["input_x", "output_y", "output_z"]).to_pylist() == [
        {"input_x": 0.0, "output_y": None, "output_z": None},
        {"input_x": 1.0, "output_y": 1.0, "output_z": "0"},
        {"input_x": 2.0, "output_y": 2.0, "output_z": "0"},
        {"input_x": 2.0, "output_y": 2.0, "output_z": "1"},
    ]


def test_tap_of_batches_has_a_sample(worker, model, tmp_path):
    """Each row has the same chance, and the number that messages have."""
    directory = tmp_path / "tap"
    function = worker.open(
        request(model, "Batch", batch_size=50, tap_directory=str(directory), tap_ratio=0.1)
    )
    for batch in range(100):
        function.write_doubles(0, [float(batch * 50 + i) for i in range(50)])
        assert function.predict_batch(0, 0, 50, batch * 50 + 1) == 50
        function.reset(0, 50)
    function.close()
    rows = read_tap(directory).to_pylist()
    assert 350 < len(rows) < 650
    for row in rows:
        assert row["input_x"] == row["output_y"] == row["row_number"] - 1
    assert len({row["row_number"] for row in rows}) == len(rows)
    assert len({row["row_number"] // 500 for row in rows}) >= 10


def test_thread_ends_with_the_last_function(worker, model, tmp_path):
    """What watches a function must not stay when that is closed."""
    options = {"slow_predict_ms": 5, "profile_directory": str(tmp_path / "profiles")}
    first, second = (worker.open(request(model, "Watched", **options)) for _ in range(2))
    assert predict_value(second) == 1.0
    first.close()
    second.close()
    assert predict_value(worker.open(request(model, "Watched", **options))) == 0.0


@pytest.mark.parametrize("batch_size", [None, 4])
def test_tap_has_rows_that_an_engine_predicts(worker, tmp_path, batch_size):
    """C predicts ONNX files without Python, and their drift is of interest too."""
    onnx = pytest.importorskip("onnx")
    shape = ["rows", 1]
    tensor = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Neg", ["x"], ["y"])],
        "negative",
        [tensor("x", onnx.TensorProto.DOUBLE, shape)],
        [tensor("y", onnx.TensorProto.DOUBLE, shape)],
    )
    opset = onnx.helper.make_opsetid("", 17)
    file = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9)
    (tmp_path / "negative").mkdir()
    onnx.save(file, tmp_path / "negative" / "model.onnx")
    directory = tmp_path / "tap"
    monitored = json.loads(request(tmp_path / "negative", "", tap_directory=str(directory)))
    batch = batch_size and {"size": batch_size, "length_column": None, "max_length": None}
    function = worker.open(json.dumps({**monitored, "python_class": None, "batch": batch}))
    assert function.has_engine
    function.write_doubles(0, [1.0, 2.0, 3.0][:batch_size] if batch_size else [1.0])
    if batch_size is None:
        assert function.predict(9) == 1
    else:
        assert function.predict_batch(0, 0, 3, 9) == 3
    function.close()
    rows = read_tap(directory).select(["row_number", "input_x", "output_y"]).to_pylist()
    expected = [(9 + i, i + 1.0, -i - 1.0) for i in range(3 if batch_size else 1)]
    assert [tuple(row.values()) for row in rows] == expected
