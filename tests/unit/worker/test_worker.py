# SPDX-License-Identifier: Apache-2.0
"""A worker process opens functions, predicts in shared memory, and ends with the JVM."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..requests import make_request
from .jvm import Worker

MODEL = """
import ctypes, os, subprocess, sys, time
import logging
from pyflink_ml_embedded import PredictFunction, BatchPredictFunction

class Double(PredictFunction):
    def predict(self, row):
        if row[0] == 13:
            raise ValueError("unlucky")
        return [(2 * row[0],)]

class Batch(BatchPredictFunction):
    def predict_batch(self, batch):
        return [batch.column(0)]

class Text(PredictFunction):
    def predict(self, row):
        return [(str(len(row[0])),)]

class Broken(Double):
    def open(self, context):
        raise RuntimeError("no weights")

class NotClosed(Double):
    def close(self):
        raise RuntimeError("not closed")

class Loud(Double):
    def predict(self, row):
        print("to stdout")
        os.write(1, b"to descriptor 1\\n")
        logging.getLogger("fraud").warning("a record")
        return [(float(len(sys.stdin.read())),)]

class Crash(Double):
    def predict(self, row):
        ctypes.string_at(0)

class Hang(Double):
    def predict(self, row):
        self.child = subprocess.Popen(["sleep", "600"])
        open(os.environ["PIDS"], "w").write(f"{os.getpid()} {self.child.pid}")
        ctypes.PyDLL(None).sleep(600)  # keeps the GIL

class Fork(Double):
    def predict(self, row):
        if os.fork() == 0:
            return []  # must not answer
        os.wait()
        return [(1.0,)]

class Memory(Double):
    def predict(self, row):
        return [(float(len(bytearray(1 << 30))),)]
