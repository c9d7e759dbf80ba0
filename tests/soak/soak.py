# SPDX-License-Identifier: Apache-2.0
"""Runs mixed jobs on a cluster, injects faults, and compares all results with the truth.

Environment: SOAK_MINUTES (20), SOAK_SEED (by default a random one, which is printed),
SOAK_RESULTS (a directory). The exit code is 1 if a result is lost or doubled, a job has not
recovered, or the TaskManager that is spared has grown; the directory then has Flink's logs in
``logs``, and the state of a job that has not recovered in ``evidence``.
"""

import os
import shutil
import sys
import tempfile
import threading
import traceback
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from random import Random, SystemRandom

from cluster.session_cluster import SessionCluster, session_cluster
from e2e.processes import wait_until
from faults.kinds import BATCH, PROCESS_ROW, ROW
from faults.trial import CLUSTER_OPTIONS, trial

from .evidence import write_evidence
from .injector import Injector
from .log import Log
from .mix import MIX, Entry
from .report import write_report
from .verdict import verdict

# By lane; three tasks need both TaskManagers, so each fault of a TaskManager concerns a job.
_PARALLELISM = {1: 3, 2: 1}
_SECONDS_OF_A_JOB = (20, 60)
_SECONDS_TO_RECOVER = 240
# The heap is resident from the start, so growth is that of Python and of native memory.
_JAVA_OPTIONS = "-XX:+AlwaysPreTouch"


def main() -> int:
    """Runs for the time of SOAK_MINUTES, and returns the exit code."""
    minutes = float(os.environ.get("SOAK_MINUTES", "20"))
    seed = int(os.environ.get("SOAK_SEED") or SystemRandom().randrange(10**6))
    day = datetime.now(timezone.utc).date().isoformat()
    results = Path(os.environ.get("SOAK_RESULTS") or f"benchmarks/soak/{day}-{seed}")
    results.mkdir(parents=True)
    log = Log(results)
    log.add("start", minutes=minutes, seed=seed)
    options = {**CLUSTER_OPTIONS, "taskmanager.load-balance.mode": "SLOTS"}
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as name,
        session_cluster(Path(name) / "flink", options, 2, _JAVA_OPTIONS) as cluster,
    ):
        _run(cluster, Path(name), minutes * 60, seed, log)
        found = verdict(log)
        log.add("verdict", problems=found)
        if found:
            shutil.copytree(cluster.home / "log", results / "logs")
    write_report(results, log)
    return 1 if found else 0


def _run(cluster: SessionCluster, directory: Path, seconds: float, seed: int, log: Log) -> None:
    injector = Injector(cluster, Random(seed), log)
    injector.start()
    lanes = [
        threading.Thread(
            target=_lane,
            args=(cluster, lane, directory / f"lane{lane}", seconds, seed, log, injector),
            daemon=True,  # so that Ctrl-C ends the run
        )
        for lane in _PARALLELISM
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    injector.stop()
    wait_until(lambda: cluster.task_managers() == 2)
    for number, kind in enumerate((ROW, BATCH, PROCESS_ROW)):
        entry = Entry(kind, f"{kind.name}, after all faults")
        _job(cluster, entry, directory / f"after{number}", 10, 2, log, None)


def _lane(
    cluster: SessionCluster,
    lane: int,
    directory: Path,
    seconds: float,
    seed: int,
    log: Log,
    injector: Injector,
) -> None:
    """Runs one job after the other; each kind comes once before one comes again."""
    random = Random(seed + lane)
    entries: list[Entry] = []
    number = 0
    while log.seconds() < seconds:
        entries = entries or random.sample(MIX, k=len(MIX))
        time_of_job = random.uniform(*_SECONDS_OF_A_JOB)
        number += 1
        parallelism = _PARALLELISM[lane]
        _job(
            cluster,
            entries.pop(),
            directory / str(number),
            time_of_job,
            parallelism,
            log,
            injector,
        )


def _job(
    cluster: SessionCluster,
    entry: Entry,
    directory: Path,
    seconds: float,
    parallelism: int,
    log: Log,
    injector: Injector | None,
) -> None:
    """Runs a job for some seconds of rows, and logs what became of them."""
    directory.mkdir(parents=True)
    began = log.seconds()
    try:
        model = entry.prepare(directory)
        options = {"parallelism.default": str(parallelism)}
        with trial(cluster, entry.kind, directory, model, options) as running:
            if injector:
                injector.trials.add(running)
            try:
                enough = log.seconds() + seconds
                wait_until(lambda: log.seconds() > enough)
                evidence = log.directory / "evidence" / f"job-at-{began}-s"
                lost, doubled = running.end(
                    _SECONDS_TO_RECOVER, lambda: write_evidence(cluster, running.job, evidence)
                )
            finally:
                if injector:
                    injector.trials.discard(running)
            log.add(
                "job",
                kind=entry.name,
                parallelism=parallelism,
                began=began,
                rows_in=running.feed.rows,
                rows_out=running.committed().total(),
                lost=lost.total(),
                doubled=doubled.total(),
                failures=[failure["exceptionName"] for failure in running.job.failures()],
            )
    except Exception:
        log.add("error", kind=entry.name, began=began, text=traceback.format_exc())


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
