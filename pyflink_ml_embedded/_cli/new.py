# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded new``: writes a model to begin with."""

from __future__ import annotations

import argparse
import importlib.util
import runpy
import shlex
import shutil
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .output import PROGRAM, CommandError, Commands, Outcome, add_command

__all__ = ["add_parser"]

_TEMPLATES = Path(__file__).parent / "templates"
_SCRIPT = "make_model.py"  # writes what is not text
_OF_TEMPLATE = "# SPDX-License-Identifier: Apache-2.0\n"


@dataclass(frozen=True)
class _Kind:
    """A kind of model.

    Attributes:
        view: a statement that creates a view of rows for it, and its columns.
        columns: the columns of the view that the model gets.
        schema: its columns, where the files do not determine them.
        options: its options.
        extra: the extra of this package that has the libraries, or None.
        libraries: the libraries that the script needs.
    """

    view: str
    columns: str
    schema: tuple[str, str] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    extra: str | None = None
    libraries: tuple[str, ...] = ()


_PAYMENTS = """\
CREATE TEMPORARY VIEW samples AS
SELECT id, CAST(amount AS DOUBLE) AS amount, country
FROM (VALUES (1, 23.50, 'DE'), (2, 410.00, 'FR'), (3, 99.90, 'US')) AS t (id, amount, country);"""
_FLOWERS = """\
CREATE TEMPORARY VIEW samples AS
SELECT id, ARRAY[CAST(a AS FLOAT), CAST(b AS FLOAT), CAST(c AS FLOAT), CAST(d AS FLOAT)] AS features
FROM (VALUES (1, 5.1, 3.5, 1.4, 0.2), (2, 6.3, 3.3, 6.0, 2.5)) AS t (id, a, b, c, d);"""
_TEXTS = """\
CREATE TEMPORARY VIEW samples AS
SELECT id, text FROM (VALUES (1, 'a great film'), (2, 'dull and long')) AS t (id, text);"""
_OWN_CLASS = ("amount DOUBLE, country STRING", "score DOUBLE")
_CLASS = {"python-predict-class": "model.Model"}

_KINDS = {
    "row": _Kind(_PAYMENTS, "amount, country", _OWN_CLASS, _CLASS),
    "batch": _Kind(_PAYMENTS, "amount, country", _OWN_CLASS, {**_CLASS, "batch-size": "256"}),
    "onnx": _Kind(
        _FLOWERS,
        "features",
        extra="demo",
        libraries=("onnxruntime", "onnx", "sklearn", "skl2onnx"),
    ),
    "mlflow": _Kind(_PAYMENTS, "amount, country", extra="mlflow", libraries=("mlflow",)),
    "transformers": _Kind(
        _TEXTS, "text", extra="transformers", libraries=("torch", "transformers")
    ),
}


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    command = add_command(
        commands,
        "new",
        "write the directory of a model that works, with its test and its SQL statements",
        _run,
        example="new models/fraud --kind row",
    )
    command.add_argument(
        "directory", type=Path, metavar="DIR", help="the directory, which must be empty or missing"
    )
    command.add_argument(
        "--kind",
        choices=_KINDS,
        default="row",
        help="a class that predicts rows or batches, or files of a model (default: %(default)s)",
    )


def _run(arguments: argparse.Namespace) -> Outcome:
    directory, kind = arguments.directory.resolve(), _KINDS[arguments.kind]
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise CommandError(f"'{directory}' exists and is not empty. Give another directory")
    missing = [name for name in kind.libraries if importlib.util.find_spec(name) is None]
    if missing:
        raise CommandError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed, which "
            f"'--kind {arguments.kind}' needs. Run: {sys.executable} -m pip install "
            f"'pyflink-ml-embedded[{kind.extra}]'"
        )
    try:
        _write(directory, arguments.kind, kind)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)  # nothing else was in it
        raise
    files = sorted(path.name for path in directory.iterdir() if path.is_file())
    steps = _next_steps(directory, kind)
    text = "\n".join([f"Wrote {', '.join(files)} to {directory}", "", "Next:", *steps.values()])
    return Outcome(True, {"directory": str(directory), "files": files, "next": steps}, text)


def _write(directory: Path, name: str, kind: _Kind) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for template in sorted((_TEMPLATES / name).glob("*.py")):
        text = template.read_text(encoding="utf-8").removeprefix(_OF_TEMPLATE)
        (directory / template.name).write_text(text, encoding="utf-8")
    if (directory / _SCRIPT).exists():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice on saving models
            runpy.run_path(str(directory / _SCRIPT), run_name="__main__")
    (directory / "model.sql").write_text(_sql(directory, kind), encoding="utf-8")


def _sql(directory: Path, kind: _Kind) -> str:
    from .._inference import infer_schema
    from .._local.model import LocalModel
    from .._schema import Schema
    from .._types import quote

    schema = kind.schema
    if schema is None:
        inferred = infer_schema(directory, kind.options)
        schema = inferred.inputs, inferred.outputs
    inputs, outputs = map(Schema.parse, schema)
    model = LocalModel(directory.name, str(directory), None, inputs, outputs, kind.options)
    query = (
        f"SELECT * FROM ML_PREDICT(TABLE samples, MODEL {quote(directory.name)}, "
        f"DESCRIPTOR({kind.columns}));"
    )
    comment = f"-- Run it: {_command('sql', directory / 'model.sql')}"
    return f"{comment}\n{model.statement}\n\n{kind.view}\n\n{query}\n"


def _next_steps(directory: Path, kind: _Kind) -> dict[str, str]:
    """Returns the command lines by which a user goes on."""
    arguments: list[object] = [directory]
    for name, value in kind.options.items():
        arguments += ["--option", f"{name}={value}"]
    if kind.schema is not None:
        arguments += ["--schema", f"INPUT ({kind.schema[0]}) OUTPUT ({kind.schema[1]})"]
    return {
        "test": shlex.join([sys.executable, "-m", "pytest", str(directory)]),
        "check": _command("check", *arguments),
        "sql": _command("sql", directory / "model.sql"),
    }


def _command(*arguments: object) -> str:
    return shlex.join([PROGRAM, *map(str, arguments)])
