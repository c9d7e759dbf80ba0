# SPDX-License-Identifier: Apache-2.0
"""Metrics of running jobs have their true values, and are those that docs/metrics.md lists."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from e2e.documented_metrics import documented_metrics
from e2e.processes import wait_until
from e2e.sql import create_model, flink_home

from .job import Job
from .models.measured import Act
from .session_cluster import SessionCluster, free_ports, session_cluster

_MODEL = Path(__file__).with_name("models") / "measured.py"
_GROUP = "model_inference.default_catalog_default_database_m."
_PROMETHEUS = "flink_taskmanager_job_task_operator_model_inference_"


@dataclass(frozen=True)
class _Running:
    """A job that waits in the middle of a row, and what it has done until then."""

    cluster: SessionCluster
    job: Job
    directory: Path
    prometheus_ports: list[int]

    def wait_for(self, name: str) -> None:
        """Returns when the model has written a file."""
        self.job.wait_until((self.directory / name).exists)

    def calls(self) -> list[int]:
        """Returns the rows of each call of the model, negative if it ended the process."""
        return [int(line) for line in (self.directory / "calls").read_text().split()]

    def metrics(self) -> dict[str, str]:
        """Returns the values in the REST API, by their names in the model's group."""
        found = {}
        for vertex in self.cluster.rest(f"jobs/{self.job.job_id}")["vertices"]:
            path = f"jobs/{self.job.job_id}/vertices/{vertex['id']}/subtasks/0/metrics"
            names = [each["id"] for each in self.cluster.rest(path) if _GROUP in each["id"]]
            for some in _batched(names, 20):  # a URL of Flink has at most 4096 bytes
                values = self.cluster.rest(f"{path}?get={quote(','.join(some))}")
                found.update({v["id"].partition(_GROUP)[2]: v["value"] for v in values})
        return found

    def numbers(self) -> dict[str, float]:
        """Returns those of them that are numbers."""
        values = {name: value for name, value in self.metrics().items() if name != "model_version"}
        return {name: float(value) for name, value in values.items()}

    def prometheus(self) -> dict[str, float]:
        """Returns what Prometheus would scrape: counts and the counts of histograms."""
        text = "".join(map(_scrape, self.prometheus_ports))
        samples = re.findall(
            rf'^{_PROMETHEUS}(\w+){{(?=[^}}]*job_id="{self.job.job_id}")([^}}]*)}} (\S+)$',
            text,
            re.M,
        )
        assert all('model_inference="default_catalog_default_database_m"' in s[1] for s in samples)
        return {name: float(value) for name, labels, value in samples if "quantile" not in labels}


