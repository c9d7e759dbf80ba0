# SPDX-License-Identifier: Apache-2.0
"""Records of logging go to SLF4J and nowhere else."""

import logging

import pytest

from pyflink_ml_embedded._runtime import log_levels, own_loggers, slf4j


@pytest.fixture
def written(monkeypatch):
    """Returns the list of what was passed to SLF4J; the loggers are put back afterwards."""
    calls = []
    monkeypatch.setattr(slf4j._native, "log", lambda *call: calls.append(call))
    monkeypatch.setattr(slf4j._native, "log_levels", lambda names: [logging.INFO] * len(names))
    monkeypatch.setattr(log_levels, "_levels", None)
    monkeypatch.setattr(own_loggers, "handler", None)
    monkeypatch.setattr(logging.root.manager, "_disable", 0)
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {logger: logger.level for logger in [root, *log_levels.loggers()]}
    root.handlers[:] = []
    yield calls
    root.handlers[:] = handlers
    for logger, level in levels.items():
        logger.setLevel(level)


def test_record_keeps_name_level_and_message(written):
    """log4j is configured by the names of Python's loggers."""
    slf4j.install_native()
    logging.getLogger("fraud.rules").warning("%d rules", 3)
    assert written == [(logging.WARNING, "fraud.rules", "3 rules")]


def test_exception_is_written_with_the_message(written):
    """SLF4J cannot take a Python exception."""
    slf4j.install_native()
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        logging.exception("failed")
    ((level, name, message),) = written
    assert (level, name) == (logging.ERROR, "root")
    assert message.startswith("failed\nTraceback")
    assert message.endswith("ZeroDivisionError: division by zero")


def test_level_of_slf4j_is_that_of_the_root_logger(written):
    """Messages below the level are not formatted."""
    logging.getLogger().setLevel(logging.DEBUG)
    slf4j.install_native()
    logging.getLogger("fraud").debug("hidden")
    assert written == []


def test_module_of_a_model_logs_under_its_own_name(written):
    """Most modules call ``logging.getLogger(__name__)``."""
    slf4j.install_native()
    logging.getLogger("pyflink_ml_embedded._models.m7.fraud.rules").error("x")
    assert written == [(logging.ERROR, "fraud.rules", "x")]


def test_handler_of_pemja_is_removed_and_others_stay(written):
    """PemJa writes each message a second time, as '<string>:10'."""
    of_pemja = type("PythonLogHandler", (logging.Handler,), {"__module__": "pemja.logger"})
    other = logging.NullHandler()
    logging.getLogger().handlers[:] = [of_pemja(), other]
    slf4j.install_native()
    assert [type(handler).__name__ for handler in logging.getLogger().handlers] == [
        "NullHandler",
        "Slf4jHandler",
    ]


def test_installing_again_adds_no_second_handler(written):
    """Each job boots."""
    slf4j.install_native()
    slf4j.install_native()
    logging.error("once")
    assert len(written) == 1


def test_failure_of_the_log_does_not_fail_the_model(written, monkeypatch, capsys):
    """logging reports such failures on stderr."""

    def fail(*call):
        raise RuntimeError("no JVM")

    monkeypatch.setattr(slf4j._native, "log", fail)
    slf4j.install_native()
    logging.error("lost")
    assert "no JVM" in capsys.readouterr().err


def test_control_characters_are_escaped(written):
    """A value in a message could otherwise clear the terminal of whoever reads the log."""
    slf4j.install_native()
    logging.getLogger("a\x1b[31m").warning("%s\r\nnext\tline", "\x1b[2J\x00\x9b\u2028")
    assert written == [(logging.WARNING, "a\\x1b[31m", "\\x1b[2J\\x00\\x9b\\u2028\nnext\tline")]


def test_long_record_is_cut(written):
    """A message of 300 MB is more than a frame of a worker may have."""
    slf4j.install_native()
    logging.warning("x" * 100_010)
    ((_, _, message),) = written
    assert message == "x" * 100_000 + "... (10 more characters)"


def test_levels_follow_the_log_of_flink(monkeypatch, written):
    """A TaskManager reads its log4j.properties again every 30 seconds."""
    levels = {}
    monkeypatch.setattr(
        slf4j._native, "log_levels", lambda names: [levels.get(name, 30) for name in names]
    )
    parent, child, own = (logging.getLogger(f"follow{name}") for name in ("", ".child", "_own"))
    own.setLevel(logging.ERROR)
    slf4j.install_native()
    slf4j.install_native()
    assert [logger.getEffectiveLevel() for logger in (parent, child, own)] == [30, 30, 40]
    levels.update({"follow": 10, "follow.child": 10, "follow_own": 10})
    slf4j.install_native()
    assert [logger.level for logger in (parent, child, own)] == [10, 0, 40]
    levels.clear()
    levels["ROOT"] = 1
    slf4j.install_native()
    assert [logger.level for logger in (logging.getLogger(), parent, child)] == [1, 30, 0]


def test_own_warning_is_written_in_spite_of_what_models_set(written, monkeypatch):
    """They could hide from the operator what they do."""
    logger = logging.getLogger("pyflink_ml_embedded.of_this_test")
    slf4j.install_native()
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logger, "disabled", True)
    monkeypatch.setattr(logging, "_logRecordFactory", None)
    logging.disable()
    logger.info("hidden")
    logger.warning("%d warnings", 2)
    assert written == [(logging.WARNING, "pyflink_ml_embedded.of_this_test", "2 warnings")]
