# SPDX-License-Identifier: Apache-2.0
"""The progress of a job is drawn where it is looked at: lines, a terminal or a notebook."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from pyflink_ml_embedded._table import progress
from pyflink_ml_embedded._table.progress import Progress

SOME = Progress("RUNNING", [("Source <s>", "RUNNING", "0", "1,200"), ("Sink", "RUNNING", "9", "0")])
LATER = SOME._replace(state="FINISHED")
TABLE = [
    "operator    state    rows in  rows out",
    "Source <s>  RUNNING        0     1,200",
    "Sink        RUNNING        9         0",
]


def test_lines_are_printed_when_they_change(capsys):
    """A log of a job that runs for days would be full of the same lines."""
    draw = progress._as_lines()
    for shown in (Progress("CREATED", []), SOME, SOME, LATER):
        draw(shown)
    expected = ["job CREATED", "job RUNNING", *TABLE, "job FINISHED", *TABLE]
    assert capsys.readouterr().out.splitlines() == expected


def test_terminal_shows_the_last_table(capsys):
    """The lines of the earlier one are drawn over, and what remains of them is erased."""
    draw = progress._on_terminal()
    draw(SOME)
    capsys.readouterr()
    draw(LATER)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "\033[4A\033[Kjob FINISHED"
    assert rest == [f"\033[K{line}" for line in TABLE]


def test_notebook_shows_one_table(monkeypatch):
    """Its cell would otherwise grow."""
    shown = []
    handle = SimpleNamespace(update=shown.append)
    shell = SimpleNamespace(kernel=object())
    display = SimpleNamespace(HTML=lambda text: text, display=lambda *_, **__: handle)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    progress._on_notebook()(SOME)
    assert "<caption>job RUNNING</caption>" in shown[0]
    assert "<td>Source &lt;s&gt;</td>" in shown[0]


def test_shell_without_a_kernel_is_a_terminal(monkeypatch):
    """``ipython`` in a terminal shows no HTML."""
    shell = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert progress._on_notebook() is None


@pytest.fixture
def job():
    """Returns the address of a job, and the states that the REST API will answer."""
    states = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self):
            """Answers with the next state; the last one stays."""
            state = states.pop(0) if len(states) > 1 else states[0]
            metrics = {"read-records": 1500, "write-records": 2}
            vertex = {"name": "v" * 70, "status": state, "metrics": metrics}
            answer = json.dumps({"state": state, "vertices": [vertex]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            """Prints nothing."""

    server = HTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/jobs/1", states
    server.shutdown()
    thread.join()
    server.server_close()


def test_last_numbers_of_a_cluster_are_waited_for(job):
    """It answers from a cache for some seconds."""
    address, states = job
    states += ["RUNNING", "RUNNING", "FINISHED"]
    last = progress._last_look(address, SOME, "FINISHED")
    assert last == Progress("FINISHED", [("v" * 57 + "...", "FINISHED", "1,500", "2")])


def test_last_numbers_of_a_local_cluster_are_a_lower_bound():
    """It ends with its job, before its numbers are complete."""
    last = progress._last_look(None, SOME, "FINISHED")
    assert last.vertices[0] == ("Source <s>", "FINISHED", "0 or more", "1,200 or more")
    assert progress._last_look(None, LATER, "FINISHED") == LATER
