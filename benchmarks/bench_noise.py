# SPDX-License-Identifier: Apache-2.0
"""How much does the speed of this machine vary?

A job runs for a minute on rows that do not change. Beside it, a loop in C that only uses its stack
is timed on each CPU. Each line has the rows of one second of the job, and the median time of the
loop in it. Needs a C compiler.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from _jobs import await_rows, find_jars

from pyflink_ml_embedded.bench.measure.built_in import write_built_in
from pyflink_ml_embedded.bench.measure.flink import create_environment
from pyflink_ml_embedded.bench.measure.job import Job
from pyflink_ml_embedded.bench.measure.steady import rows_at, whole_window

_SOURCE = Path(__file__).with_name("_stack_loop.c")
_WARM_UP_SECONDS = 5


@contextmanager
def _timed_loop(directory: Path) -> Iterator[Path]:
    """Times the loop in C; yields the file of its times."""
    program, times = directory / "stack_loop", directory / "times"
    subprocess.run(["cc", "-O2", _SOURCE, "-o", program], check=True)
    with times.open("wb") as output:
        process = subprocess.Popen([program], stdout=output)
        try:
            yield times
        finally:
            process.kill()
            process.wait()


def _run_job(directory: Path, workload: str, contender: str, seconds: int) -> pd.Series:
    """Returns the rows of each second of a job, by the second of the monotonic clock."""
    environment = create_environment(find_jars(), 1, {})
    written = write_built_in(workload, directory / "workload")
    job = Job(environment, contender, written, "", directory / "batches", {})
    report, stop = directory / "report", directory / "stop"
    report.mkdir()
    result = job.start({"phases": "0 86400", "stop-file": str(stop)}, report, 1)
    await_rows([report])
    time.sleep(_WARM_UP_SECONDS + seconds)
    stop.touch()
    result.wait()
    edges = int(whole_window(report).start / 1e9) + _WARM_UP_SECONDS + np.arange(seconds + 1)
    rows = np.diff(rows_at(report, edges * 1e9))
    return pd.Series(rows.round().astype(int), edges[:-1], name="rows")


def _loops(times: Path) -> pd.DataFrame:
    """Returns the median microseconds of the loop in each second, with a column for each CPU."""
    found = pd.read_csv(times, sep=" ", names=["second", "cpu", "microseconds"])
    found["second"] = found["second"].astype(int)
    table = found.pivot_table("microseconds", "second", "cpu", "median").round(1)
    return table.add_prefix("loop_microseconds_cpu")


def main() -> None:
    """Runs the job and writes a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workload", default="doubles_1")
    parser.add_argument("--contender", default="embedded-row")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with _timed_loop(directory) as times:
            rows = _run_job(directory, options.workload, options.contender, options.seconds)
        table = rows.to_frame().join(_loops(times), how="inner")
    table.index -= table.index[0]
    table.to_csv(sys.stdout, index_label="second")
    extremes = [int(rows.quantile(q)) for q in (0, 0.5, 1)]
    print("rows/s: least {:,}, median {:,}, most {:,}".format(*extremes), file=sys.stderr)


if __name__ == "__main__":
    main()