"""


@pytest.fixture
def model(tmp_path):
    """Returns the directory of a model."""
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


@pytest.fixture
def worker():
    """Yields a worker that has started."""
    with Worker() as worker:
        yield worker


def request_for(model, name, column_type="DOUBLE", **changes):
    """Returns the request to open a class of the model, with one column on each side."""
    return make_request(
        model, f"x {column_type}", f"y {column_type}", python_class=f"model.{name}", **changes
    )


def test_row_is_predicted_in_shared_memory(worker, model):
    """The JVM writes and reads the columns of the worker."""
    function = worker.open(request_for(model, "Double"))
    function.write_doubles(0, [21.0])
    assert function.predict() == 1
    assert function.read_doubles(1, 1) == (42.0,)
    assert function.close() is None


def test_batches_are_predicted_from_both_slots(worker, model):
    """Java writes one slot while the other is predicted, and memory that Python holds is new."""
    function = worker.open(request_for(model, "Batch", batch_size=4))
    for repetition in range(3):
        for slot, columns in ((0, 0), (1, 2)):
            values = [float(repetition + slot + value) for value in range(4)]
            function.write_doubles(columns, values)
            assert function.predict_batch(slot, 0, 4) == 4
            assert function.offsets(4) == (1, 2, 3, 4)
            assert function.read_doubles(1, 4) == tuple(values)
            function.reset(slot, 4)
    assert function.close() is None


def test_growing_keeps_what_was_written(worker, model):
    """Rows of a batch stay when its memory is replaced."""
    function = worker.open(request_for(model, "Double", batch_size=10_000))
    function.write_doubles(0, [1.0, 2.0])
    function.write_doubles(0, [1.0, 2.0, *([0.0] * 99_998)])
    function.write_doubles(2, [3.0])
    assert function.read_doubles(0, 2) == (1.0, 2.0)
    function.close()


def test_text_columns_grow(worker, model):
    """Texts are longer than the first capacity."""
    function = worker.open(request_for(model, "Text", "STRING"))
    assert function.grow(0, 0, 1_000_000) >= 1_000_000
    function.close()


def test_error_of_a_row_is_as_in_the_jvm(worker, model):
    """The message has the model, the row's number and the user's frames."""
    function = worker.open(request_for(model, "Double"))
    function.write_doubles(0, [13.0])
    with pytest.raises(RuntimeError) as caught:
        function.predict(7)
    text, failed_row, classes = caught.value.args
    assert classes == "ValueError,Exception,BaseException"
    assert text.startswith("model 'm', row 7: predict failed with ValueError: unlucky\n")
    assert 'raise ValueError("unlucky")' in text
    assert failed_row == 0
    function.write_doubles(0, [14.0])
    assert function.predict(8) == 1
    function.close()


def test_errors_of_open_and_close_are_reported(worker, model):
    """The worker stays usable after both."""
    with pytest.raises(RuntimeError, match="model 'm': open failed with RuntimeError: no weights"):
        worker.open(request_for(model, "Broken"))
    function = worker.open(request_for(model, "NotClosed"))
    assert function.close().startswith("model 'm': close failed with RuntimeError: not closed")


def test_functions_of_one_worker_are_independent(worker, model):
    """Subtasks may share a worker."""
    functions = [worker.open(request_for(model, "Double")) for _ in range(3)]
    for value, function in enumerate(functions):
        function.write_doubles(0, [float(value)])
    for function in functions:
        assert function.predict() == 1
    results = [function.read_doubles(1, 1) for function in functions]
    assert results == [(0.0,), (2.0,), (4.0,)]
    for function in functions:
        assert function.close() is None


def test_closed_functions_leave_nothing(worker, model):
    """A worker outlives the versions of a model."""

    def remaining():
        descriptors = len(os.listdir(f"/proc/{worker.process.pid}/fd"))
        with open(f"/proc/{worker.process.pid}/maps") as maps:
            mappings = sum("pyflink-ml-embedded-columns" in line for line in maps)
        return descriptors, mappings, len(os.listdir(f"/proc/{worker.process.pid}/task"))

    def use():
        function = worker.open(request_for(model, "Double", batch_size=100_000))
        function.write_doubles(0, [1.0] * 100_000)
        function.predict_batch(0, 0, 100_000)
        function.close()
        time.sleep(0.05)  # its thread ends after the answer

    use()
    before = remaining()
    for _ in range(20):
        use()
    assert remaining() == before


def test_models_print_and_log_without_touching_the_protocol(worker, model):
    """What a model prints must not be taken for a message."""
    function = worker.open(request_for(model, "Loud"))
    function.write_doubles(0, [1.0])
    assert function.predict() == 1
    assert function.read_doubles(1, 1) == (0.0,)  # standard input is empty
    function.close()
    worker.send(open=99, request=request_for(model, "Broken"))
    worker.receive()
    records = [record for record in worker.logged if record["name"] == "fraud"]
    assert records == [{"log": 30, "name": "fraud", "text": "a record"}]
    worker.process.stdin.close()
    worker.process.wait(10)
    printed = worker.process.stderr.read().decode()
    assert "to stdout\n" in printed
    assert "to descriptor 1\n" in printed


def test_crash_prints_the_stacks_of_python(worker, model):
    """The JVM logs them."""
    function = worker.open(request_for(model, "Crash"))
    function.write_doubles(0, [1.0])
    function.calls._set(256, 1)
    function.calls._set(0, 1)
    os.write(function.calls._request, b"\0")
    assert worker.process.wait(10) == -signal.SIGSEGV
    printed = worker.process.stderr.read().decode()
    assert "Native code has crashed. The models in this process:" in printed
    assert re.search("- model 'm': class 'model.Crash', .*: predict runs on this thread", printed)
    assert "Segmentation fault" in printed
    assert "in predict" in printed


def test_child_that_predict_forks_does_not_answer(worker, model):
    """Two answers to one request would mix up rows."""
    function = worker.open(request_for(model, "Fork"))
    function.write_doubles(0, [1.0])
    assert function.predict() == 1
    assert function.read_doubles(1, 1) == (1.0,)
    function.close()


def test_memory_is_limited(model):
    """The kernel enforces process-memory."""
    with Worker(memory_bytes=1 << 30) as worker:
        function = worker.open(request_for(model, "Memory"))
        function.write_doubles(0, [1.0])
        with pytest.raises(RuntimeError, match="MemoryError"):
            function.predict()


@pytest.mark.parametrize("end", ["closes its pipe", "is killed"])
def test_worker_and_its_children_end_with_the_jvm(model, tmp_path, end):
    """The model hangs with the GIL, so nothing of Python can notice it."""
    pids = tmp_path / "pids"
    jvm = subprocess.Popen(
        [sys.executable, "-c", _HANGING_JVM, request_for(model, "Hang")],
        stdin=subprocess.PIPE,
        env={**os.environ, "PIDS": str(pids), "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    _wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    started = [int(pid) for pid in pids.read_text().split()]
    if end == "is killed":
        jvm.kill()
    else:
        jvm.stdin.close()
    _wait_until(lambda: not any(map(_is_alive, started)))
    jvm.kill()
    jvm.wait()


_HANGING_JVM = """
import sys, time
from unit.worker.jvm import Worker
worker = Worker()
function = worker.open(sys.argv[1])
function.write_doubles(0, [1.0])
import threading
threading.Thread(target=function.predict, daemon=True).start()
sys.stdin.read()
worker.process.stdin.close()
time.sleep(60)
"""


def test_package_of_another_version_is_refused():
    """The protocol belongs to a version."""
    with Worker(version="9.9") as worker:
        assert "install the same version for both" in worker.first["failed"]
        assert worker.process.wait(10) is not None


def test_python_without_the_package_is_refused(tmp_path):
    """The message says what to install, and where."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    with Worker(executable=str(tmp_path / "bin" / "python")) as worker:
        assert "cannot import pyflink-ml-embedded" in worker.first["failed"]
        assert "-m pip install pyflink-ml-embedded==" in worker.first["failed"]


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
