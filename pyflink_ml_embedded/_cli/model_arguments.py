# SPDX-License-Identifier: Apache-2.0
"""The arguments of the commands that open a model."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .output import CommandError, UsageError

if TYPE_CHECKING:
    from .._local.model import LocalModel
    from .._schema import Schema

__all__ = ["add_model_arguments", "errors_of_model", "model_of"]


def add_model_arguments(command: argparse.ArgumentParser) -> None:
    """Adds the arguments that say what CREATE MODEL says."""
    command.add_argument("directory", type=Path, metavar="DIR", help="the directory of the model")
    command.add_argument(
        "--schema",
        metavar="COLUMNS",
        help="the columns as in CREATE MODEL: 'INPUT (amount DOUBLE) OUTPUT (score DOUBLE)'"
        " (default: those that the files or the class determine)",
    )
    command.add_argument(
        "--class",
        dest="python_class",
        metavar="MODULE.CLASS",
        help="the option 'python-predict-class' (default: found by the files)",
    )
    command.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another option of CREATE MODEL, e.g. properties.threshold=0.5; may be repeated",
    )


def model_of(arguments: argparse.Namespace) -> LocalModel:
    """Returns the model that the arguments describe.

    Raises:
        UsageError: an argument is invalid.
        ModelError: an option is invalid, or the columns are not given and cannot be inferred.
    """
    from .._local.model import LocalModel
    from .._local.options import PYTHON_CLASS, check_options

    directory = arguments.directory.resolve()
    if not directory.is_dir():
        raise UsageError(f"'{arguments.directory}' is not a directory")
    options = _options(arguments.option)
    if arguments.python_class is not None:
        options[PYTHON_CLASS] = arguments.python_class
    check_options(options)
    inputs, outputs = _schemas(arguments.schema, directory, options)
    return LocalModel(directory.name, str(directory), None, inputs, outputs, options)


@contextmanager
def errors_of_model() -> Iterator[None]:
    """Raises CommandError where the block meets an error of a model."""
    from .._exceptions import ConversionError, ModelError
    from .._local.model import PredictError

    try:
        yield
    except (ConversionError, ModelError, PredictError) as error:
        raise CommandError(str(error)) from error


def _schemas(
    given: str | None, directory: Path, options: Mapping[str, str]
) -> tuple[Schema, Schema]:
    from .._inference import infer_schema
    from .._schema import Schema
    from .columns import parse_columns

    if given is None:
        try:
            inferred = infer_schema(directory, options)
        except ValueError as error:
            raise CommandError(
                f"the columns of the model in '{directory}' cannot be inferred: {error.__cause__}. "
                "Give all columns, e.g. --schema 'INPUT (age INT) OUTPUT (probability DOUBLE)'"
            ) from error
        return Schema.parse(inferred.inputs), Schema.parse(inferred.outputs)
    try:
        return parse_columns(given)
    except ValueError as error:
        raise UsageError(f"--schema: {error}") from None


def _options(given: list[str]) -> dict[str, str]:
    options = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not name or not separator:
            raise UsageError(f"--option '{text}' does not have the form NAME=VALUE")
        if name in options:
            raise UsageError(f"--option '{name}' is given twice")
        options[name] = value
    return options
