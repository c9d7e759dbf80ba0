# SPDX-License-Identifier: Apache-2.0
"""The recipes of docs/deployment.md run on a cluster of two TaskManagers with two slots each.

They run the image of examples/docker/Dockerfile, which a directory stands for.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from e2e.processes import run, running, wait_until
from e2e.sql import java

from .image import ROOT, Image, build_image
from .session_cluster import SessionCluster, free_ports, jvm_env, session_cluster

_PAGE = (ROOT / "docs" / "deployment.md").read_text()
_FRAUD_SCORES = {"0.22705314009661837", "0.845360824742268", "0.4542974079126876", "0.95"}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a wheel: the context of the image, and the directory of the commands."""
    directory = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "examples", directory / "examples")
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(directory / "dist")]
    subprocess.run([*wheel, *options, str(ROOT)], check=True, timeout=300)
    return directory


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, context: Path) -> Image:
    """The image, with the jar of a distribution that the apache-flink of PyPI does not have."""
    root = tmp_path_factory.mktemp("image")
    script = context / "examples" / "deployment" / "fraud.sql"
    script.write_text(Image(root).mapped(script.read_text()))
    image = build_image(root, context)
    gateway = f"org.apache.flink:flink-sql-gateway:{version('apache-flink')}"
    subprocess.run(
        ["mvn", "-B", "-q", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
         f"-Dartifact={gateway}", f"-DoutputDirectory={image.flink_home / 'opt'}"],
        check=True, timeout=300,
    )  # fmt: skip
    return image


@pytest.fixture(scope="module")
def cluster(image: Image) -> Iterator[SessionCluster]:
    """A session cluster of the image, to which its clients submit."""
    options = {"taskmanager.numberOfTaskSlots": "2", "web.refresh-interval": "100"}
    with session_cluster(image.flink_home, options, task_managers=2) as running:
        with (image.flink_home / "conf" / "config.yaml").open("a") as config:
            config.write(f"rest.port: {running.rest_port}\n")
        yield running


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("recipe", ["flink run with Python", "A Java job", "SQL client"])
def test_recipe_prints_the_rows(recipe: str, image: Image, context: Path) -> None:
    """Readers copy these commands."""
    outcome = run(["bash", "-euo", "pipefail", "-c", _commands(recipe, image)],
                  env=_env(image), cwd=context)  # fmt: skip

    assert outcome.exit_code == 0, outcome.output + outcome.errors
    assert _scores(outcome.output) == _FRAUD_SCORES


@pytest.mark.usefixtures("cluster")
def test_gateway_runs_the_statements(image: Image, context: Path) -> None:
    """Services submit by its REST API."""
    (port,) = free_ports(1)
    commands = _commands("SQL gateway", image).replace("8083", str(port))
    with (image.flink_home / "conf" / "config.yaml").open("a") as config:
        config.write(f"sql-gateway.endpoint.rest.port: {port}\n")

    outcome = run(["bash", "-euo", "pipefail", "-c", commands], env=_env(image), cwd=context)

    assert outcome.exit_code == 0, outcome.output + outcome.errors
    assert _scores(outcome.output) == _FRAUD_SCORES


def test_script_runs_in_application_mode(image: Image, context: Path, tmp_path: Path) -> None:
    """The planner is in the JobManager, and its Python is that of the image."""
    _run_application(_commands("Application mode", image), image, context, tmp_path)


def test_job_of_the_kubernetes_manifest_runs(image: Image, context: Path, tmp_path: Path) -> None:
    """A path or class that the image does not have would be found by the cluster only."""
    manifest = yaml.safe_load((ROOT / "examples" / "kubernetes" / "fraud.yaml").read_text())
    job = manifest["spec"]["job"]
    jar = job["jarURI"].replace("local://", "file://")
    commands = "\n".join(
        f'"$FLINK_HOME"/bin/{command}'
        for command in (
            f"standalone-job.sh start --jars {jar} --job-classname {job['entryClass']}"
            f" {shlex.join(job['args'])}",
            "taskmanager.sh start",
        )
    )

    _run_application(image.mapped(commands), image, context, tmp_path)


def _run_application(commands: str, image: Image, context: Path, directory: Path) -> None:
    """Runs commands that start a cluster, and checks what the JobManager printed when it ended."""
    rest_port, rpc_port = free_ports(2)
    conf = directory / "conf"
    shutil.copytree(image.flink_home / "conf", conf)
    config = (conf / "config.yaml").read_text()
    config = re.sub(r"^rest\.port: .*\n", "", config, flags=re.M).replace("6123", str(rpc_port))
    (conf / "config.yaml").write_text(f"{config}\nrest.port: {rest_port}\n")
    logs = directory / "log"
    logs.mkdir()
    env = {**_env(image), "FLINK_CONF_DIR": str(conf), "FLINK_LOG_DIR": str(logs),
           "FLINK_PID_DIR": str(directory)}  # fmt: skip

    def written(suffix: str) -> str:
        return "".join(file.read_text() for file in logs.glob(f"*-standalonejob-*.{suffix}"))

    with running(["bash", "-euo", "pipefail", "-c", commands], env=env, cwd=context):
        wait_until(lambda: "Terminating cluster entrypoint process" in written("log"))
    assert _scores(written("out")) == _FRAUD_SCORES, written("log")


def _commands(recipe: str, image: Image) -> str:
    """Returns the first block of commands of a section of the page."""
    section = re.search(rf"^## {re.escape(recipe)}\n(.*?)(?=^## )", _PAGE, re.M | re.S)
    assert section is not None
    block = re.search(r"^```sh\n(.*?)^```$", section[1], re.M | re.S)
    assert block is not None
    return image.mapped(block[1])


def _env(image: Image) -> Mapping[str, str]:
    env = jvm_env()
    path = f"{Path(java()).resolve().parent}:{env['PATH']}"
    home = str(image.flink_home)
    return {**env, "PATH": path, "FLINK_HOME": home, "FLINK_PID_DIR": home}


def _scores(output: str) -> set[str]:
    """Returns the scores in rows that a client has printed."""
    return set(re.findall(r"\b0\.\d+", output)) & _FRAUD_SCORES
