# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded bench``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from .._cli.output import CommandError, Commands, Outcome, UsageError, add_command, needed_by
from .._native import __version__

if TYPE_CHECKING:
    from .measure.workload import Workload

__all__ = ["add_parser"]

_DEFAULT_WORKLOADS = "doubles_1,doubles_32,mixed,json_100,onnx_mlp"
_PACKAGE = Path(__file__).parents[1]


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    bench = add_command(
        commands,
        "bench",
        "compare the embedded interpreter with other ways to run a Python model",
        _guard(_run),
        example="bench --workloads json_100 --contenders embedded-row,process-row",
    )
    add = bench.add_argument
    add(
        "--workloads",
        default=_DEFAULT_WORKLOADS,
        metavar="NAMES",
        help="names, or 'all' (default: %(default)s)",
    )
    add(
        "--contenders",
        default="all",
        metavar="NAMES",
        help="names, or 'all' (default: %(default)s)",
    )
    add(
        "--measures",
        default="throughput,latency",
        metavar="NAMES",
        help="one or both (default: %(default)s)",
    )
    add(
        "--parallelism",
        default="1",
        metavar="NUMBERS",
        help="of the jobs, e.g. 1,2,4 (default: %(default)s)",
    )
    add(
        "--repetitions", type=int, default=5, metavar="N", help="of each job (default: %(default)s)"
    )
    add(
        "--seconds",
        type=float,
        default=1.5,
        metavar="SECONDS",
        help="measured seconds of a job, or of each pace (default: %(default)s)",
    )
    add(
        "--warm-up",
        type=float,
        default=30,
        metavar="SECONDS",
        help="the most seconds to wait for a steady rate (default: %(default)s)",
    )
    add(
        "--rows",
        type=int,
        metavar="N",
        help="end each job after this number of rows, as a quick check that all contenders work;"
        " the figures are not a measurement",
    )
    add(
        "--all-cases",
        action="store_true",
        help="measure also the cases that are left out by the rules in docs/benchmark.md",
    )
    add("--results", type=Path, metavar="DIR", help="directory; existing results are completed")
    add(
        "--onnx-jar",
        type=Path,
        metavar="FILE",
        help="jar of com.microsoft.onnxruntime:onnxruntime, for java-onnx and java-onnx-batch",
    )
    add(
        "--option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of the model of embedded-batch",
    )
    add("--list", action="store_true", help="list workloads and contenders")
    own = bench.add_argument_group("your model, as the workload 'own'")
    add = own.add_argument
    add("--model", type=Path, metavar="DIR", help="value of the option model-directory-path")
    add(
        "--class",
        dest="python_class",
        metavar="CLASS",
        help="value of the option python-predict-class",
    )
    add("--property", action="append", default=[], metavar="KEY=VALUE", help="as properties.KEY")
    add("--schema", help="'INPUT (...) OUTPUT (...)' as in CREATE MODEL")
    add("--data", type=Path, metavar="FILE", help="rows: .csv with a header, .jsonl or .parquet")

    more = bench.add_subparsers(metavar="COMMAND")
    report = add_command(
        more,
        "report",
        "rewrite report.html and report.md",
        _guard(_report),
        example="bench report bench-results/monday",
    )
    report.add_argument("directory", type=Path, metavar="DIR", help="with results")
    compare = add_command(
        more,
        "compare",
        "find regressions from A to B",
        _guard(_compare),
        example="bench compare bench-results/monday bench-results/tuesday",
    )
    compare.add_argument("a", type=Path, metavar="A", help="directory with results")
    compare.add_argument("b", type=Path, metavar="B", help="directory with newer results")


def _guard(
    run: Callable[[argparse.Namespace], Outcome],
) -> Callable[[argparse.Namespace], Outcome]:
    """Returns the function, with messages in place of exceptions for errors that users can fix."""

    def guarded(options: argparse.Namespace) -> Outcome:
        from .._exceptions import ModelError
        from .measure.process import TaskError
        from .measure.run import OtherMachineError
        from .measure.user_workload import OwnWorkloadError
        from .report.results import ResultsError

        try:
            with needed_by("the benchmark", "pyflink-ml-embedded[bench]"):
                return run(options)
        except (ModelError, OtherMachineError, OwnWorkloadError, ResultsError, TaskError) as error:
            raise CommandError(str(error)) from error

    return guarded


def _run(options: argparse.Namespace) -> Outcome:
    return _list() if options.list else _measure(options)


def _list() -> Outcome:
    from .contenders import CONTENDERS
    from .measure.built_in import WORKLOADS

    titles = {
        "workloads": dict(WORKLOADS),
        "contenders": {name: contender.title for name, contender in CONTENDERS.items()},
    }
    lines = []
    for kind, named in titles.items():
        lines.append(f"{kind.capitalize()}:")
        lines += [f"  {name:<28}{title}" for name, title in named.items()]
    return Outcome(True, titles, "\n".join(lines))


