"""Makes report.html and report.md of a results directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from .document import Section, Table, Text, number
from .html import html
from .latency_sections import batches_section, latency_section
from .markdown import markdown
from .results import Results, load
from .slower_section import losses_section
from .throughput_sections import cost_section, summary_section, throughput_section

__all__ = ["write_report"]

_TITLE = "Python models in Flink's ML_PREDICT: what each way costs"
_HOW_TO_READ = (
    "Every contender gets the same rows, and its results are compared with the right ones before"
    " it is timed. The contenders take turns within a repetition, and a ratio divides two values"
    " of the same repetition, so that what slows the machine for a while cancels out. Numbers are"
    " medians over the repetitions, to three digits; the extremes stand in brackets. '-' stands"
    " for what was not measured.",
    "The limit of a contender is the slower of two things that no way of calling Python from"
    " Flink can beat: the model in a bare Python loop, without Flink (called as the contender"
    " calls it, by row or by batch), and a Java function in ML_PREDICT that does nothing. A ratio"
    " to the limit of 1 means that nothing is left to gain.",
)


def write_report(
    directory: Path, more_sections: Sequence[Callable[[Results], Section]] = ()
) -> None:
    """Writes both files into the results directory, replacing older ones.

    Args:
        directory: The results directory.
        more_sections: What makes sections that follow the others.

    Raises:
        ResultsError: A file of the results is missing or broken.
    """
    results = load(directory)
    sections = (
        _head(results),
        summary_section(results),
        throughput_section(results),
        latency_section(results),
        batches_section(results),
        cost_section(results),
        losses_section(results),
        *(make_section(results) for make_section in more_sections),
    )
    (directory / "report.html").write_text(html(_TITLE, sections), encoding="utf-8")
    (directory / "report.md").write_text(markdown(_TITLE, sections), encoding="utf-8")


def _head(results: Results) -> Section:
    machine = results.machine
    settings = machine.settings
    facts = {
        "time": machine.time.isoformat(timespec="seconds"),
        "code": machine.code,
        "changed files": ", ".join(machine.uncommitted_changes),
        "CPU": f"{machine.cpu}, {machine.cpus} CPUs",
        "memory": f"{number(machine.memory_bytes / 1e9)} GB",
        "load average at start": " ".join(map(str, machine.load_average)),
        "system": machine.system,
        "Java": "\n".join(machine.java),
        "Python": machine.python,
        "flags of Python": machine.python_cflags,
        **machine.versions,
        **{name.replace("_", " "): _setting(value) for name, value in settings.items()},
    }
    workloads = Table(
        ("workload", "what it is", "input", "output", "columns", "bytes in a row"),
        tuple(
            (
                each.name,
                each.title,
                each.input,
                each.output,
                str(each.columns),
                number(each.row_bytes),
            )
            for each in results.workloads
        ),
        labels=4,
    )
    return Section(
        "What was measured",
        tuple(map(Text, _HOW_TO_READ)),
        (
            Section(
                "Machine, versions and settings",
                (Table(("", ""), tuple((k, v) for k, v in facts.items() if v), labels=2),),
            ),
            Section("Workloads", (workloads,), folded=True),
        ),
    )


def _setting(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
