# SPDX-License-Identifier: Apache-2.0
"""The recipes of docs/deployment.md run on a cluster of two TaskManagers with two slots each.

They run the image of examples/docker/Dockerfile, which a directory stands for.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest
from e2e.processes import run, running, wait_until
from e2e.sql import java
from ruamel.yaml import YAML

from .image import ROOT, Image, build_image
from .session_cluster import SessionCluster, free_ports, jvm_env, session_cluster
from .totals import INSERT, SECRET, Totals

_PAGE = (ROOT / "docs" / "deployment.md").read_text()
_SHELL = ["bash", "-euo", "pipefail", "-c"]
_FRAUD_SCORES = {"0.22705314009661837", "0.845360824742268", "0.4542974079126876", "0.95"}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with wheels: the context of the image, and the directory of the commands."""
    directory = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "examples", directory / "examples")
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(directory / "dist")]
    subprocess.run([*wheel, *options, str(ROOT)], check=True, timeout=300)
    for built in sorted((directory / "dist").iterdir()):  # one that pip must not choose
        built.with_name(re.sub(r"-cp3\d+-cp3\d+-", "-cp39-cp39-", built.name)).touch()
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
def gateway_port() -> int:
    """The port of the SQL gateway, in place of the default."""
    (port,) = free_ports(1)
    return port


@pytest.fixture(scope="module")
def cluster(image: Image, gateway_port: int) -> Iterator[SessionCluster]:
    """A session cluster of the image, which the configuration of its clients names."""
    options = {"taskmanager.numberOfTaskSlots": "2", "web.refresh-interval": "100"}
    with session_cluster(image.flink_home, options, task_managers=2) as running:
        with (image.flink_home / "conf" / "config.yaml").open("a") as config:
            config.write(f"rest.port: {running.rest_port}\n")
            config.write(f"sql-gateway.endpoint.rest.port: {gateway_port}\n")
        yield running


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    "recipe", ["flink run with Python", "A Java job", "SQL client", "SQL gateway"]
)
def test_recipe_prints_the_rows(
    recipe: str, image: Image, context: Path, gateway_port: int
) -> None:
    """Readers copy these commands."""
    commands = _commands(recipe, image).replace("localhost:8083", f"localhost:{gateway_port}")

    outcome = run([*_SHELL, commands], env=_env(image), cwd=context)

    assert outcome.exit_code == 0, outcome.output + outcome.errors
    assert _scores(outcome.output) == _FRAUD_SCORES


def test_script_runs_in_application_mode(image: Image, context: Path, tmp_path: Path) -> None:
    """The planner is in the JobManager, and its Python is that of the image."""
    rest_port, rpc_port = free_ports(2)
    conf, logs = tmp_path / "conf", tmp_path / "log"
    shutil.copytree(image.flink_home / "conf", conf)
    config = (conf / "config.yaml").read_text()
    config = re.sub(r"^rest\.port: .*\n", "", config, flags=re.M).replace(
        "port: 6123", f"port: {rpc_port}"
    )
    (conf / "config.yaml").write_text(f"{config}\nrest.port: {rest_port}\n")
    logs.mkdir()
    env = {
        **_env(image),
        "FLINK_CONF_DIR": str(conf),
        "FLINK_LOG_DIR": str(logs),
        "FLINK_PID_DIR": str(tmp_path),
    }

    def written(suffix: str) -> str:
        return "".join(file.read_text() for file in logs.glob(f"*-standalonejob-*.{suffix}"))

    with running([*_SHELL, _commands("Application mode", image)], env=env, cwd=context):
        wait_until(lambda: "Terminating cluster entrypoint process" in written("log"))
    assert _scores(written("out")) == _FRAUD_SCORES, written("log")


def test_image_has_what_the_kubernetes_manifest_names(image: Image) -> None:
    """Otherwise the cluster would be the first to find it out."""
    text = (ROOT / "examples" / "kubernetes" / "fraud.yaml").read_text()
    job = YAML(typ="safe").load(text)["spec"]["job"]
    named = re.findall(r"(?<!\w)/opt/\S+", " ".join([job["jarURI"], *job["args"]]))

    assert len(named) == 3
    assert [path for path in named if not Path(image.mapped(path)).exists()] == []
    with ZipFile(image.mapped(job["jarURI"].removeprefix("local://"))) as jar:
        assert f"{job['entryClass'].replace('.', '/')}.class" in jar.namelist()


def test_compiled_plan_is_rescaled_and_its_results_are_exact(
    cluster: SessionCluster, image: Image, tmp_path: Path
) -> None:
    """The same SQL does not find its state. The plan, a file, has no secret in it."""
    totals = Totals(cluster, tmp_path, image.mapped("/opt/venv/bin/python"))
    totals.write_input()
    plan, default_plan = (tmp_path / name for name in ("plan.json", "default_plan.json"))
    *_, executed = totals.run(
        f"COMPILE PLAN '{plan.as_uri()}' FOR {INSERT}",
        f"EXECUTE PLAN '{plan.as_uri()}'",
        options={
            "parallelism.default": "1",
            "table.plan.compile.catalog-objects": "IDENTIFIER",
        },
    )
    job = totals.job_of(executed)
    job.wait_until(totals.is_midway)
    savepoint = job.stop_with_savepoint((tmp_path / "savepoints").as_uri())
    totals.let_model_go_on()

    refused, _, executed = totals.run(
        INSERT,
        f"COMPILE PLAN '{default_plan.as_uri()}' FOR {INSERT}",
        f"EXECUTE PLAN '{plan.as_uri()}'",
        options={"parallelism.default": "4", "execution.state-recovery.path": savepoint},
    )
    job = totals.job_of(executed)
    job.wait_for_end()

    assert refused.failure is not None
    assert "Cannot map checkpoint/savepoint state for operator" in refused.failure
    assert job.checkpoints()["latest"]["restored"]["external_path"] == savepoint
    vertices = cluster.rest(f"jobs/{job.job_id}")["vertices"]
    assert 4 in {vertex["parallelism"] for vertex in vertices}
    assert totals.written() == totals.expected()
    assert "squares" in plan.read_text()
    assert SECRET not in plan.read_text()
    assert SECRET in default_plan.read_text()


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
