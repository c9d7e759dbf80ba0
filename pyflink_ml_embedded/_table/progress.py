# SPDX-License-Identifier: Apache-2.0
"""Shows the state of a running job, and how many rows its operators have read and written."""

from __future__ import annotations

import html
import json
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from py4j.protocol import Py4JJavaError

if TYPE_CHECKING:
    from pyflink.table import TableResult

_TIMEOUT = 5  # seconds for one answer of the REST API
_MOST_NAME = 60
_HEADER = ("operator", "state", "rows in", "rows out")


class Progress(NamedTuple):
    """What a job has done so far.

    Attributes:
        state: the job's state, e.g. ``RUNNING``.
        vertices: the name, the state, and the rows in and out of each vertex.
    """

    state: str
    vertices: Sequence[tuple[str, str, str, str]]


def show_progress(
    table_result: TableResult, *, interval: float = 1, rest_url: str | None = None
) -> None:
    """Shows what a job does, until it ends.

    In a notebook and on a terminal the same lines are redrawn; elsewhere changed ones are printed.
    Flink updates the numbers of rows every 10 seconds (``metrics.fetcher.update-interval``). An
    interrupt ends the display, and not the job.

    Args:
        table_result: the result of INSERT INTO.
        interval: the seconds between two looks.
        rest_url: the address of Flink's REST API, if it is not that of the job's client.

    Raises:
        ValueError: the result has no job.
        ModelJobError: a model has made the job fail. Others fail with the error of PyFlink.
    """
    client = table_result.get_job_client()
    if client is None:
        raise ValueError(
            "the result has no job whose progress can be shown: pass that of an INSERT INTO"
        )
    url = rest_url or _rest_url(client)
    job = None if url is None else f"{url.rstrip('/')}/jobs/{client.get_job_id()}"
    draw = _on_notebook() or (_on_terminal() if sys.stdout.isatty() else _as_lines())
    result = client.get_job_execution_result()
    progress = Progress("CREATED", [])
    while not result.done():
        progress = _look(job) or progress
        draw(progress)
        time.sleep(interval)
    try:
        result.result()
    except Exception as error:
        is_canceled = "JobCancellationException" in str(error)
        draw(_last_look(job, progress, "CANCELED" if is_canceled else "FAILED"))
        raise
    draw(_last_look(job, progress, "FINISHED"))


def _rest_url(client: Any) -> str | None:
    """Returns the address of the REST API of a job's cluster; None if the cluster has ended.

    No class of Flink has a public method for it.

    Raises:
        ValueError: the client is of an unknown class.
    """
    job_client = client._j_job_client
    for field in job_client.getClass().getDeclaredFields():
        if field.getName() == "miniCluster":
            field.setAccessible(True)
            try:
                return str(field.get(job_client).getRestAddress().get())
            except Py4JJavaError:
                return None
        if field.getName() == "clusterClientProvider":
            field.setAccessible(True)
            return str(field.get(job_client).getClusterClient().getWebInterfaceURL())
    raise ValueError(
        f"the REST API of a job of {job_client.getClass().getName()} is not known: pass rest_url, "
        "e.g. 'http://localhost:8081'"
    )


def _last_look(job: str | None, progress: Progress, state: str) -> Progress:
    """Returns the progress of a job that has ended.

    A local cluster ends with its job, so an earlier answer may be all that there is. Others answer
    with an earlier state for some seconds.

    Args:
        job: the address of the job.
        progress: what the job had done before.
        state: the state in which it has ended.
    """
    if progress.state == state:
        return progress
    deadline = time.monotonic() + _TIMEOUT
    while (found := _look(job)) is not None and time.monotonic() < deadline:
        if found.state == state:
            return found
        time.sleep(_TIMEOUT / 20)
    return Progress(
        state,
        [
            (name, state, f"{rows_in} or more", f"{rows_out} or more")
            for name, _, rows_in, rows_out in progress.vertices
        ],
    )


def _look(job: str | None) -> Progress | None:
    """Returns the progress of a job; None if the cluster does not answer."""
    if job is None:
        return None
    try:
        with urllib.request.urlopen(job, timeout=_TIMEOUT) as answer:
            found = json.load(answer)
    except OSError:
        return None
    return Progress(
        found["state"],
        [
            (
                _shortened(vertex["name"]),
                vertex["status"],
                f"{vertex['metrics']['read-records']:,}",
                f"{vertex['metrics']['write-records']:,}",
            )
            for vertex in found["vertices"]
        ],
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _MOST_NAME else name[: _MOST_NAME - 3] + "..."


def _text(progress: Progress) -> list[str]:
    """Returns the lines of a table."""
    if not progress.vertices:
        return [f"job {progress.state}"]
    rows = [_HEADER, *progress.vertices]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        f"{name:<{widths[0]}}  {state:<{widths[1]}}  {read:>{widths[2]}}  {written:>{widths[3]}}"
        for name, state, read, written in rows
    ]
    return [f"job {progress.state}", *lines]


def _as_lines() -> Callable[[Progress], None]:
    """Returns a function that prints the table if it has changed."""
    last: list[Progress] = []

    def draw(progress: Progress) -> None:
        if last != [progress]:
            print(*_text(progress), sep="\n", flush=True)
        last[:] = [progress]

    return draw


def _on_terminal() -> Callable[[Progress], None]:
    """Returns a function that draws the table over the last one."""
    height = 0

    def draw(progress: Progress) -> None:
        nonlocal height
        lines = _text(progress)
        up = f"\033[{height}A" if height else ""
        print(up + "\n".join(f"\033[K{line}" for line in lines), flush=True)
        height = len(lines)

    return draw


def _on_notebook() -> Callable[[Progress], None] | None:
    """Returns a function that shows the table in the output of a notebook's cell."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if not hasattr(shell, "kernel"):
        return None
    from IPython.display import HTML, display

    shown = display(HTML(""), display_id=True)
    return lambda progress: shown.update(HTML(_as_html(progress)))


def _as_html(progress: Progress) -> str:
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in (_HEADER, *progress.vertices)
    )
    return f"<table><caption>job {html.escape(progress.state)}</caption>{rows}</table>"
