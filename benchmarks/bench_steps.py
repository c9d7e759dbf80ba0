# SPDX-License-Identifier: Apache-2.0
"""Where does the time of a row go, step by step, in a job?

Jobs of ``bench`` run saturated, and perf samples their JVM a thousand times a second. Each sample
counts for the step of the innermost known function on its stack (``_sampled_steps.py``). The CPU
time of a step, divided by the rows that reached the sink meanwhile, is its time for a row. The
compiler must not inline the methods that begin a step, and keeps frame pointers, so that perf sees
Java's functions.

Two checks are part of the results: how busy each thread was (on the row path, nearly always), and
the time of a row before perf began. A Java function that does nothing shows what the job costs
without the provider; it is not sampled.

Takes 4 minutes, on a machine that does nothing else: on a busy one the jobs are still compiled when
perf begins. Needs perf (``linux-perf`` of Debian). The results are in ``steps.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _sampled_steps import OTHERS, Sample, read_samples, step_of, thread_of

_CASES = [
    (workload, contender)
    for workload in ("doubles_1", "doubles_32")
    for contender in ("embedded-row", "embedded-batch", "java", "java-async")
]
_WARM_UP = 8.0  # seconds from submission, for the JIT compiler
_NOT_INLINED = (
    "GenericPythonPredictFunction::predict",
    "GenericPythonAsyncPredictFunction::asyncPredict",
    "BatchPredictor::complete",
    "arrow.InputColumns::write",
    "arrow.OutputColumns::read",
)


def main() -> None:
    """Measures all cases, each in its own process."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("results", type=Path, help="directory")
    parser.add_argument("--seconds", type=float, default=8.0, help="sampled seconds of a job")
    parser.add_argument(
        "--case", nargs=2, metavar=("WORKLOAD", "CONTENDER"), help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    if shutil.which("perf") is None:
        sys.exit("perf is not installed; on Debian: apt-get install linux-perf")
    if options.case:
        found = _measure(*options.case, options.seconds)
        options.results.write_text(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "found.json")
        cases = []
        for case in _CASES:
            command = [sys.executable, __file__, str(file), "--seconds", str(options.seconds)]
            subprocess.run([*command, "--case", *case], check=True, env=_environment())
            cases.append(json.loads(file.read_text()))
            print(*case, _summary(cases[-1]), flush=True)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "steps.json").write_text(json.dumps(cases, indent=1) + "\n")


def _summary(case: Mapping[str, Any]) -> str:
    busy = [f"{thread}: {share:.0%}" for thread, share in case.get("busy", {}).items()]
    return "; ".join([f"{1e9 / case['rows_per_second']:.0f} ns a row", *busy])


def _environment() -> dict[str, str]:
    flags = ["-XX:+PreserveFramePointer", "-XX:CompileCommand=quiet"]
    package = "io.github.pyflink.ml.embedded"
    flags += [f"-XX:CompileCommand=dontinline,{package}.{method}" for method in _NOT_INLINED]
    return {**os.environ, "JAVA_TOOL_OPTIONS": " ".join(flags)}


def _measure(name: str, contender: str, seconds: float) -> dict[str, Any]:
    from _jobs import find_jars
    from pyflink.java_gateway import get_gateway

    from pyflink_ml_embedded.bench.measure.built_in import write_built_in
    from pyflink_ml_embedded.bench.measure.counting import mean_rows, read_batches
    from pyflink_ml_embedded.bench.measure.flink import create_environment
    from pyflink_ml_embedded.bench.measure.job import Job
    from pyflink_ml_embedded.bench.measure.loop import Loop
    from pyflink_ml_embedded.bench.measure.steady import rows_at
    from pyflink_ml_embedded.bench.measure.workload import save_expected

    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        workload = write_built_in(name, directory / "workload")
        save_expected(workload, Loop(workload, 0).collect())
        environment = create_environment(find_jars(), 1, {})
        job = Job(environment, contender, workload, "", directory / "batches", {})
        job.start({"phases": "0 0.2"}, directory / "first", 1).wait()  # loads Flink's classes
        sampler = None
        if not contender.startswith("java"):
            jvm = get_gateway().jvm.java.lang.ProcessHandle.current().pid()
            sampler = _Sampler(jvm, seconds, directory)
            sampler.start()
        began = time.monotonic_ns()
        job.start({"phases": f"0 {_WARM_UP + 2 * seconds}"}, directory / "report", 1).wait()

        def rate(start: float, end: float) -> float:
            rows = float(np.diff(rows_at(directory / "report", [start, end]))[0])
            if rows == 0:
                sys.exit("no rows arrived behind the warm-up: the machine is busy")
            return rows / (end - start) * 1e9

        warm = began + _WARM_UP * 1e9
        found = {"workload": name, "contender": contender}
        if sampler is None:
            return {**found, "rows_per_second": rate(warm, warm + seconds * 1e9)}
        samples = sampler.samples()
        batches = read_batches(directory / "batches")
        start, end = samples[0].moment, samples[-1].moment
        rows = rate(start, end) * (end - start) / 1e9
        return {
            **found,
            "rows_per_second": rate(warm, start),
            "sampled_rows_per_second": rate(start, end),
            "samples": len(samples),
            "mean_batch_rows": mean_rows(batches, start, end),
            **_by_step(samples, contender == "embedded-batch", rows, end - start),
        }


def _by_step(
    samples: Sequence[Sample], is_batch: bool, rows: float, nanoseconds: float
) -> dict[str, Any]:
    """Returns the share of the time that each thread ran, and its nanoseconds a row by step."""
    steps: dict[str, Counter[str]] = {}
    for sample in samples:
        thread = thread_of(sample, is_batch)
        step = OTHERS if thread == OTHERS else step_of(sample, thread)
        steps.setdefault(thread, Counter())[step] += sample.period
    return {
        "busy": {thread: sum(found.values()) / nanoseconds for thread, found in steps.items()},
        "nanoseconds": {
            thread: {step: period / rows for step, period in found.items()}
            for thread, found in steps.items()
        },
    }


class _Sampler(threading.Thread):
    """Samples a JVM by perf, in the second half of the time behind the warm-up."""

    def __init__(self, jvm: int, seconds: float, directory: Path) -> None:
        super().__init__(daemon=True)
        self._jvm = jvm
        self._seconds = seconds
        self._file = directory / "perf.data"

    def run(self) -> None:
        time.sleep(_WARM_UP + self._seconds / 2)
        command = ["perf", "record", "-q", "-N", "-e", "cpu-clock", "-F", "997"]
        # Stacks are copied, because neither CPython nor C extensions have frame pointers.
        command += ["-k", "CLOCK_MONOTONIC", "--call-graph", "dwarf,4096"]
        command += ["-p", str(self._jvm), "-o", str(self._file)]
        subprocess.run([*command, "--", "sleep", str(self._seconds)], check=True)
        subprocess.run(
            ["jcmd", str(self._jvm), "Compiler.perfmap"], check=True, stdout=subprocess.DEVNULL
        )

    def samples(self) -> list[Sample]:
        """Waits for the end of the recording; returns its samples."""
        self.join()
        names = Path(f"/tmp/perf-{self._jvm}.map")  # where jcmd writes it and perf looks for it
        command = ["perf", "script", "--no-inline", "-i", str(self._file)]
        command += ["-F", "comm,tid,time,period,ip,sym,dso"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        names.unlink()
        return list(read_samples(text))


if __name__ == "__main__":
    main()
