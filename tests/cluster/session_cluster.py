"""A standalone session cluster of the installed apache-flink, set up as the README says."""

import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from e2e.processes import running, wait_until
from e2e.sql import flink_home, flink_jars


@dataclass(frozen=True)
class SessionCluster:
    """A JobManager and one TaskManager with one slot."""

    home: Path
    rest_port: int

    @property
    def client_options(self) -> dict[str, str]:
        """The options with which a client submits its jobs here."""
        return {
            "execution.target": "remote",
            "rest.address": "localhost",
            "rest.port": str(self.rest_port),
        }

    def task_manager_file(self, suffix: str) -> str:
        """Returns the text of the TaskManager's ``.out`` or ``.log``."""
        (file,) = self.home.glob(f"log/*-taskexecutor-*{suffix}")
        return file.read_text()

    def task_managers(self) -> int:
        """Returns how many TaskManagers the JobManager knows, 0 while it starts."""
        try:
            with urlopen(f"http://localhost:{self.rest_port}/taskmanagers", timeout=10) as answer:
                return len(json.load(answer)["taskmanagers"])
        except (URLError, ConnectionError):
            return 0


@contextmanager
def session_cluster(home: Path) -> Iterator[SessionCluster]:
    """Starts a cluster whose FLINK_HOME is the new directory ``home``, and kills it at the end."""
    _install_flink(home)
    rpc_port, rest_port = _free_ports(2)
    options = ["-D", f"jobmanager.rpc.port={rpc_port}", "-D", f"rest.port={rest_port}"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("FLINK_")}
    env["FLINK_PID_DIR"] = str(home)
    cluster = SessionCluster(home, rest_port)
    with ExitStack() as daemons:
        for script in ("jobmanager.sh", "taskmanager.sh"):
            # The JVM that the script leaves behind stays in the script's process group.
            daemons.enter_context(running([str(home / "bin" / script), "start", *options], env=env))
        wait_until(lambda: cluster.task_managers() == 1)
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


def _free_ports(count: int) -> list[int]:
    with ExitStack() as sockets:
        listeners = [sockets.enter_context(socket.create_server(("", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]
