# SPDX-License-Identifier: Apache-2.0
"""Cuts rows into calls of similar lengths, so that models which pad compute less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
from numpy import ndarray


def cut_by_length(lengths: ndarray[Any, Any], most: int | None) -> list[ndarray[Any, Any]]:
    """Cuts rows into calls, as few as possible, with the longest rows first.

    The calls with the longest rows need the most memory, so they fail first if it is not enough.

    Args:
        lengths: the length of each row, int64 and 0 or more.
        most: the maximum number of rows in a call times the length of the longest, unless the call
            has one row; or None for one call.

    Returns:
        The rows of each call. Rows of one length keep their order.
    """
    order = numpy.argsort(-lengths, kind="stable")
    if most is None:
        return [order]
    calls, start = [], 0
    while start < len(order):
        end = start + max(most // max(int(lengths[order[start]]), 1), 1)
        calls.append(order[start:end])
        start = end
    return calls


def place_results(
    calls: Sequence[ndarray[Any, Any]], counts: ndarray[Any, Any]
) -> ndarray[Any, Any]:
    """Returns where the results of all rows are among those of the calls, in the order of the rows.

    Args:
        calls: the rows of each call.
        counts: the number of results of each row.
    """
    order = numpy.concatenate(calls)
    starts = numpy.empty_like(counts)
    starts[order] = numpy.cumsum(counts[order]) - counts[order]
    before = numpy.cumsum(counts) - counts
    places: ndarray[Any, Any] = numpy.repeat(starts - before, counts)
    places += numpy.arange(len(places))
    return places
