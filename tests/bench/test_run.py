# SPDX-License-Identifier: Apache-2.0
"""A run keeps what it has measured if a case fails."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pyflink_ml_embedded.bench.measure.built_in import write_built_in
from pyflink_ml_embedded.bench.measure.busy import describe_others
from pyflink_ml_embedded.bench.measure.child import Task, TaskCase
from pyflink_ml_embedded.bench.measure.process import TaskError, run_task
from pyflink_ml_embedded.bench.measure.progress import Progress
from pyflink_ml_embedded.bench.measure.run import Settings, run
from pyflink_ml_embedded.bench.measure.workload import write

SETTINGS = Settings(
    contenders=["loop-row"],
    measures=["throughput"],
    parallelisms=[1],
    repetitions=1,
    seconds=1,
    warm_up=1,
    rows=10,
    all_cases=True,
    options={},
    jar="",
    onnx_jar=None,
    command="bench",
)


def write_dice(directory: Path):
    """Writes a workload whose results are never the same."""
    model = directory / "model"
    model.mkdir(parents=True)
    (model / "dice.py").write_text(
        "import random\n"
        "from pyflink_ml_embedded import PredictFunction\n"
        "class Dice(PredictFunction):\n"
        "    def predict(self, data):\n"
        "        return [(random.random(),)]\n"
    )
    like = write_built_in("doubles_1", directory / "like")
    dice = dataclasses.replace(
        like, name="dice", model_directory=str(model), python_class="dice.Dice"
    )
    return write(dice, like.rows(), directory / "dice")


def test_case_that_fails_does_not_lose_the_others(tmp_path):
    """Hours of measurements must not end with one model that fails, and share its process."""
    workloads = [
        write_built_in("doubles_1", tmp_path / "first"),
        write_dice(tmp_path / "second"),
        write_built_in("doubles_8", tmp_path / "third"),
    ]
    run(workloads, SETTINGS, tmp_path / "results")
    lines = (tmp_path / "results" / "runs.jsonl").read_text().splitlines()
    runs = {found["workload"]: found for found in map(json.loads, lines)}
    assert list(runs) == ["doubles_1", "dice", "doubles_8"]
    assert "row 0 differs from the model's result" in runs["dice"]["error"]
    assert runs["doubles_1"]["rows_per_second"] > 0
    assert runs["doubles_8"]["cpu_seconds_per_million_rows"] >= 0


def test_case_that_only_fails_is_not_repeated(tmp_path, capsys):
    """It may take minutes to fail, in each repetition."""
    workloads = [write_dice(tmp_path / "first"), write_built_in("doubles_1", tmp_path / "second")]
    run(workloads, SETTINGS, tmp_path / "results")
    run(workloads, dataclasses.replace(SETTINGS, repetitions=3), tmp_path / "results")
    lines = (tmp_path / "results" / "runs.jsonl").read_text().splitlines()
    runs = [(found["workload"], found["repetition"]) for found in map(json.loads, lines)]
    assert runs == [("dice", 0), *(("doubles_1", repetition) for repetition in range(3))]
    assert "2/2, 0 h 00 min left" in capsys.readouterr().out


def test_process_that_gives_nothing_is_killed(tmp_path):
    """A JVM that hangs would stop the whole run."""
    workload = write_built_in("doubles_1", tmp_path)
    task = Task(
        kind="throughput",
        contender="loop-row",
        cases=[TaskCase(workload.directory, 1)],
        seconds=60,
        warm_up=0,
        rows=None,
        is_checked=False,
        jars=[],
        options={},
    )
    with pytest.raises(TaskError, match="killed after 0 s"):
        list(run_task(task, timeout=0.01))


def test_time_that_is_left_follows_from_the_cases_so_far():
    """Users plan by it; before the first case it is a guess."""
    progress = Progress({"throughput": 360, "latency": 0})
    assert str(progress) == "0/360, 0 h 48 min left"
    progress.count("throughput")
    assert str(progress) == "1/360, 0 h 00 min left"


def test_busy_machine_is_described():
    """Other processes make all figures worse."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        found = describe_others()
    finally:
        busy.kill()
        busy.wait()
    assert found is not None
    assert "CPUs are in use" in found
