# SPDX-License-Identifier: Apache-2.0
"""What the figures of a contender are divided by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..contenders import ALTERNATIVES, BATCH_CONTENDERS, CONTENDERS, EMBEDDED
from .results import Results

__all__ = ["HALF_LOAD", "limits", "opponents", "process_mode", "to_process_mode"]

HALF_LOAD = ("slowest", 0.5)
"""The load at which latencies are compared: all contenders get the same rate."""


def process_mode(contender: str) -> str:
    """Returns PyFlink's process mode that calls the model in the same way, with its defaults."""
    return "process-pandas" if contender in BATCH_CONTENDERS else "process-row"


def to_process_mode(rates: pd.DataFrame) -> pd.DataFrame:
    """Returns each contender's rate as a ratio to that of process mode."""
    return pd.DataFrame({name: rates[name] / rates[process_mode(name)] for name in rates})


def limits(rates: pd.DataFrame) -> pd.DataFrame:
    """Returns the limit of each contender: the slower of bare Python loop and idle Java function.

    The loop calls the model as the contender does, by row or by batch, and Flink calls the Java
    function as it calls the contender, asynchronously or not. A limit is NaN if one of the two is
    missing.
    """
    return pd.DataFrame(
        {
            name: np.minimum(
                rates["loop-batch" if name in BATCH_CONTENDERS else "loop-row"],
                rates["java-async" if contender.asynchronous else "java"],
            )
            for name, contender in CONTENDERS.items()
        }
    )


def opponents(results: Results) -> dict[str, str]:
    """Returns the alternative that each embedded system is compared with first.

    It is PyFlink's process mode, or the first other alternative that was measured.
    """
    rates = results.throughput("rows_per_second")
    found = {}
    for system in EMBEDDED:
        for other in (process_mode(system), *ALTERNATIVES):
            if (rates[system] / rates[other]).notna().any():
                found[system] = other
                break
    return found
