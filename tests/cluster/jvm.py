# SPDX-License-Identifier: Apache-2.0
"""What the JVM of a TaskManager holds, after a garbage collection."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from e2e.sql import java


@dataclass(frozen=True)
class Holdings:
    """What a process holds; memory in megabytes."""

    heap: float
    metaspace: float
    resident: float
    threads: int
    descriptors: int
    job_class_loaders: int


def holdings(pid: int) -> Holdings:
    """Collects garbage in a JVM, and returns what it holds then."""
    histogram = jcmd(pid, "GC.class_histogram")  # of live objects, after a collection
    loaders = re.search(r" (\d+) +\d+ +\S+\.ChildFirstClassLoader", histogram)
    _, _, metaspace = jcmd(pid, "GC.heap_info").partition("Metaspace")
    process = Path(f"/proc/{pid}")
    return Holdings(
        heap=int(re.findall(r"^Total +\d+ +(\d+)", histogram, re.MULTILINE)[0]) / 2**20,
        metaspace=int(re.findall(r"used (\d+)K", metaspace)[0]) / 1024,
        resident=int(re.findall(r"VmRSS:\s+(\d+)", (process / "status").read_text())[0]) / 1024,
        threads=len(list((process / "task").iterdir())),
        descriptors=len(list((process / "fd").iterdir())),
        job_class_loaders=int(loaders[1]) if loaders else 0,
    )


def jcmd(pid: int, command: str) -> str:
    """Runs a command of jcmd on a JVM, and returns its output."""
    jcmd = Path(java()).resolve().with_name("jcmd")
    return subprocess.run(
        [jcmd, str(pid), command], check=True, capture_output=True, text=True, timeout=120
    ).stdout
