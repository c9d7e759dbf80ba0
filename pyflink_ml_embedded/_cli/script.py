# SPDX-License-Identifier: Apache-2.0
"""Runs SQL statements in a new table environment and prints each of them."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._flink_jvm import flink_jvm
from .output import CommandError
from .progress import progress

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment

__all__ = ["StatementError", "run_script", "split_statements"]

# A comment or quoted text, whose semicolons do not end a statement, or a semicolon that does.
_TOKEN = re.compile(
    r"""--[^\n]* | /\*.*?\*/ | '[^']*' | "[^"]*" | `[^`]*` | (?P<end>;)""", re.DOTALL | re.VERBOSE
)
_LEADING_COMMENTS = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SET = re.compile(r"SET\s+'([^']+)'\s*=\s*'([^']*)'", re.IGNORECASE)
_OPEN_STATEMENT_SET = re.compile(r"EXECUTE\s+STATEMENT\s+SET\b(?!.*\bEND$)", re.I | re.DOTALL)
_INSERT = re.compile(r"(INSERT|EXECUTE\s+STATEMENT\s+SET)\b", re.IGNORECASE)
# Lines that py4j and Java add to the messages of an exception and its causes.
_NOISE = re.compile(r"An error occurred while calling .*|\t(at |\.\.\. \d+ more).*")


class StatementError(CommandError):
    """A statement failed. The message says why: that of the model, or the reasons of Flink."""


def split_statements(script: str) -> Iterator[str]:
    """Yields the statements of a script with their comments, without the semicolons that end them.

    The statements between ``EXECUTE STATEMENT SET BEGIN`` and ``END`` are one.
    """
    start = 0
    for token in _TOKEN.finditer(script + "\n;"):
        if token["end"]:
            statement = script[start : token.start()].strip()
            body = _without_leading_comments(statement)
            if _OPEN_STATEMENT_SET.match(body) and token.end() <= len(script):
                continue
            if body:
                yield statement
            start = token.end()


def run_script(script: str, timeout: float, *, verbose: bool = False) -> None:
    """Runs statements one after the other in a new JVM.

    The JVM runs a local Flink cluster with the model provider. Every statement is printed before
    it runs, and the rows of a query after it. ``SET 'key' = 'value'``
    sets an option for the statements that follow. Relative paths are relative to the working
    directory.

    Args:
        script: the statements, each followed by a semicolon.
        timeout: seconds after which the JVM is killed and this process exits.
        verbose: whether the message of a failure ends with Java's stack trace.

    Raises:
        StatementError: Flink rejected a statement, the job failed, or the JVM exited.
        FileNotFoundError: the package was installed without the provider's jar.
    """
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyflink.common import Configuration
    from pyflink.table import EnvironmentSettings, TableEnvironment
    from pyflink.util.exceptions import JavaException

    from ..table import use_provider

    # PyFlink would start a gRPC server for Python UDFs in this process, and stopping it prints a
    # traceback on Python 3.12. UDFs run in separate processes, as on a cluster.
    os.environ.setdefault("_python_worker_execution_mode", "process")
    # The JVM is ended by a signal, often before its cluster has deleted its files.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory,
        flink_jvm(timeout),
    ):
        with progress("Starting Flink"):
            configuration = Configuration()
            for option in ("io.tmp.dirs", "web.tmpdir"):
                configuration.set_string(option, directory)
            settings = EnvironmentSettings.new_instance().with_configuration(configuration)
            table_env = TableEnvironment.create(settings.in_streaming_mode().build())
            use_provider(table_env)
        for statement in split_statements(script):
            print(f"\n{statement};\n", flush=True)
            try:
                _run_statement(table_env, statement)
            except (Py4JJavaError, JavaException) as error:
                raise StatementError(_describe(error, verbose)) from error
            except (Py4JError, ConnectionError) as error:  # py4j does not wrap refused connections
                # It logs a traceback for each Java object that it can no longer release.
                logging.getLogger("py4j.java_gateway").setLevel(logging.CRITICAL)
                raise StatementError("Flink's JVM exited while it ran this statement") from error


def _run_statement(table_env: TableEnvironment, statement: str) -> None:
    body = _without_leading_comments(statement)
    if option := _SET.fullmatch(body):
        table_env.get_config().set(option[1], option[2])
        return
    if _INSERT.match(body):
        with progress("Flink job"):
            table_env.execute_sql(statement).wait()
    else:
        # The JVM prints the rows on the standard output that it shares with this process.
        table_env.execute_sql(statement).print()


def _describe(error: Exception, verbose: bool) -> str:
    """Returns the model's message, or those of a Java exception and of its causes."""
    from ..table import ModelJobError

    stack_trace = error.java_stack_trace if isinstance(error, ModelJobError) else str(error)
    if isinstance(error, ModelJobError):
        message = str(error)
    else:
        lines = (line for line in stack_trace.splitlines() if not _NOISE.fullmatch(line))
        message = "\n".join(lines).removeprefix(": ")
    return f"{message}\n\n{stack_trace}" if verbose else message


def _without_leading_comments(statement: str) -> str:
    return _LEADING_COMMENTS.sub("", statement, count=1)
