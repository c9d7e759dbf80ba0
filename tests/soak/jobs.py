# SPDX-License-Identifier: Apache-2.0
"""Runs jobs of separate clients, two at a time, and compares what the TaskManagers hold.

Half of the jobs find the provider in Flink's lib directory. The others bring it as user jar, so
each has a class loader. Environment: JOBS (30), the number of jobs of each kind. The exit code is 1
if a job fails, or if a TaskManager holds more at the end than after the first third.
"""

import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from cluster.jvm import Holdings, holdings
from cluster.session_cluster import SessionCluster, session_cluster
from e2e.processes import wait_until
from e2e.sql import create_model, create_values

from pyflink_ml_embedded.table import provider_jar

_CLUSTER_OPTIONS = {"heartbeat.interval": "500", "taskmanager.numberOfTaskSlots": "2"}
_EXPECTED = ["+I[2.0]", "+I[4.0]", "+I[6.0]"]
_SLACK = Holdings(heap=4, metaspace=4, resident=48, threads=8, descriptors=8, job_class_loaders=0)


def main() -> int:
    """Runs all jobs, prints what the TaskManagers hold, and returns the exit code."""
    jobs = int(os.environ.get("JOBS", "30"))
    # Caches of the JDK have soft references to the class loaders of jobs.
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:SoftRefLRUPolicyMSPerMB=0"
    problems = []
    for place, options in {
        "lib": {},
        "user jar": {"pipeline.jars": provider_jar().as_uri()},
    }.items():
        with (
            tempfile.TemporaryDirectory(prefix="jobs-") as directory,
            session_cluster(Path(directory) / "flink", _CLUSTER_OPTIONS, 2) as cluster,
        ):
            problems += _run_jobs(cluster, place, options, jobs)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def _run_jobs(
    cluster: SessionCluster, place: str, options: Mapping[str, str], jobs: int
) -> list[str]:
    with ThreadPoolExecutor(2) as clients:
        first = jobs // 3

        def run(count: int) -> list[str]:
            outcomes = clients.map(lambda _: _run_job(cluster, options), range(count))
            return [f"{place}: {failure}" for failure in outcomes if failure]

        problems = run(first)
        before = [_at_rest(pid) for pid in cluster.task_manager_pids()]
        problems += run(jobs - first)
        after = [_at_rest(pid) for pid in cluster.task_manager_pids()]
    for number, (early, late) in enumerate(zip(before, after, strict=True)):
        for what, slack in asdict(_SLACK).items():
            was, now = getattr(early, what), getattr(late, what)
            figures = f"{was:.1f} after {first} jobs, {now:.1f} after {jobs}"
            line = f"{place}, TaskManager {number}, {what}: {figures}"
            print(line, flush=True)
            if now > was + slack:
                problems.append(f"grew by more than {slack}: {line}")
    return problems


def _at_rest(task_manager: int) -> Holdings:
    """Returns what is held when the JDK's caches have forgotten the jobs, as they do when used."""
    with suppress(AssertionError):
        wait_until(lambda: holdings(task_manager).job_class_loaders == 0, seconds=60)
    return holdings(task_manager)


def _run_job(cluster: SessionCluster, options: Mapping[str, str]) -> str | None:
    """Runs a job from a new client, and returns its failure."""
    *_, result = cluster.run_sql(
        create_values(),
        create_model("doubler", "x DOUBLE", "y DOUBLE", "process.Warns"),
        "SELECT y FROM ML_PREDICT(TABLE numbers, MODEL doubler, DESCRIPTOR(x))",
        options=options,
    )
    return None if result.rows == _EXPECTED else f"{result.rows} {result.failure}"


if __name__ == "__main__":
    raise SystemExit(main())
