"""Medians, extremes and significance of repetitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from statistics import median

from scipy.stats import mannwhitneyu

__all__ = ["Spread", "divided", "least_p_value", "p_value", "ratio", "spread"]


@dataclass(frozen=True)
class Spread:
    """The median of the repetitions, and the extremes."""

    median: float
    low: float
    high: float


def spread(values: Iterable[float]) -> Spread | None:
    """Returns None where there are no values."""
    known = list(values)
    return Spread(median(known), min(known), max(known)) if known else None


def divided(of: Mapping[int, float], to: Mapping[int, float]) -> dict[int, float]:
    """Divides within each repetition, so that what slows a whole repetition cancels out.

    A repetition that one of the two lacks counts for nothing.
    """
    return {at: of[at] / to[at] for at in sorted(of.keys() & to.keys()) if to[at] > 0}


def ratio(of: Mapping[int, float], to: Mapping[int, float]) -> Spread | None:
    """Returns the spread of the quotients within the repetitions."""
    return spread(divided(of, to).values())


def p_value(a: Sequence[float], b: Sequence[float]) -> float:
    """Returns that of the two-sided, exact Mann-Whitney U test."""
    return float(mannwhitneyu(a, b, alternative="two-sided", method="exact").pvalue)


def least_p_value(a: int, b: int) -> float:
    """Returns the smallest p value that the test can give with so many repetitions."""
    return 2 / comb(a + b, a)
