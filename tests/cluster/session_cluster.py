# SPDX-License-Identifier: Apache-2.0
"""A standalone session cluster of the installed apache-flink, set up as in docs/deployment.md."""

import itertools
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from e2e.processes import Outcome, kill_group, run, running, session_members, wait_until
from e2e.sql import Result, flink_home, flink_jars, run_sql


@dataclass(frozen=True)
class SessionCluster:
    """A JobManager and its TaskManagers; closing ``daemons`` kills their processes."""

    home: Path
    rest_port: int
    options: Mapping[str, str]
    daemons: ExitStack
    java_options: str = ""
    _task_managers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run_sql(self, *statements: str, options: Mapping[str, str] | None = None) -> list[Result]:
        """Runs statements with ``e2e.sql.run_sql``, and submits their jobs to this cluster."""
        target = {
            "execution.target": "remote",
            "rest.address": "localhost",
            "rest.port": str(self.rest_port),
        }
        return run_sql(*statements, env=jvm_env(), options={**target, **(options or {})})

    def flink_run(self, script: Path, *arguments: str) -> Outcome:
        """Runs a Python script with ``flink run -py``, by the interpreter of the tests."""
        command = [str(self.home / "bin" / "flink"), "run", "-m", f"localhost:{self.rest_port}"]
        options = ["-py", str(script), "-pyclientexec", sys.executable]
        env = {
            **jvm_env(),
            "FLINK_CONF_DIR": str(self.home / "conf"),
            "FLINK_OPT_DIR": str(flink_home() / "opt"),
        }
        return run([*command, *options, *arguments], env=env)

    def start_job_manager(self) -> None:
        """Starts the JobManager without waiting for it."""
        self._start("jobmanager.sh")

    def start_task_manager(self) -> None:
        """Starts one more TaskManager without waiting for it."""
        self._task_managers.append(self._start("taskmanager.sh"))

    def kill_task_manager(self, at: int = -1) -> None:
        """Kills a TaskManager with SIGKILL, by default the most recently started."""
        kill_group(self._task_managers.pop(at))

    def replace_lost_task_managers(self) -> int:
        """Starts a TaskManager for each that has ended by itself, as a resource manager does.

        Returns:
            The number of TaskManagers that were started.
        """
        # When the script that starts the JVM has ended, the JVM is among the processes.
        lost = [
            process
            for process in self._task_managers
            if process.poll() is not None and not session_members(process.pid)
        ]
        for process in lost:
            self._task_managers.remove(process)
            self.start_task_manager()
        return len(lost)

    def task_manager_pids(self) -> list[int]:
        """Returns the process ids of the TaskManagers' JVMs, in the order of their starts."""
        return [pid for pid, command in self.members() if b"TaskManagerRunner" in command]

    def workers(self) -> set[int]:
        """Returns the process ids of the workers in which models run."""
        command_of_workers = b"pyflink_ml_embedded._worker"
        return {pid for pid, command in self.members() if command_of_workers in command}

    def members(self) -> list[tuple[int, bytes]]:
        """Returns the processes of all TaskManagers, with their command lines."""
        return [
            member
            for process in self._task_managers
            for member in session_members(process.pid).items()
        ]

    def task_manager_file(self, suffix: str) -> str:
        """Returns the text of the TaskManager's ``.out`` or ``.log`` file."""
        (file,) = self.home.glob(f"log/*-taskexecutor-*{suffix}")
        return file.read_text()

    def task_managers(self) -> int:
        """Returns the number of registered TaskManagers, 0 while the JobManager starts."""
        try:
            return len(self.rest("taskmanagers")["taskmanagers"])
        except (URLError, ConnectionError):
            return 0

    def rest(
        self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None
    ) -> Any:
        """Returns the response of the REST API to a GET, or to a POST if there is a body."""
        request = Request(f"http://localhost:{self.rest_port}/{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def _start(self, script: str) -> subprocess.Popen[bytes]:
        command = [str(self.home / "bin" / script), "start"]
        for key, value in self.options.items():
            command += ["-D", f"{key}={value}"]
        env = {**jvm_env(), "FLINK_PID_DIR": str(self.home)}
        # Without it, the report of a JVM that crashes is written to the directory of the tests.
        report = f"-XX:ErrorFile={self.home}/log/hs_err_pid%p.log"
        env["JAVA_TOOL_OPTIONS"] += f" {report} {self.java_options}"
        # The JVM that the script leaves behind stays in the script's process group.
        return self.daemons.enter_context(running(command, env=env))


@contextmanager
def session_cluster(
    home: Path,
    options: Mapping[str, str] | None = None,
    task_managers: int = 1,
    java_options: str = "",
) -> Iterator[SessionCluster]:
    """Starts a JobManager and TaskManagers, and kills them at the end.

    Args:
        home: FLINK_HOME; Flink is installed there unless it has been.
        options: further Flink options; a TaskManager has one slot by default.
        task_managers: how many of them.
        java_options: further options of the JVMs.
    """
    if not (home / "bin").exists():
        _install_flink(home)
    rpc_port, rest_port = free_ports(2)
    all_options = {
        "jobmanager.rpc.port": str(rpc_port),
        "rest.port": str(rest_port),
        **(options or {}),
    }
    with ExitStack() as daemons:
        cluster = SessionCluster(home, rest_port, all_options, daemons, java_options)
        cluster.start_job_manager()
        for _ in range(task_managers):
            cluster.start_task_manager()
        wait_until(lambda: cluster.task_managers() == task_managers)
        yield cluster


def _install_flink(home: Path) -> None:
    for directory in ("bin", "conf"):
        shutil.copytree(flink_home() / directory, home / directory)
    with (home / "conf" / "config.yaml").open("a") as config:
        config.write(f"\npython.executable: {sys.executable}\n")
    for directory in ("lib", "log"):
        (home / directory).mkdir()
    for jar in flink_jars():
        (home / "lib" / jar.name).symlink_to(jar)


def jvm_env() -> dict[str, str]:
    """Returns the environment of Flink's processes, without settings of another Flink."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("FLINK_")}
    # A JVM that lives for a few seconds starts faster without the C2 compiler.
    env["JAVA_TOOL_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    return env


def free_ports(count: int) -> list[int]:
    """Returns ports that are free now, and that the kernel gives to nobody."""
    # The kernel gives ports from 32768 on to connections, also to those of other tests.
    ports = random.sample(range(20_000, 32_768), 100)
    return list(itertools.islice(filter(_is_free, ports), count))


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True
