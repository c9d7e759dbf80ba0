# SPDX-License-Identifier: Apache-2.0
"""Does harm to running jobs at random moments, and watches the TaskManagers meanwhile."""

import os
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from cluster.session_cluster import SessionCluster
from faults.kinds import publish
from faults.trial import Trial

from .log import Log

_SECONDS_BETWEEN_FAULTS = (5, 15)
_WHILE_RECOVERING = 0.02  # each half second
_SECONDS_BETWEEN_SAMPLES = 5
_SECONDS_AWAY = 4
_ACTS = ("raise", "exit", "segfault", "abort")


class Injector(threading.Thread):
    """The first TaskManager is spared, so that its memory is comparable over the whole run."""

    def __init__(self, cluster: SessionCluster, random: Random, log: Log) -> None:
        super().__init__(daemon=True)
        self.trials: set[Trial] = set()
        self._cluster = cluster
        self._random = random
        self._log = log
        self._stopped = threading.Event()
        self._versions = 1
        self._commits: dict[Trial, int] = {}  # when the last fault was injected
        self._away: tuple[Path, Path] | None = None
        self._away_until = 0.0

    def stop(self) -> None:
        """Injects no more faults, and waits until the cluster is whole."""
        self._stopped.set()
        self.join()

    def run(self) -> None:
        """Injects faults and samples the TaskManagers until it is stopped."""
        try:
            self._run()
        except Exception:
            self._log.add("error", kind="the injector", text=traceback.format_exc())

    def _run(self) -> None:
        next_sample = next_fault = 0.0
        while not self._stopped.wait(0.5):
            now = self._log.seconds()
            self._cluster.replace_lost_task_managers()
            if self._away and now >= self._away_until:
                self._bring_back()
            if now >= next_sample:
                self._sample()
                next_sample = now + _SECONDS_BETWEEN_SAMPLES
            if now >= next_fault and self._is_time():
                self._inject()
                next_fault = self._log.seconds() + self._random.uniform(*_SECONDS_BETWEEN_FAULTS)
        if self._away:
            self._bring_back()
        self._cluster.replace_lost_task_managers()

    def _trials(self) -> list[Trial]:
        return list(self.trials)

    def _is_time(self) -> bool:
        """Returns whether there are jobs, and all have recovered, or sometimes even if not.

        A job has recovered when it runs and has committed rows since the last fault. Faults that
        follow each other faster would stop it for ever.
        """
        trials = self._trials()
        recovered = self._cluster.task_managers() == 2 and all(
            trial.job.is_running() and trial.commits() > self._commits.get(trial, -1)
            for trial in trials
        )
        return bool(trials) and (recovered or self._random.random() < _WHILE_RECOVERING)

    def _inject(self) -> None:
        faults: dict[str, Callable[[], None]] = {"kill a TaskManager": self._kill_task_manager}
        trials = sorted(self._trials(), key=lambda trial: trial.directory)
        self._random.shuffle(trials)
        for trial in trials:  # faults of one name are those of the last one
            faults |= self._faults_of(trial)
        name = self._random.choice(sorted(faults))
        self._log.add("fault", name=name)
        self._commits = {trial: trial.commits() for trial in trials}
        with suppress(ProcessLookupError):
            faults[name]()

    def _faults_of(self, trial: Trial) -> dict[str, Callable[[], None]]:
        faults: dict[str, Callable[[], None]] = {}
        spared, *others = self._cluster.task_manager_pids()
        processes = trial.processes()
        for worker in processes & self._cluster.workers():
            faults["kill a worker"] = lambda worker=worker: os.kill(worker, signal.SIGKILL)
            for act in _ACTS:
                faults[f"{act} in a worker"] = lambda act=act, at=worker: _order(trial, act, at)
        for task_manager in processes & set(others):
            for act in _ACTS:
                faults[f"{act} in a TaskManager"] = lambda act=act, at=task_manager: _order(
                    trial, act, at
                )
        if spared in processes:
            faults["raise in the TaskManager that is spared"] = lambda: _order(
                trial, "raise", spared
            )
        model = trial.directory / "model"
        if (model / "version.txt").exists() and not self._away:
            faults["publish a version"] = lambda: self._publish(model)
            faults["move the model away"] = lambda: self._move_away(model)
        return faults

    def _kill_task_manager(self) -> None:
        self._cluster.kill_task_manager(1)
        self._cluster.start_task_manager()

    def _publish(self, model: Path) -> None:
        self._versions += 1
        publish(model, self._versions)

    def _move_away(self, model: Path) -> None:
        self._away = (model, model.with_name("away"))
        self._away_until = self._log.seconds() + _SECONDS_AWAY
        model.rename(self._away[1])

    def _bring_back(self) -> None:
        assert self._away is not None
        model, away = self._away
        away.rename(model)
        self._away = None

    def _sample(self) -> None:
        pids = self._cluster.task_manager_pids()
        for pid in pids:
            with suppress(OSError):  # it has ended
                self._log.add("sample", pid=pid, spared=pid == pids[0], **_resources(pid))


def _order(trial: Trial, act: str, process: int) -> None:
    trial.order(act, process)


def _resources(pid: int) -> dict[str, int]:
    """Returns the resident memory in MB, the threads and the descriptors of a process."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    return {
        "rss_mb": int(status["VmRSS"].split()[0]) // 1024,
        "threads": int(status["Threads"]),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
    }
