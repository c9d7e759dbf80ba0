# SPDX-License-Identifier: Apache-2.0
"""Examines a running cluster by the REST API of its JobManager."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from .class_path import has_provider
from .finding import Finding, Part
from .flink_config import examine_class_loaders
from .jvm_process import JvmProcess, examine_process, process_of_environment, process_of_log
from .versions import compare_with_pyflink, examine_flink_version

__all__ = ["examine_cluster"]

_SECONDS = 10
_HEADER_BYTES = 1 << 18  # of a log, whose first lines describe the JVM
_ADDRESS = "Name the address of a JobManager's REST API, such as http://localhost:8081."


class _RestApi:
    """GET requests to a JobManager."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        self.address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._root = f"{self.address}{parts.path.rstrip('/')}"

    def get(self, path: str) -> Any:
        return json.loads(self.text(path))

    def text(self, path: str, limit: int | None = None) -> str:
        with urlopen(f"{self._root}/{path}", timeout=_SECONDS) as answer:
            content: bytes = answer.read(limit)
        return content.decode(errors="replace")


def examine_cluster(url: str) -> Iterator[Part]:
    """Yields the state of a cluster, of its JobManager and of its TaskManagers.

    TaskManagers with the same findings are one part. What their JVMs are is read from the first
    lines of their logs.
    """
    api = _RestApi(url)
    title = f"Cluster {api.address}"
    try:
        flink = api.get("config")["flink-version"]
        config = {entry["key"]: entry["value"] for entry in api.get("jobmanager/config")}
        job_manager = process_of_environment(api.get("jobmanager/environment"), flink)
        ids = [each["id"] for each in api.get("taskmanagers")["taskmanagers"]]
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "reason", error)
        found = f"{api.address} does not answer as Flink's REST API does: {reason}"
        yield Part(title, [Finding("cluster", found, _ADDRESS)])
        return
    yield Part(title, list(_cluster_findings(flink, config, job_manager, len(ids))))
    yield Part("Its JobManager", list(examine_process(job_manager)))
    parts: dict[tuple[Finding, ...], list[str]] = {}
    for each in ids:
        log = ""
        with suppress(OSError):
            log = api.text(f"taskmanagers/{each}/log", _HEADER_BYTES)
        parts.setdefault(tuple(_task_manager_findings(log, flink)), []).append(each)
    for findings, names in parts.items():
        kind = "TaskManager" if len(names) == 1 else "TaskManagers"
        yield Part(f"Its {kind} {', '.join(names)}", findings)


def _cluster_findings(
    flink: str, config: Mapping[str, str], job_manager: JvmProcess, task_managers: int
) -> Iterator[Finding]:
    yield examine_flink_version("Flink", flink, flink)
    yield compare_with_pyflink(flink)
    yield Finding(
        "TaskManagers",
        f"{task_managers} registered" if task_managers else "none is registered now",
        optional=not task_managers,
    )
    yield examine_class_loaders(config, has_provider(job_manager.class_path))
    yield _executable_finding(config.get("python.executable"))


def _executable_finding(executable: str | None) -> Finding:
    if executable is None:
        found = "'python.executable' is not set, so each job must set it"
        return Finding("executable", found, optional=True)
    exists = shutil.which(executable) is not None
    found = f"{executable} {'exists' if exists else 'does not exist'} on this host"
    return Finding("executable", f"{found}; others were not examined", optional=not exists)


def _task_manager_findings(log: str, flink: str) -> Iterator[Finding]:
    process = process_of_log(log)
    if process is None:
        yield Finding(
            "log",
            "does not begin with the start of the process, so its JVM was not examined",
            optional=True,
        )
        return
    if process.flink != flink:
        yield Finding(
            "Flink",
            f"{process.flink}, and the JobManager has {flink}",
            f"Install Flink {flink} there, and restart it.",
        )
    yield from examine_process(process)
