# SPDX-License-Identifier: Apache-2.0
"""What explains a job that did not complete: its state, and what the TaskManagers do."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path

from cluster.job import Job
from cluster.jvm import jcmd
from cluster.session_cluster import SessionCluster


def write_evidence(cluster: SessionCluster, job: Job, directory: Path) -> None:
    """Writes the job and the slots as the REST API shows them, and the stacks of all threads."""
    directory.mkdir(parents=True)
    path = f"jobs/{job.job_id}"
    vertices = cluster.rest(path)["vertices"]
    state = {
        "job": cluster.rest(path),
        "subtasks": [cluster.rest(f"{path}/vertices/{vertex['id']}") for vertex in vertices],
        "checkpoints": job.checkpoints(),
        "failures": job.failures(),
        "task managers": cluster.rest("taskmanagers"),
    }
    (directory / "state.json").write_text(json.dumps(state, indent=1))
    for pid in cluster.task_manager_pids():
        with suppress(subprocess.SubprocessError):  # it has just ended
            (directory / f"stacks-{pid}.txt").write_text(jcmd(pid, "Thread.print"))
