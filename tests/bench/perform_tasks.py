# SPDX-License-Identifier: Apache-2.0
"""Performs benchmark tasks in order, in one process with one JVM."""

import dataclasses
import json
import sys
import tempfile
import traceback
from pathlib import Path

from pyflink_ml_embedded.bench.measure.built_in import write_built_in
from pyflink_ml_embedded.bench.measure.child import Task, TaskCase, perform

ROWS = 64


def perform_case(contender, workload, jars, directory):
    """Returns the findings on a contender, or the traceback of its failure."""
    task = Task(
        kind="expect",
        contender="loop-row",
        cases=[TaskCase(write_built_in(workload, Path(directory)).directory, 1)],
        seconds=0,
        warm_up=0,
        rows=ROWS,
        is_checked=True,
        jars=jars,
        options={},
    )
    try:
        list(perform(task))
        (found,) = perform(dataclasses.replace(task, kind="throughput", contender=contender))
        return found
    except Exception:
        return {"error": traceback.format_exc()}


def main():
    """Takes contenders with workloads, and jars, as JSON; writes the findings to a file."""
    pairs, jars, found = json.loads(sys.argv[1]), json.loads(sys.argv[2]), {}
    for contender, workload in pairs.items():
        with tempfile.TemporaryDirectory() as directory:
            found[contender] = perform_case(contender, workload, jars, directory)
        Path(sys.argv[3]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
