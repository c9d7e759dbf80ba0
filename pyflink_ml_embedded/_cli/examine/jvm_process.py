# SPDX-License-Identifier: Apache-2.0
"""Examines a process of Flink by what it says about its JVM."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .class_path import examine_class_path
from .finding import Finding
from .java import examine_opens, examine_release, stack_of_options

__all__ = ["JvmProcess", "examine_process", "process_of_environment", "process_of_log"]


class JvmProcess(NamedTuple):
    """A process of Flink.

    Attributes:
        flink: its version of Flink.
        java: the JVM with its vendor and version.
        options: of the JVM.
        class_path: the jars.
    """

    flink: str
    java: str
    options: list[str]
    class_path: list[Path]


def process_of_environment(environment: Mapping[str, Any], flink: str) -> JvmProcess:
    """Returns the process that the REST API's ``jobmanager/environment`` describes."""
    jvm = environment["jvm"]
    return JvmProcess(
        flink, jvm["version"], jvm["options"], [Path(jar) for jar in environment["classpath"]]
    )


def process_of_log(log: str) -> JvmProcess | None:
    """Returns the process that the first lines of a log describe, or None if they do not."""
    flink = re.search(r" Starting TaskManager.*\(Version: ([^,]+),", log)
    java = re.search(r"  JVM: (.+)", log)
    options = re.search(r"  JVM Options:(.*?)  Program Arguments:", log, re.DOTALL)
    class_path = re.search(r"  Classpath: (.+)", log)
    if flink is None or java is None or class_path is None:
        return None
    return JvmProcess(
        flink[1],
        java[1],
        re.findall(r" {5}(-\S.*)", options[1]) if options else [],
        [Path(jar) for jar in class_path[1].split(":")],
    )


def examine_process(process: JvmProcess) -> Iterator[Finding]:
    """Yields the state of the jars, the Java and the options of a process."""
    yield from examine_class_path(process.class_path, process.flink, "DIR")
    release = re.search(r"- (\d+)[/.]", process.java)
    if release is None:
        yield Finding("Java", process.java, optional=True)
        return
    yield examine_release(process.java, int(release[1]))
    yield examine_opens(process.options, int(release[1]))
    yield stack_of_options(process.options)
