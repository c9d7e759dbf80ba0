# SPDX-License-Identifier: Apache-2.0
"""Every contender predicts correctly in real jobs of a few rows."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pyflink_ml_embedded
from pyflink_ml_embedded import cli
from pyflink_ml_embedded.bench.contenders import CONTENDERS
from pyflink_ml_embedded.bench.report.results import load

from .perform_tasks import ROWS

COMMAND = Path(sys.executable).with_name("pyflink-ml-embedded")
PACKAGE = Path(pyflink_ml_embedded.__file__).parent
AGAINST_HANGS = ["timeout", "-s", "KILL", "840"]

# A workload for each contender that needs Flink. The contenders of a group share a JVM, which PemJa
# and the embedded interpreter cannot. test_built_in.py runs the loops on all workloads.
GROUPS = [
    {
        "java": "strings_100",
        "java-async": "embedding",
        "embedded-row": "json_100000",
        "embedded-batch": "mixed",
        "embedded-batch-16": "onnx_mlp",
        "embedded-batch-128": "json_1000",
        "embedded-row-python": "onnx_lr",
        "embedded-batch-python": "onnx_mlp",
        "worker-row": "json_1000",
        "worker-batch": "mixed",
        "worker-batch-128": "onnx_lr",
        "http": "transformer",
    },
    {
        "process-row": "mixed",
        "process-row-latency": "json_100",
        "process-row-throughput": "strings_10",
        "process-pandas": "doubles_32",
        "process-pandas-latency": "onnx_boosted",
        "process-pandas-throughput": "embedding",
        "thread": "strings_1000",
    },
    {"pemja": "doubles_128"},
    {"java-onnx": "onnx_lr", "java-onnx-batch": "onnx_lr"},  # a JVM can load one ONNX Runtime
]


def bench(*arguments, **environment):
    """Runs the command, and kills it at a time limit."""
    command = [*AGAINST_HANGS, str(COMMAND), "bench", *map(str, arguments)]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_all_contenders_are_run():
    """A new contender must be tested before users run it."""
    flink = {name for name, found in CONTENDERS.items() if found.way != "loop"}
    assert {contender for group in GROUPS for contender in group} == flink


@pytest.fixture(scope="module")
def performed(tmp_path_factory):
    """Returns the findings on a contender, whose whole group runs once."""
    found = {}
    jars = [
        *PACKAGE.glob("jars/pyflink-ml-embedded-benchmarks-*.jar"),
        *PACKAGE.parent.glob("benchmarks/jvm/target/lib/onnxruntime-*.jar"),
    ]

    def of(contender):
        (group,) = [group for group in GROUPS if contender in group]
        if contender not in found:
            file = tmp_path_factory.mktemp("performed") / "found.json"
            given = [json.dumps(group), json.dumps([str(jar) for jar in jars]), file]
            script = Path(__file__).with_name("perform_tasks.py")
            result = subprocess.run(
                [*AGAINST_HANGS, sys.executable, script, *given],
                check=False,
                capture_output=True,
                text=True,
            )
            log = f"exit code {result.returncode}\n{result.stdout}{result.stderr}"
            kept = json.loads(file.read_text()) if file.exists() else {}
            found.update({name: kept.get(name, {"error": log}) for name in group})
        return found[contender]

    return of


@pytest.mark.parametrize("contender", [contender for group in GROUPS for contender in group])
def test_contender_predicts_correct_results(contender, performed):
    """A user would discover a broken contender only after hours."""
    run = performed(contender)
    assert "error" not in run, run["error"]
    assert run["rows"] == ROWS
    assert run["rows"] / run["seconds"] == pytest.approx(run["rows_per_second"])
    assert run["cpu_seconds_per_million_rows"] > 0
    assert run["first_row_seconds"]["cold"] > 0


def test_own_model_is_measured_and_a_second_call_completes_the_results(tmp_path):
    """Users measure their own model and rows, and can resume an interrupted run."""
    (tmp_path / "doubler.py").write_text(
        "from pyflink_ml_embedded import PredictFunction\n"
        "class Doubler(PredictFunction):\n"
        "    def predict(self, data):\n"
        "        return [(data.a * int(self.init_properties['factor']), data['b c'])]\n"
    )
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b c\n1.5,x\n2.5,y\n")
    results = tmp_path / "results"
    arguments = [
        *("--model", tmp_path, "--class", "doubler.Doubler", "--property", "factor=2"),
        *("--schema", "INPUT (a DOUBLE, `b c` STRING) OUTPUT (y DOUBLE, z STRING)"),
        *(
            "--data",
            rows,
            "--contenders",
            "embedded-row,embedded-batch,loop-row",
            "--repetitions",
            1,
        ),
        *("--rows", 100, "--results", results),
    ]
    first = bench(*arguments, "--measures", "throughput")
    assert first.returncode == 0, first.stdout + first.stderr
    second = bench(*arguments)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "embedded-row, parallelism 1: " not in second.stdout  # but with rows/s: its latency
    found = load(results)
    assert len(found.machine["settings"]["commands"]) == 2
    assert found.failures.empty
    (excluded,) = found.exclusions.itertuples()
    assert excluded.contender == "embedded-batch"
    assert excluded.reason == "the model has no predict_batch"
    throughput = found.runs[found.runs["kind"] == "throughput"]
    # The latencies of Java functions that do nothing are floors, and need their throughput.
    assert sorted(throughput["contender"]) == ["embedded-row", "java", "java-async", "loop-row"]
    assert set(found.latency["rows"]) == {100}
    assert found.latency["contender"].value_counts()[["embedded-row", "java"]].tolist() == [6, 6]
    assert (found.latency["p50"] > 0).all()
    assert "doubler.Doubler" in (results / "report.md").read_text()


def test_seconds_are_measured_after_the_warm_up(tmp_path):
    """Users measure for a time; the other tests here count rows. No file may stay behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    java_options = f"{os.environ.get('JDK_JAVA_OPTIONS', '')} -Djava.io.tmpdir={temporary}"
    result = bench(
        *("--workloads", "doubles_1", "--contenders", "java", "--repetitions", 1),
        *("--seconds", 1, "--warm-up", 2, "--results", tmp_path),
        TMPDIR=str(temporary),
        JDK_JAVA_OPTIONS=java_options,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert list(temporary.iterdir()) == []
    runs = [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
    run, *paced = runs
    assert "error" not in run, run["error"]
    assert 0.9 < run["seconds"] < 3
    assert run["first_row_seconds"]["cold"] > 0
    assert run["other_cpus"] >= 0
    if run["steady"]:
        assert run["warm_up_seconds"] >= 0.5  # the first rows never count
    assert [(found["load"], found["share"]) for found in paced] == [
        (load, share) for load in ("slowest", "own") for share in (0.1, 0.5, 0.8)
    ]
    offered = [found["offered_rows_per_second"] for found in paced]
    own = offered[3] / 0.1  # measured by the job
    for maximum, rates in ((run["rows_per_second"], offered[:3]), (own, offered[3:])):
        assert rates == pytest.approx([maximum * share for share in (0.1, 0.5, 0.8)], abs=1)
    lowest = paced[3]
    assert lowest["rows"] == pytest.approx(lowest["offered_rows_per_second"], rel=0.01)  # 1 second


def test_stopped_benchmark_leaves_no_process(tmp_path):
    """A job that nobody reads would keep the CPUs busy for a day."""
    command = [COMMAND, "bench", "--workloads", "doubles_1", "--contenders", "loop-row"]
    more = ["--measures", "throughput", "--seconds", "600", "--results", tmp_path]
    with subprocess.Popen([*command, *more], stdout=subprocess.PIPE) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        started = time.monotonic()
        while not (found := children.read_text().split()) or is_expecting(found[0]):
            assert time.monotonic() < started + 60
            time.sleep(0.1)
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGTERM
    assert not any(Path("/proc", child).exists() for child in found)


def is_expecting(child):
    """Returns whether a process computes expected results, and soon ends."""
    try:
        return b'"kind": "expect"' in Path("/proc", child, "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_results_of_a_different_version_are_not_completed(tmp_path):
    """One table must not mix figures of two versions."""
    machine = {"commit": "of a year ago"}
    (tmp_path / "machine.json").write_text(json.dumps(machine))
    result = bench("--results", tmp_path, "--workloads", "doubles_1", "--contenders", "java")
    assert result.returncode == 1
    assert "use another directory" in result.stderr
    assert json.loads((tmp_path / "machine.json").read_text()) == machine


def test_wrong_result_is_not_timed(tmp_path):
    """A nondeterministic model cannot be compared."""
    (tmp_path / "dice.py").write_text(
        "import random\n"
        "from pyflink_ml_embedded import PredictFunction\n"
        "class Dice(PredictFunction):\n"
        "    def predict(self, data):\n"
        "        return [(random.random(),)]\n"
    )
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n')
    result = bench(
        *("--model", tmp_path, "--class", "dice.Dice", "--data", tmp_path / "rows.jsonl"),
        *("--schema", "INPUT (a INT) OUTPUT (y DOUBLE)", "--contenders", "loop-row"),
        *("--repetitions", 1, "--measures", "throughput", "--results", tmp_path / "results"),
    )
    assert "column 'y', row 0 differs from the model's result" in result.stdout
    (failure,) = load(tmp_path / "results").failures.itertuples()
    assert failure.contender == "loop-row"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--workloads", "doubles_2"],
            "--workloads: 'doubles_2' is unknown; valid are: all, dou",
        ),
        (["--contenders", "spark"], "--contenders: 'spark' is unknown"),
        (["--parallelism", "0"], "--parallelism: expected numbers such as 1,2,4; got '0'"),
        (["--repetitions", "0"], "--repetitions and --seconds must be above 0"),
        (["--rows", "1"], "--rows: expected at least 2, got 1"),
        (["--model", "."], "--model needs --schema and --data"),
        (["--onnx-jar", "nowhere.jar"], "--onnx-jar: file nowhere.jar does not exist"),
        (["report", "nowhere"], "machine.json: No such file"),
    ],
)
def test_wrong_option_is_refused_with_what_is_valid(arguments, message, capsys):
    """The mistake must be reported before anything runs."""
    assert cli.main(["bench", *arguments]) == (1 if "report" in arguments else 2)
    assert message in capsys.readouterr().err