def _batched(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def _scrape(port: int) -> str:
    try:
        with urlopen(f"http://localhost:{port}/metrics", timeout=60) as answer:
            return str(answer.read().decode())
    except (URLError, ConnectionError):
        return ""


@pytest.fixture(scope="module")
def ports() -> list[int]:
    """The ports of Flink's Prometheus reporter in two processes."""
    return free_ports(2)


@pytest.fixture(scope="module")
def cluster(ports: list[int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with two slots and Flink's Prometheus reporter."""
    home = tmp_path_factory.mktemp("metrics") / "flink"
    shutil.copytree(
        flink_home() / "plugins" / "metrics-prometheus", home / "plugins" / "metrics-prometheus"
    )
    reporter = "metrics.reporter.prometheus"
    factory = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
    options = {
        "taskmanager.numberOfTaskSlots": "2",
        "web.refresh-interval": "100",
        "metrics.fetcher.update-interval": "100",
        f"{reporter}.factory.class": factory,
        f"{reporter}.port": ",".join(map(str, ports)),
    }
    with session_cluster(home, options) as running:
        yield running


@pytest.fixture(scope="module")
def rows(
    cluster: SessionCluster, ports: list[int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_Running]:
    """A job in the JVM, row by row, at the row that waits."""
    numbers = [
        *range(100),
        *[Act.RAISE] * 3,
        *[Act.WRONG_RESULT] * 2,
        *[None] * 4,  # does not fit INPUT
        Act.TIME_OUT,
        *[Act.TWO_RESULTS] * 5,
        Act.WAIT,
        *range(100, 150),
        Act.WAIT,
    ]
    options = {
        "error-handling-strategy": "ignore",
        "model-reload-interval": "100 ms",
        "model-cache-directory": str(tmp_path_factory.mktemp("cache")),
    }
    directory = tmp_path_factory.mktemp("rows")
    with _submitted(cluster, ports, "measured.Rows", options, numbers, directory) as job:
        job.wait_for("waits-1")
        yield job


@pytest.fixture(scope="module")
def batches(
    cluster: SessionCluster, ports: list[int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_Running]:
    """A job in a worker process, in batches, at the batch that waits."""
    numbers = [*range(64), Act.KILL, *range(64, 103), Act.WAIT, *range(7)]
    options = {
        "execution-mode": "process",
        "batch-size": "8",
        "batch-timeout": "1 h",
        "process-max-restarts": "100",
        "error-handling-strategy": "ignore",
    }
    directory = tmp_path_factory.mktemp("batches")
    with _submitted(cluster, ports, "measured.Batches", options, numbers, directory) as job:
        job.wait_for("waits-1")
        yield job


@contextmanager
def _submitted(
    cluster: SessionCluster,
    ports: list[int],
    python_class: str,
    options: Mapping[str, str],
    numbers: list[int | None],
    directory: Path,
) -> Iterator[_Running]:
    """Submits a job, and ends it at the end."""
    model = directory / "model"
    model.mkdir()
    shutil.copy(_MODEL, model)
    (model / "version.txt").write_text("1")
    lines = ("1,1000" if x is None else f"{x},1" for x in numbers)
    (directory / "numbers.csv").write_text("".join(f"{line}\n" for line in lines))
    model_options = {
        "model-directory-path": str(model),
        "metrics-level": "detailed",
        "properties.directory": str(directory),
        **options,
    }
    path = (directory / "numbers.csv").as_uri()
    results = cluster.run_sql(
        "CREATE TABLE numbers (x BIGINT, digits DOUBLE) WITH"
        f" ('connector' = 'filesystem', 'format' = 'csv', 'path' = '{path}')",
        "CREATE TABLE results (y BIGINT) WITH ('connector' = 'blackhole')",
        create_model(
            "m", "x BIGINT, digits DECIMAL(2, 0)", "y BIGINT", python_class, model_options
        ),
        "INSERT INTO results SELECT y FROM ML_PREDICT(TABLE numbers, MODEL m,"
        " DESCRIPTOR(x, digits), MAP['max-concurrent-operations', '8'])",
    )
    job_id = results[-1].rows
    assert job_id is not None, [result.failure for result in results]
    job = Job(cluster, *job_id)
    try:
        yield _Running(cluster, job, directory, ports)
    finally:
        for version in "12":
            (directory / f"go-on-{version}").touch()
        job.cancel_if_running()


def _wait_for(job: _Running, expected: Mapping[str, float]) -> dict[str, float]:
    """Returns the numbers when they are those, which the REST API shows a little later."""

    def differing() -> dict[str, Any]:
        found = job.numbers()
        return {name: found.get(name) for name in expected if found.get(name) != expected[name]}

    try:
        wait_until(lambda: not differing(), seconds=20)
    except AssertionError:
        assert differing() == {}, f"expected {expected}"
    return job.numbers()


def test_counts_of_the_row_path_are_those_of_its_rows(rows: _Running) -> None:
    """Alerts are made of these."""
    _wait_for(
        rows,
        {
            "inference_rows_input": 116,  # the last one waits
            "inference_rows_output": 110,
            "inference_requests": 115,
            "inference_requests_success": 105,
            "inference_requests_failure": 10,
            "inference_failures_python": 3,
            "inference_failures_result": 2,
            "inference_failures_input": 4,
            "inference_failures_timeout": 1,
            "inference_failures_worker": 0,
            "inference_retries": 0,
            "model_reloads": 0,
            "model_reloads_failed": 0,
            "shared_objects": 2,
            "shared_objects_loaded": 2,
        },
    )


def test_times_of_the_row_path_are_those_of_its_calls(rows: _Running) -> None:
    """Each row takes longer than 20 us, so each one is measured."""
    found = rows.numbers()
    scraped = rows.prometheus()

    assert scraped["inference_latency_ms_count"] == 115
    assert scraped["inference_model_ms_count"] == 111  # all but those that do not fit INPUT
    assert 2 <= found["inference_model_ms_median"] < 50
    assert found["inference_model_ms_median"] < found["inference_latency_ms_p99"]
    assert 0 < found["inference_converting_ms_median"] < found["inference_model_ms_median"]
    assert 0 <= found["gil_wait_ms_median"] < 50
    assert found["call_input_bytes_max"] == found["call_input_bytes_min"] == 24
    assert found["call_output_bytes_max"] == 16
    assert found["model_load_time_ms"] > 0
    assert 16 <= found["off_heap_bytes"] < 10_000


def test_metrics_of_user_code_have_the_values_that_it_set(rows: _Running) -> None:
    """They are in a group of the model's."""
    found = _wait_for(rows, {"user.calls": 112})

    assert len(rows.calls()) == 112
    assert found["user.values_median"] == 24.75
    assert found["user.values_max"] == 50  # 49.5, rounded
    assert rows.prometheus()["user_values_count"] == 100
    assert "user.kind.good.events" in found
    assert 0 <= found["user.largest"] <= 99


def test_metrics_go_on_when_a_new_version_takes_over(rows: _Running) -> None:
    """Counts are those of the subtask, and other values those of the new version."""
    before = rows.metrics()
    (rows.directory / "model" / "version.txt").write_text("2")
    rows.job.wait_until(lambda: (rows.directory / "opened").read_text().split() == ["1", "2"])
    (rows.directory / "go-on-1").touch()
    rows.wait_for("waits-2")

    _wait_for(
        rows,
        {
            "model_reloads": 1,
            "inference_requests_success": 156,
            "user.calls": 164,  # with the sample row of the new version
            "shared_objects_loaded": 2,
        },
    )
    assert rows.metrics()["model_version"] != before["model_version"]


def test_counts_of_batches_are_those_of_its_calls(batches: _Running) -> None:
    """Batches that end the worker are predicted again in parts."""
    calls = batches.calls()
    answered = [rows for rows in calls[:-1] if rows > 0]  # the last one waits
    found = _wait_for(
        batches,
        {
            "inference_rows_input": 112,
            "inference_rows_output": 103,
            "inference_requests": 104,
            "inference_requests_success": 103,
            "inference_requests_failure": 1,
            "inference_failures_worker": 1,
            "inference_timeouts": 0,
            "batch_size_max": 8,
            "batch_size_min": min(answered),
        },
    )

    assert batches.prometheus()["batch_size_count"] == len(answered)
    assert found["user.calls"] == len(calls)
    assert found["inference_waiting_ms_median"] <= found["inference_latency_ms_max"]
    assert 5 <= found["inference_model_ms_median"] < 100
    assert found["call_input_bytes_max"] == 8 * 24


def test_metrics_of_the_worker_are_those_of_its_process(batches: _Running) -> None:
    """A restart shows, and so does a process that grows."""
    log = batches.cluster.task_manager_file(".log")
    processes = re.findall(r"database\.m': worker process (\d+) runs Python", log)
    found = _wait_for(batches, {"worker_restarts": len(processes) - 1})

    assert len(processes) > 2
    status = Path(f"/proc/{processes[-1]}/status").read_text()
    resident = 1024 * int(re.findall(r"VmRSS:\s+(\d+)", status)[0])
    assert abs(found["worker_memory_bytes"] - resident) < resident / 5


def test_cluster_reports_what_the_documentation_lists(rows: _Running, batches: _Running) -> None:
    """Dashboards are made of these names."""
    found = {
        name for job in (rows, batches) for name in job.metrics() if not name.startswith("user.")
    }
    documented = documented_metrics().values()

    assert found == {name for metric in documented for name in metric.rest_names}
