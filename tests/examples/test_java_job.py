# SPDX-License-Identifier: Apache-2.0
"""The Java job runs on a session cluster."""

from pathlib import Path

import pytest
from cluster.session_cluster import jvm_env, session_cluster

from .checkout import make_checkout


@pytest.mark.slow
def test_job_prints_the_suspicious_payments(tmp_path: Path) -> None:
    """It is compiled and submitted by the commands of its README."""
    checkout = make_checkout(tmp_path / "checkout")
    build, submit = checkout.commands("java-job")
    checkout.run(build)
    with session_cluster(tmp_path / "flink") as cluster:
        with (cluster.home / "conf" / "config.yaml").open("a") as config:
            config.write(f"rest.port: {cluster.rest_port}\n")
        env = {**jvm_env(), "FLINK_HOME": str(cluster.home)}
        printed = checkout.run(submit, env).splitlines()
    assert {line for line in printed if line.startswith("payment ")} == {
        "payment 2 has the score 0.845360824742268",
        "payment 4 has the score 0.95",
    }