def _measure(options: argparse.Namespace) -> Outcome:
    from .contenders import CONTENDERS
    from .measure.run import Settings, run
    from .report.report import write_report
    from .report.results import load
    from .report.terminal import terminal_table

    if options.repetitions < 1 or options.seconds <= 0 or options.warm_up < 0:
        raise UsageError("--repetitions and --seconds must be above 0, --warm-up not below it")
    if options.rows is not None and options.rows < 2:
        raise UsageError(f"--rows: expected at least 2, got {options.rows}")
    settings = Settings(
        contenders=_choose("--contenders", options.contenders, list(CONTENDERS)),
        measures=_choose("--measures", options.measures, ["throughput", "latency"]),
        parallelisms=_parallelisms(options.parallelism),
        repetitions=options.repetitions,
        seconds=options.seconds,
        warm_up=options.warm_up,
        rows=options.rows,
        all_cases=options.all_cases,
        options=_pairs("--option", options.option),
        command=shlex.join(sys.argv[1:]),
        jar=str(_jar()),
        onnx_jar=_onnx_jar(options.onnx_jar),
    )
    directory = options.results or _new_directory()
    # By default, SIGTERM would leave the processes of the run behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory() as scratch:
        run(_workloads(options, Path(scratch)), settings, directory)
    write_report(directory)
    return _written(directory, terminal_table(load(directory)))


def _choose(option: str, given: str, valid: Sequence[str]) -> list[str]:
    names = valid if given == "all" else [name.strip() for name in given.split(",")]
    for name in names:
        if name not in valid:
            raise UsageError(f"{option}: '{name}' is unknown; valid are: all, {', '.join(valid)}")
    return list(names)


def _parallelisms(given: str) -> list[int]:
    if not re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", given):
        raise UsageError(f"--parallelism: expected numbers such as 1,2,4; got '{given}'")
    return [int(number) for number in given.split(",")]


def _workloads(options: argparse.Namespace, scratch: Path) -> list[Workload]:
    from .measure.built_in import WORKLOADS, write_built_in
    from .measure.user_workload import write_own

    if options.model is None:
        names = _choose("--workloads", options.workloads, list(WORKLOADS))
        return [write_built_in(name, scratch / name) for name in names]
    if options.schema is None or options.data is None:
        raise UsageError("--model needs --schema and --data")
    return [
        write_own(
            options.model,
            options.python_class,
            _pairs("--property", options.property),
            options.schema,
            options.data,
            scratch / "own",
        )
    ]


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for item in given:
        key, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"{option}: expected KEY=VALUE, got '{item}'")
        pairs[key] = value
    return pairs


def _jar() -> Path:
    jar = _PACKAGE / "jars" / f"pyflink-ml-embedded-benchmarks-{__version__}.jar"
    if not jar.is_file():
        raise UsageError(f"no jar at {jar}; `make bench` in a checkout builds it")
    return jar


def _onnx_jar(given: Path | None) -> str | None:
    """Returns the jar that the option names, or that of a checkout, or None."""
    if given is not None and not given.is_file():
        raise UsageError(f"--onnx-jar: file {given} does not exist")
    built = sorted(_PACKAGE.parent.glob("benchmarks/jvm/target/lib/onnxruntime-*.jar"))
    jar = given or next(iter(built), None)
    return str(jar) if jar else None


def _new_directory() -> Path:
    checkout = _PACKAGE.parent / "benchmarks" / "results"
    parent = checkout if checkout.is_dir() else Path("bench-results")
    today = datetime.now(timezone.utc).date()
    return parent / f"{today}-{platform.machine()}-{os.cpu_count()}-cpus"


def _report(options: argparse.Namespace) -> Outcome:
    from .report.report import write_report

    write_report(options.directory)
    return _written(options.directory)


def _written(directory: Path, table: str = "") -> Outcome:
    reports = [str(directory / f"report.{ending}") for ending in ("html", "md")]
    text = f"\n{table}\n\nThe report is {' and '.join(reports)}.".lstrip()
    return Outcome(True, {"reports": reports}, text)


def _compare(options: argparse.Namespace) -> Outcome:
    from .report.compare import compare

    comparison = compare(options.a, options.b)
    changes, regressions = (
        json.loads(table.to_json(orient="records"))
        for table in (comparison.changes, comparison.regressions)
    )
    return Outcome(
        comparison.passes,
        {
            "changes": changes,
            "regressions": regressions,
            "failures": comparison.failures,
            "warnings": comparison.warnings,
        },
        str(comparison).rstrip("\n"),
    )
