# SPDX-License-Identifier: Apache-2.0
"""Tables of the benchmarks that answer one question each: two models, and hot reload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import sub
from pathlib import Path

import pandas as pd

from pyflink_ml_embedded.bench.report.render import render
from pyflink_ml_embedded.bench.report.results import read_json
from pyflink_ml_embedded.bench.report.spreads import spread

__all__ = ["Study", "as_markdown", "find_studies", "reload_study", "two_models_study"]

_TEMPLATES = Path(__file__).parent / "templates"
_PERCENTILES = ("p50", "p99", "max")


@dataclass(frozen=True)
class Study:
    """A table with its heading and an explanation."""

    title: str
    text: str
    table: pd.DataFrame


def find_studies(directory: Path) -> list[Study]:
    """Returns the studies whose files are in the results directory.

    Raises:
        ResultsError: A file is broken.
    """
    return [
        make(directory / name) for name, make in _STUDIES.items() if (directory / name).exists()
    ]


def as_markdown(studies: Sequence[Study]) -> str:
    """Returns the sections of studies."""
    values = {"macros": "macros.md.j2", "titles": [], "studies": studies}
    return render("studies.j2", [_TEMPLATES], **values)


def two_models_study(file: Path) -> Study:
    """Returns the rate and cost of each model alone, and of two together."""
    runs = read_json(file)["runs"]
    alone = {
        (run["models"][0], run["repetition"]): run["predictions_per_second"]
        for run in runs
        if len(run["models"]) == 1
    }
    cases: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for run in runs:
        rate = run["predictions_per_second"]
        each = [alone[model, run["repetition"]] for model in run["models"]]
        measured = (rate, rate * len(each) / sum(each), run["cpu_seconds_per_million_predictions"])
        cases.setdefault((" + ".join(run["models"]), run["way"]), []).append(measured)
    table = pd.DataFrame(
        [[spread(values) for values in zip(*found, strict=True)] for found in cases.values()],
        pd.MultiIndex.from_tuples(cases, names=["models", "way"]),
        ["predictions/s", "/ alone", "CPU s per million"],
    )
    text = (
        "Row by row in one JVM, as fast as rows are accepted. Rates and CPU time are of the "
        "predictions of all models. The ratio is to one model alone, or to the mean of both: 2 if "
        "neither slows the other, 1 if they share what one had."
    )
    return Study("Two models in one TaskManager", text, table)


def reload_study(file: Path) -> Study:
    """Returns the latency while a model stays the same, and while versions replace it."""
    cases: dict[str, list[list[float]]] = {}
    for window in read_json(file)["windows"]:
        found = [window["milliseconds"][name] for name in _PERCENTILES]
        cases.setdefault(window["model"], []).append(found)
    pairs = zip(*cases.values(), strict=True)
    cases["difference"] = [list(map(sub, second, first)) for first, second in pairs]
    table = pd.DataFrame(
        [[spread(values) for values in zip(*found, strict=True)] for found in cases.values()],
        pd.Index(cases, name="model"),
        [f"{name}, ms" for name in _PERCENTILES],
    )
    text = (
        "Latency of rows that are due at a fixed rate, in windows that alternate: in one the model "
        "stays the same, in the next a new version replaces it every 2 seconds. The difference is "
        "that of a window to the one before."
    )
    return Study("Hot reload", text, table)


_STUDIES: dict[str, Callable[[Path], Study]] = {
    "two_models.json": two_models_study,
    "reload.json": reload_study,
}
