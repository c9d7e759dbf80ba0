# SPDX-License-Identifier: Apache-2.0
"""The message of a model in the text of Java's stack traces."""

from pyflink_ml_embedded._job_error import message_of_provider

_FLINK = (
    "java.lang.RuntimeException: Failed to fetch next result\n\tat org.apache.flink.A.b(A.java:1)\n"
)
_FRAME = "\tat io.github.pyflink.ml.embedded.python.NativeBridge.predict(Native Method)\n"


def test_message_of_the_deepest_cause_is_returned_whole():
    """It has the traceback of Python, whose lines begin like anything."""
    message = (
        "model 'm', row 1: predict failed\n\nTraceback:\nCaused by: a line of the model\n\tmore"
    )
    trace = f"{_FLINK}\t... 3 more\nCaused by: io.github.PythonException: {message}\n{_FRAME}"
    assert message_of_provider(f"An error occurred while calling o1.next.\n: {trace}") == message


def test_failure_outside_of_the_provider_has_no_message():
    """Flink's own failures stay as they are, also where the provider only called Flink."""
    outer = f"java.io.IOException: model\n{_FRAME}"
    assert message_of_provider(_FLINK) is None
    assert message_of_provider(f"{outer}Caused by: {_FLINK}") is None


def test_message_without_a_cause_is_returned():
    """Planning errors may be thrown directly."""
    call = "An error occurred while calling o9.executeSql.\n"
    trace = f"{call}: org.apache.flink.ValidationException: Option 'a' is 'b'.\n{_FRAME}"
    assert message_of_provider(trace) == "Option 'a' is 'b'."


def test_class_of_an_exception_that_flink_has_serialized_is_left_out():
    """Its class may be missing where the job was started, so its name is in the message too."""
    name = "io.github.pyflink.ml.embedded.python.PythonException"
    trace = f"{_FLINK}\t... 3 more\nCaused by: {name}: {name}: model 'm': x: y\n{_FRAME}"
    assert message_of_provider(trace) == "model 'm': x: y"
