# SPDX-License-Identifier: Apache-2.0
"""What the JIT compiler of a JVM does."""

from __future__ import annotations

import subprocess
import time

import pytest
from pyflink.pyflink_gateway_server import find_java_executable

from pyflink_ml_embedded.bench.measure.compiler import Compiler


@pytest.mark.parametrize(("mode", "is_idle"), [("-Xcomp", False), ("-Xint", True)])
def test_cpu_time_of_the_compiler_alone_counts(mode: str, is_idle: bool) -> None:
    """A rate is not steady while code is compiled; the other threads of the JVM are the job."""
    command = [find_java_executable(), mode, "-version"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as jvm:
        compiler = Compiler(jvm.pid)
        start = time.monotonic_ns()
        while jvm.poll() is None:
            compiler.look(time.monotonic_ns())
            time.sleep(0.01)
    assert compiler.was_idle_since(start + 20_000_000) == is_idle
