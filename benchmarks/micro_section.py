"""The part of a report that shows what JMH and pyperf found."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

from pyperf_tables import pyperf_tables

from pyflink_ml_embedded.bench.report.document import Block, Markdown, Section, Table, Text, number
from pyflink_ml_embedded.bench.report.results import Results, read_json

__all__ = ["micro_section"]


def micro_section(results: Results) -> Section:
    """Returns the tables of those of the two files that are there."""
    sections: list[Section] = []
    jmh = results.directory / "jmh.json"
    if jmh.exists():
        sections.append(Section("The call from Java (JMH)", _jmh_blocks(jmh)))
    pyperf = results.directory / "pyperf.json"
    if pyperf.exists():
        sections.append(Section("The converters (pyperf)", (Markdown(pyperf_tables(pyperf)),)))
    return Section(
        "Micro benchmarks", () if sections else (Text("None were run."),), tuple(sections)
    )


def _jmh_blocks(file: Path) -> tuple[Block, ...]:
    """Makes a table for each class: a row for each set of parameters, a column for each method."""
    classes: dict[str, dict[tuple[tuple[str, str], ...], dict[str, dict[str, Any]]]] = {}
    for entry in read_json(file):
        class_name, method = entry["benchmark"].split(".")[-2:]
        params = tuple(entry.get("params", {}).items())
        by_params = classes.setdefault(class_name, {})
        by_params.setdefault(params, {})[method] = entry["primaryMetric"]
    blocks: list[Block] = []
    for class_name, by_params in classes.items():
        unit = next(iter(next(iter(by_params.values())).values()))["scoreUnit"]
        blocks += [Text(f"{class_name}, {unit} with the error of JMH:"), _jmh_table(by_params)]
    return tuple(blocks)


def _jmh_table(by_params: dict[tuple[tuple[str, str], ...], dict[str, dict[str, Any]]]) -> Table:
    names = tuple(name for name, _ in next(iter(by_params)))
    methods = list(dict.fromkeys(method for found in by_params.values() for method in found))
    methods.sort(key=lambda method: method != "embedded")  # stable: the others stay as they come
    others = methods[1:] if methods[0] == "embedded" else []
    rows = []
    for params, found in by_params.items():
        ratios = [
            number(found[other]["score"] / found["embedded"]["score"])
            if other in found and "embedded" in found
            else "-"
            for other in others
        ]
        scores = (_score(found.get(method)) for method in methods)
        rows.append((*(value for _, value in params), *scores, *ratios))
    header = (*names, *methods, *(f"{other} / embedded" for other in others))
    return Table(header, tuple(rows), labels=len(names))


def _score(metric: dict[str, Any] | None) -> str:
    if metric is None:
        return "-"
    error = float(metric["scoreError"])  # JMH writes "NaN" where one iteration was run
    score = number(metric["score"])
    return score if isnan(error) else f"{score} \N{PLUS-MINUS SIGN} {number(error)}"
