"""What was measured of a contender on a workload, by repetition.

Without a parallelism it is that of the smallest one.
"""

from __future__ import annotations

from ..contenders import BATCH_CONTENDERS, CONTENDERS
from .records import values
from .results import Results

__all__ = ["cpu", "first_row", "least", "limit", "peak", "percentile", "rate"]


def rate(
    results: Results, workload: str, contender: str, parallelism: int | None = None
) -> dict[int, float]:
    """Returns rows per second at saturation."""
    runs = results.throughput_of(workload, contender, parallelism)
    return values(runs, lambda run: run.rows_per_second)


def cpu(
    results: Results, workload: str, contender: str, parallelism: int | None = None
) -> dict[int, float]:
    """Returns CPU seconds per million rows at saturation."""
    runs = results.throughput_of(workload, contender, parallelism)
    return values(runs, lambda run: run.cpu_seconds_per_million_rows)


def peak(
    results: Results, workload: str, contender: str, parallelism: int | None = None
) -> dict[int, float]:
    """Returns the megabytes that all processes together had at most."""
    runs = results.throughput_of(workload, contender, parallelism)
    return values(runs, lambda run: run.peak_bytes / 1e6)


def first_row(
    results: Results, workload: str, contender: str, warm: bool, parallelism: int | None = None
) -> dict[int, float]:
    """Returns seconds from submit to the first result, in a new JVM or in a warm one."""
    runs = results.throughput_of(workload, contender, parallelism)
    return values(runs, lambda run: run.first_row_warm if warm else run.first_row_cold)


def limit(
    results: Results, workload: str, contender: str, parallelism: int | None = None
) -> dict[int, float]:
    """Returns rows per second of the slower of bare Python loop and idle Java function.

    The loop calls the model as the contender does, by row or by batch, and Flink the Java function
    as it does the contender, asynchronously or not; a repetition that lacks one of the two has no
    limit.
    """
    loop = "loop-batch" if contender in BATCH_CONTENDERS else "loop-row"
    idle = "java-async" if CONTENDERS[contender].asynchronous else "java"
    bare = rate(results, workload, loop, parallelism)
    java = rate(results, workload, idle, parallelism)
    return {at: min(bare[at], java[at]) for at in bare.keys() & java.keys()}


def percentile(
    results: Results,
    workload: str,
    contender: str,
    load: tuple[str, float],
    name: str,
    kept_up: bool = False,
) -> dict[int, float]:
    """Returns microseconds at a load and share.

    Args:
        results: Where to look.
        workload: Its name.
        contender: Its name.
        load: 'slowest' or 'own', and the share of that.
        name: Of the percentile, or 'max'.
        kept_up: Whether to leave out runs that did not keep up: they measure the queue.
    """
    runs = results.latency_of(workload, contender, *load)
    return values(runs, lambda run: run.percentile(name) if run.kept_up or not kept_up else None)


def least(*measures: dict[int, float]) -> dict[int, float]:
    """Returns the smallest of the values that each repetition has."""
    repetitions = {at for measure in measures for at in measure}
    return {at: min(each[at] for each in measures if at in each) for at in repetitions}
