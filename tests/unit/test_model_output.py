# SPDX-License-Identifier: Apache-2.0
"""What a model prints in the JVM is in the log, by line, with the model's name."""

import contextvars
import io
import logging
import os
import threading

import pytest

from pyflink_ml_embedded._runtime import model_output, signals


@pytest.fixture
def stream():
    """Returns a standard stream of the JVM."""
    below = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace", write_through=True)
    return model_output.ModelOutput(below)


@pytest.fixture
def lines(monkeypatch):
    """Returns the list of what is logged."""
    logged = []

    def log(level, name, text):
        assert (level, name) == (logging.INFO, "pyflink_ml_embedded.output")
        logged.append(text)

    monkeypatch.setattr(model_output._native, "log", log)
    return logged


def of_model(work, model="fraud"):
    """Calls a function as one of a model."""
    context = contextvars.Context()
    context.run(signals.current_model.set, model)
    return context.run(work)


def below(stream):
    """Returns what was written to the stream below."""
    return stream.buffer.getvalue().decode()


def test_lines_have_the_name_of_the_model(stream, lines):
    """Who reads the log of a TaskManager must know which model printed a line."""
    of_model(lambda: print("a", 1, "b\n\nc", file=stream))
    of_model(lambda: print("d", file=stream), "risk")
    assert lines == ["model 'fraud': a 1 b", "model 'fraud': c", "model 'risk': d"]
    assert below(stream) == ""


def test_other_code_prints_as_before(stream, lines):
    """The JVM has other Python code, such as that of PyFlink."""
    print("x", file=stream)
    assert lines == []
    assert below(stream) == "x\n"


def test_lines_of_two_threads_are_not_mixed(stream, lines):
    """print writes the end of a line apart from the line."""
    of_model(lambda: stream.write("one"))
    thread = threading.Thread(target=lambda: of_model(lambda: print("two", file=stream)))
    thread.start()
    thread.join()
    of_model(lambda: print(" line", file=stream))
    assert lines == ["model 'fraud': two", "model 'fraud': one line"]


def test_control_characters_are_escaped(stream, lines):
    """A progress bar moves the cursor, and a text may do worse."""
    of_model(lambda: print("50%\r100%\x1b[2J\r", file=stream))
    assert lines == ["model 'fraud': 50%\\x0d100%\\x1b[2J"]


def test_long_line_is_shown_in_pieces(stream, lines):
    """A line without an end must not fill the memory."""
    of_model(lambda: stream.write("x" * 40_000))
    assert [len(line) for line in lines] == [len("model 'fraud': ") + 16384] * 2
    of_model(lambda: print(file=stream))
    assert "".join(line.partition(": ")[2] for line in lines) == "x" * 40_000


def test_line_without_an_end_is_shown_when_the_model_closes(stream, lines):
    """The last words of a model are often the most important ones."""
    of_model(lambda: print("last words", end="", file=stream))
    stream.end("risk")
    assert lines == []
    stream.end("fraud")
    assert lines == ["model 'fraud': last words"]


def test_failure_of_the_log_does_not_fail_the_model(stream, monkeypatch):
    """The log may end before the model."""

    def fail(*call):
        raise RuntimeError("no JVM")

    monkeypatch.setattr(model_output._native, "log", fail)
    of_model(lambda: print("x", file=stream))
    assert below(stream) == "x\n"


def test_stream_is_one_as_libraries_expect():
    """Libraries ask a stream for its encoding, and duplicate its descriptor."""
    with open(os.devnull, "w", encoding="utf-8") as file:
        stream = model_output.ModelOutput(file)
        assert stream.encoding == "utf-8"
        assert stream.fileno() == file.fileno()
        assert not stream.isatty()
        assert stream.writable()
        stream.close()
        assert not file.closed
